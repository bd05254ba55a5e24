//! Many calls at once: each gets its own result, and the number in flight is bounded.

use std::time::Duration;

use amqp_rpc::{
    Client,
    client::{ClientBuilder, ReplyTo},
};
use futures_util::{FutureExt, future::join_all};

use crate::{
    services::{GateClient, Gatekeeper, serve_gate},
    support::{Message, Proxy, Vhost, await_until, proxy::Toward, within},
    tutorial::{ForeignServer, TutorialClient},
};

/// A timeout that only a hang reaches.
const LONG: Duration = Duration::from_secs(120);

fn patient(reply_to: ReplyTo) -> ClientBuilder {
    Client::builder().timeout(LONG).reply_to(reply_to)
}

/// Makes `calls` calls, `per_task` at once in each task; each must return its own number.
async fn all_get_their_own_answer(client: &Client, calls: u64, per_task: u64) {
    let gates = GateClient::new(client.clone());
    let tasks: Vec<_> = (0..calls / per_task)
        .map(|task| {
            let gates = gates.clone();
            tokio::spawn(async move {
                let first = task * per_task;
                let tags = first..first + per_task;
                let answers = join_all(tags.clone().map(|tag| gates.echo(tag))).await;
                tags.zip(answers).filter(|(tag, answer)| answer.as_ref().ok() == Some(tag)).count()
            })
        })
        .collect();
    let mut answered = 0;
    for task in tasks {
        answered += tokio::time::timeout(LONG, task).await.expect("the calls end").expect("no call panics");
    }
    assert_eq!(answered as u64, calls);

    let stats = client.stats();
    assert_eq!((stats.in_flight, stats.late_replies, stats.unknown_replies), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_calls_from_a_hundred_tasks_all_get_their_own_answer() {
    let vhost = Vhost::create().await;
    let _server = serve_gate(&vhost, &Gatekeeper::closed(), 64).await;
    let client = patient(ReplyTo::ExclusiveQueue).connect(vhost.uri()).await.unwrap();
    all_get_their_own_answer(&client, 10_000, 100).await;
    await_until("all is settled", || async { vhost.existing_queue("gate").await.is_settled() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_calls_with_direct_replies_all_get_their_own_answer_without_a_queue() {
    let vhost = Vhost::create().await;
    let _server = serve_gate(&vhost, &Gatekeeper::closed(), 64).await;
    let client = patient(ReplyTo::Direct).connect(vhost.uri()).await.unwrap();
    all_get_their_own_answer(&client, 2_000, 20).await;
    assert_eq!(vhost.queues().await, ["gate", "gate.dead"], "no queue was made for the replies");
}

#[tokio::test]
async fn clients_of_both_reply_kinds_do_not_receive_each_other_s_replies() {
    let vhost = Vhost::create().await;
    let _server = serve_gate(&vhost, &Gatekeeper::closed(), 64).await;
    let strategies = [ReplyTo::ExclusiveQueue, ReplyTo::Direct].repeat(3);
    let clients =
        join_all(strategies.into_iter().map(|strategy| patient(strategy).connect(vhost.uri()))).await;
    let clients: Vec<_> = clients.into_iter().map(Result::unwrap).collect();
    // The same numbers in every client.
    join_all(clients.iter().map(|client| all_get_their_own_answer(client, 300, 30))).await;
}

/// The number of requests that the client behind this proxy has sent.
fn sent(proxy: &Proxy) -> usize {
    proxy.methods(Toward::Broker).iter().filter(|method| *method == "basic.publish").count()
}

async fn answer_all(server: &ForeignServer, requests: &[Message]) {
    // In reverse order.
    for request in requests.iter().rev() {
        server.answer(request, request.text()).await;
    }
}

async fn at_most_1024_calls_are_unanswered(reply_to: ReplyTo) {
    const BOUND: usize = 1024;
    const CALLS: usize = 1500;
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let mut server = ForeignServer::start(&vhost).await;
    let client = patient(reply_to).connect(proxy.uri()).await.expect("the client connects");
    let tutorial = TutorialClient::new(client.clone());

    let mut calls = join_all((0..CALLS as u64).map(|n| tutorial.fib(n)));
    // All are polled before the first can be answered.
    assert!((&mut calls).now_or_never().is_none());
    let calls = tokio::spawn(calls);
    let unanswered = server.requests.collect(BOUND).await;
    assert_eq!(client.stats().in_flight, BOUND);
    assert_eq!(sent(&proxy), BOUND, "the others wait in the client");

    answer_all(&server, &unanswered).await;
    let others = server.requests.collect(CALLS - BOUND).await;
    answer_all(&server, &others).await;
    let answers = within("the answers", calls).await.expect("no call panics");
    assert!((0..).zip(answers).all(|(n, answer)| answer.ok() == Some(n)));
    assert_eq!(sent(&proxy), CALLS);
}

#[tokio::test]
async fn by_default_at_most_1024_calls_are_in_flight() {
    at_most_1024_calls_are_unanswered(ReplyTo::ExclusiveQueue).await;
}

#[tokio::test]
async fn by_default_at_most_1024_calls_with_direct_replies_are_in_flight() {
    at_most_1024_calls_are_unanswered(ReplyTo::Direct).await;
}

#[tokio::test]
async fn every_reply_admits_exactly_one_more_call() {
    const BOUND: usize = 10;
    const CALLS: usize = 200;
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let mut server = ForeignServer::start(&vhost).await;
    let client = patient(ReplyTo::ExclusiveQueue).max_in_flight(BOUND).connect(proxy.uri()).await.unwrap();
    let tutorial = TutorialClient::new(client.clone());
    let calls = tokio::spawn(join_all((0..CALLS as u64).map(|n| tutorial.fib(n))));

    let mut unanswered = server.requests.collect(BOUND).await;
    for seen in BOUND..CALLS {
        assert_eq!((sent(&proxy), client.stats().in_flight), (seen, BOUND));
        let newest = unanswered.pop().expect("some are unanswered");
        server.answer(&newest, newest.text()).await;
        unanswered.push(server.next().await);
    }
    answer_all(&server, &unanswered).await;
    let answers = within("the answers", calls).await.unwrap();
    assert!((0..).zip(answers).all(|(n, answer)| answer.unwrap() == n));
    assert_eq!(sent(&proxy), CALLS);
}
