//! `dead retry` loses nothing: a letter is taken when its message is confirmed.

use super::jobs::{JobsBroker, job};

#[tokio::test]
async fn all_letters_reach_their_method_again() {
    let mut jobs = JobsBroker::with_dead(20).await;
    jobs.mend();
    let ran = jobs.run(&["dead", "retry", "jobs", "--all"]).await.succeeded().json();
    assert_eq!((&ran["sent"], &ran["not_sent"]), (&20.into(), &serde_json::json!([])));
    let mut ran = Vec::new();
    for _ in 0..20 {
        ran.push(jobs.next_run().await);
    }
    ran.sort_unstable();
    assert_eq!(ran, (0..20).collect::<Vec<_>>());
    jobs.until_dead(0).await;
}

#[tokio::test]
async fn a_letter_is_sent_by_its_id_and_the_others_stay_in_their_order() {
    let mut jobs = JobsBroker::with_dead(3).await;
    let ids = jobs.ids().await;
    jobs.mend();
    let ran = jobs.run(&["dead", "retry", "jobs", "--id", &ids[1]]).await.succeeded().json();
    assert_eq!(ran["sent"], 1);
    assert_eq!(jobs.next_run().await, 1);
    jobs.until_dead(2).await;
    assert_eq!(jobs.dead().await, [job(0), job(2)]);
    jobs.run(&["dead", "retry", "jobs", "--id", "none"])
        .await
        .failed(1, &["no dead letter with the id none"]);
    assert_eq!(jobs.dead().await, [job(0), job(2)]);
}

#[tokio::test]
async fn a_message_that_fails_again_is_a_letter_of_its_new_failure() {
    let jobs = JobsBroker::with_dead(1).await;
    let ids = jobs.ids().await;
    jobs.run(&["dead", "retry", "jobs", "--all"]).await.succeeded();
    jobs.until_dead(1).await;
    let shown = jobs.run(&["dead", "show", "jobs"]).await.succeeded().json();
    assert_eq!((shown["id"].as_str(), &shown["routing_key"]), (Some(&*ids[0]), &"jobs.run".into()));
    assert_eq!((&shown["reason"], &shown["exchange"]), (&"internal".into(), &"amqp-rpc".into()));
}

#[tokio::test]
async fn a_letter_whose_queue_is_gone_stays() {
    let mut jobs = JobsBroker::with_dead(2).await;
    jobs.stop().await;
    assert!(jobs.vhost().delete_queue("jobs").await);
    let ran = jobs.run(&["dead", "retry", "jobs", "--all"]).await;
    let ran = ran.failed(4, &["2 dead letters stay", "its queue does not exist", "start a server"]);
    let value: serde_json::Value = serde_json::from_str(ran.stdout.trim()).unwrap();
    assert_eq!((&value["sent"], value["not_sent"].as_array().unwrap().len()), (&0.into(), 2));
    jobs.until_dead(2).await;
    assert_eq!(jobs.dead().await, [job(0), job(1)]);
}

/// A message that is not confirmed may or may not be in its queue: the letter stays, and no further one is sent.
#[tokio::test]
async fn a_letter_whose_message_is_not_confirmed_stays() {
    let jobs = JobsBroker::with_dead(2).await;
    let hold = jobs.vhost().hold_confirms().await;
    let ran = jobs.run(&["dead", "retry", "jobs", "--all", "--timeout", "300ms"]).await;
    ran.failed(2, &["1 dead letters stay", "not known whether it was sent", "twice"]);
    drop(hold);
    // The first one fails again, which makes a third letter of it.
    jobs.until_dead(3).await;
    let mut dead = jobs.dead().await;
    dead.sort();
    assert_eq!(dead, [job(0), job(0), job(1)]);
}

/// The message may be in its queue, so that it may run twice; but it is not lost, and the report says so.
#[tokio::test]
async fn ctrl_c_leaves_what_is_not_confirmed() {
    let jobs = JobsBroker::with_dead(2).await;
    let hold = jobs.vhost().hold_confirms().await;
    let mut running = jobs.program(&["dead", "retry", "jobs", "--all", "-v"]).start();
    running.until_note("sending to jobs").await;
    running.interrupt().await;
    let ran = running.end().await;
    assert_eq!((ran.code, &ran.json()["sent"]), (Some(130), &0.into()), "{ran:?}");
    assert_eq!(ran.json()["not_sent"].as_array().unwrap().len(), 1);
    drop(hold);
    let vhost = jobs.vhost();
    let dead = vhost.peek("jobs.dead").await;
    assert!([job(0), job(1)].iter().all(|job| dead.contains(&job.clone().into_bytes())), "{dead:?}");
}

/// The command sends notifications without a type: the letter's routing key is its method.
#[tokio::test]
async fn a_message_without_a_type_reaches_its_method_again() {
    let mut jobs = JobsBroker::with_dead(0).await;
    jobs.run(&["notify", "jobs.run", &job(7)]).await.succeeded();
    jobs.until_dead(1).await;
    let listed = jobs.run(&["dead", "list", "jobs"]).await.succeeded().json();
    assert_eq!(listed[0]["method"], "jobs.run");
    jobs.mend();
    jobs.run(&["dead", "retry", "jobs", "--all"]).await.succeeded();
    assert_eq!(jobs.next_run().await, 7);
    jobs.until_dead(0).await;
}
