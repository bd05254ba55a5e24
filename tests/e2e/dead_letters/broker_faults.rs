//! Faults of the broker while a letter is published: nothing is lost, and other calls go on.

use std::time::Duration;

use amqp_rpc::Server;
use amqp_rpc_broker::{
    Broker,
    faults::{Action, Matcher, Method},
};
use lapin::BasicProperties;

use super::{Failing, JOB, JobsClient, JobsServer, until_dead};
use crate::{
    services::{connect, start},
    support::{Log, RawPeer, Vhost, await_until, within},
};

/// A server on an embedded broker, whatever broker the other tests run on.
struct Fixture {
    broker: Broker,
    server: amqp_rpc::RunningServer,
    peer: RawPeer,
    jobs: JobsClient,
}

impl Fixture {
    async fn start() -> Self {
        let broker = Broker::start().await.expect("the loopback has a free port");
        let uri = broker.uri().to_string();
        let server = Server::new().service(JobsServer::new(Failing)).concurrency(4);
        let server = within("the server", server.start(uri.as_str())).await.expect("it starts");
        let client = amqp_rpc::Client::builder().timeout(Duration::from_secs(60)).connect(uri.as_str());
        let jobs = JobsClient::new(client.await.expect("it connects"));
        Self { server, peer: RawPeer::connect(&uri).await, jobs, broker }
    }

    fn vhost(&self) -> amqp_rpc_broker::Vhost {
        self.broker.vhost("/").expect("it is always there")
    }

    async fn publish_jobs(&self, jobs: usize) {
        for _ in 0..jobs {
            self.peer.publish("amqp-rpc", "jobs.fails", BasicProperties::default(), JOB).await;
        }
    }

    async fn until_dead(&self, is_enough: impl Fn(usize) -> bool) {
        let vhost = self.vhost();
        await_until("the dead letters", || async {
            let dead = vhost.queue("jobs.dead").await.expect("it is there").ready;
            let jobs = vhost.queue("jobs").await.expect("it is there");
            is_enough(dead) && jobs.ready + jobs.unacked == 0
        })
        .await;
    }
}

fn letters() -> Matcher {
    Matcher::from_client(Method::BasicPublish).routing_key("jobs.dead")
}

#[tokio::test]
async fn letters_that_the_broker_nacks_are_published_again() {
    let fixture = Fixture::start().await;
    let rule = fixture.broker.on(letters().times(3), Action::Nack);
    fixture.publish_jobs(3).await;
    fixture.until_dead(|dead| dead == 3).await;
    assert_eq!(rule.hits(), 3);
}

#[tokio::test]
async fn a_delivery_is_acknowledged_only_once_its_letter_is_confirmed() {
    let fixture = Fixture::start().await;
    let held = fixture.vhost().hold_confirms().await;
    let properties = BasicProperties::default();
    let channel = fixture.peer.open_channel().await;
    channel
        .basic_publish("amqp-rpc".into(), "jobs.fails".into(), Default::default(), JOB, properties)
        .await
        .expect("it is published")
        .await
        .expect("without confirms");
    within("the letter", held.until(1)).await;
    let jobs = fixture.vhost().queue("jobs").await.expect("it is there");
    assert_eq!(jobs.unacked, 1, "its letter is not confirmed");
    // Other calls do not wait for it.
    for n in 0..10 {
        assert_eq!(within("a call", fixture.jobs.answers(n)).await.unwrap(), n);
    }
    drop(held);
    fixture.until_dead(|dead| dead == 1).await;
}

#[tokio::test]
async fn a_connection_lost_while_letters_are_published_loses_none() {
    for action in [Action::BreakAfter, Action::Reset] {
        let fixture = Fixture::start().await;
        let _rule = fixture.broker.on(letters().times(2), action);
        fixture.publish_jobs(3).await;
        fixture.until_dead(|dead| dead >= 3).await;
        assert_eq!(within("a call", fixture.jobs.answers(7)).await.unwrap(), 7);
    }
}

#[tokio::test]
async fn a_letter_over_which_the_channel_is_closed_is_left_to_the_broker_and_holds_up_no_other() {
    let fixture = Fixture::start().await;
    let refused = Action::CloseChannel(406, "PRECONDITION_FAILED - on purpose".into());
    // Once among the others, and once alone.
    let _rule = fixture.broker.on(letters().times(2), refused);
    fixture.publish_jobs(3).await;
    fixture.until_dead(|dead| dead >= 3).await;
    assert!(within("the shutdown", fixture.server.shutdown()).await.unwrap().is_clean());
}

#[tokio::test]
async fn a_queue_of_dead_letters_that_was_deleted_is_declared_again() {
    let vhost = Vhost::create().await;
    let log = Log::listen();
    let _server = start(Server::new().service(JobsServer::new(Failing)), &vhost).await;
    let jobs = JobsClient::new(connect(&vhost).await);
    vhost.delete_queue("jobs.dead").await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    peer.publish("amqp-rpc", "jobs.fails", BasicProperties::default(), JOB).await;
    assert_eq!(within("a call", jobs.answers(1)).await.unwrap(), 1);
    await_until("it is there again", || async { vhost.queue_exists("jobs.dead").await }).await;
    until_dead(&vhost, "jobs", 1).await;
    let told = log.lines().iter().any(|line| format!("{line:?}").contains("is declared again"));
    assert!(told, "{:?}", log.lines());
}
