//! `dead list` and `dead show` say why and when, and leave everything where it was.

use amqp_rpc_transport::{
    ConfirmOutcome, ConnectError, ConnectOptions, Connection, Headers, Inbound, Properties, Queue, Topology,
    connect,
};

use super::jobs::{JobsBroker, job};
use crate::support::Home;

#[tokio::test]
async fn a_list_says_why_and_when_in_the_order_of_the_queue() {
    let jobs = JobsBroker::with_dead(3).await;
    let listed = jobs.run(&["dead", "list", "jobs"]).await.succeeded().json();
    let rows = listed.as_array().unwrap();
    assert_eq!(rows.len(), 3);
    for (n, row) in rows.iter().enumerate() {
        assert_eq!(
            (row["method"].as_str(), row["reason"].as_str()),
            (Some("jobs.run"), Some("internal")),
            "{row}"
        );
        assert!(row["error"].as_str().unwrap().contains(&format!("job {n} fails on purpose")), "{row}");
        let time = row["time"].as_str().unwrap();
        assert!(time.len() == 20 && time.starts_with("20") && time.ends_with('Z'), "{row}");
        assert_eq!(row["bytes"], job(0).len());
    }
    let table = jobs.run(&["dead", "list", "jobs", "-o", "table"]).await.succeeded().stdout;
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines.len() == 4 && lines[0].contains("REASON") && lines[1].contains("jobs.run"), "{table}");
}

#[tokio::test]
async fn a_look_leaves_every_letter_where_it_was() {
    // More than are read at a time.
    let jobs = JobsBroker::with_dead(40).await;
    let before = jobs.dead().await;
    assert_eq!(before, (0..40).map(job).collect::<Vec<_>>());
    for command in ["list", "show"] {
        jobs.run(&["dead", command, "jobs", "--limit", "33"]).await;
        jobs.until_dead(40).await;
        assert_eq!(jobs.dead().await, before, "{command}");
    }
}

#[tokio::test]
async fn fewer_letters_than_there_are_is_said_on_stderr() {
    let jobs = JobsBroker::with_dead(3).await;
    let ran = jobs.run(&["dead", "list", "jobs", "--limit", "2"]).await;
    assert_eq!((ran.code, ran.json().as_array().unwrap().len()), (Some(0), 2));
    assert!(ran.stderr.contains("3 letters are in jobs.dead; --limit"), "{ran:?}");
}

#[tokio::test]
async fn show_prints_all_of_one_letter() {
    let jobs = JobsBroker::with_dead(2).await;
    let ids = jobs.ids().await;
    let shown = jobs.run(&["dead", "show", "jobs", "--id", &ids[1]]).await.succeeded().json();
    assert_eq!((&shown["body"]["n"], shown["id"].as_str()), (&1.into(), Some(&*ids[1])));
    assert_eq!((&shown["exchange"], &shown["routing_key"]), (&"amqp-rpc".into(), &"jobs.run".into()));
    assert_eq!(shown["properties"]["type"], "jobs.run");
    assert_eq!(shown["properties"]["delivery_mode"], 2);
    assert_eq!(shown["headers"]["x-amqp-rpc-reason"], "internal");
    let text = jobs.run(&["dead", "show", "jobs", "--id", &ids[0], "-o", "table"]).await.succeeded().stdout;
    assert!(text.contains("reason: internal\n") && text.contains("properties.type: jobs.run\n"), "{text}");
    jobs.run(&["dead", "show", "jobs", "--id", "none"]).await.failed(1, &["no letter with the id none"]);
}

#[tokio::test]
async fn a_service_without_dead_letters_is_told_from_an_unknown_one() {
    let jobs = JobsBroker::with_dead(0).await;
    assert_eq!(jobs.run(&["dead", "list", "jobs"]).await.succeeded().stdout, "[]\n");
    jobs.run(&["dead", "list", "shop"]).await.failed(4, &["there is no queue shop.dead", "--queue"]);
    let queue = jobs.run(&["dead", "list", "shop", "--queue", "jobs"]).await.succeeded();
    assert_eq!(queue.stdout, "[]\n");
}

/// A quorum queue drops what was delivered too often, and each look is a delivery.
#[tokio::test]
async fn looking_again_and_again_loses_no_letter() {
    let broker = amqp_rpc_broker::Broker::start().await.unwrap();
    let inbound = Inbound { max_body_bytes: 100, on_return: Default::default() };
    let options = ConnectOptions::new(broker.uri());
    let connection =
        connect(&options, &inbound, async |connection: Connection| Ok::<_, ConnectError>(connection));
    let connection = connection.await.unwrap();
    let mut arguments = Headers::new();
    arguments.insert("x-queue-type", "quorum");
    arguments.insert("x-delivery-limit", 10);
    let queues = vec![Queue::durable("old.dead", arguments)];
    Topology { queues, ..Topology::default() }.declare(&connection, false).await.unwrap();
    let publisher = connection.open_confirm_channel().await.unwrap();
    for body in ["0", "1", "2"] {
        let confirm = publisher.queue("", "old.dead", &Properties::default(), &body.into(), true).unwrap();
        assert_eq!(confirm.await.unwrap(), ConfirmOutcome::Acked);
    }
    let home = Home::create();
    for _ in 0..15 {
        let ran = home.program(&["dead", "list", "old"]).env("AMQP_URL", &broker.uri()).run("").await;
        assert_eq!(ran.succeeded().json().as_array().unwrap().len(), 3);
    }
    let left = broker.vhost("/").unwrap().peek("old.dead").await;
    assert_eq!(left, [b"0", b"1", b"2"]);
}
