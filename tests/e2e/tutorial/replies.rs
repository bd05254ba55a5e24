//! Replies that are late, duplicate, out of order, forged or malformed.

use amqp_rpc::{CallError, Execution};
use lapin::BasicProperties;
use uuid::Uuid;

use crate::{
    support::{Vhost, await_until, within},
    tutorial::{foreign_server_and_client, seed_shape, serve_tutorial},
};

#[tokio::test]
async fn a_reply_with_an_unknown_id_is_dropped_and_counted() {
    let vhost = Vhost::create().await;
    let (mut server, client, tutorial) = foreign_server_and_client(&vhost).await;

    for n in 1..=2 {
        let call = tokio::spawn(tutorial.fib(n));
        let request = server.next().await;
        let foreign = Uuid::new_v4().to_string();
        for id in [None, Some(""), Some("not an id"), Some(foreign.as_str())] {
            let properties = id.map_or_else(BasicProperties::default, |id| {
                BasicProperties::default().with_correlation_id(id.into())
            });
            server.answer_as(&request, properties, 666).await;
        }
        server.answer(&request, n).await;
        assert_eq!(within("the call's own reply", call).await.unwrap().unwrap(), n);
        assert_eq!(client.stats().unknown_replies, 4 * n);
    }
    assert_eq!(client.stats().late_replies, 0);
}

#[tokio::test]
async fn the_first_of_two_replies_wins_and_the_other_is_dropped() {
    let vhost = Vhost::create().await;
    let (mut server, client, tutorial) = foreign_server_and_client(&vhost).await;

    let call = tokio::spawn(tutorial.fib(1));
    let request = server.next().await;
    for answer in [11, 22, 33] {
        server.answer(&request, answer).await;
    }
    assert_eq!(within("the first reply", call).await.unwrap().unwrap(), 11);
    await_until("both duplicates are counted", || async { client.stats().late_replies == 2 }).await;

    let next = tokio::spawn(tutorial.fib(2));
    let request = server.next().await;
    server.answer(&request, 44).await;
    assert_eq!(within("the next call", next).await.unwrap().unwrap(), 44);
    assert_eq!(client.stats().unknown_replies, 0);
}

#[tokio::test]
async fn the_duplicate_reply_of_a_server_that_died_before_its_ack_is_dropped() {
    let vhost = Vhost::create().await;
    let (mut server, client, tutorial) = foreign_server_and_client(&vhost).await;

    let call = tokio::spawn(tutorial.fib(30));
    let request = server.next().await;
    server.answer(&request, 7).await;
    assert_eq!(within("the first reply", call).await.unwrap().unwrap(), 7);
    server.peer.close().await;

    let _second = serve_tutorial(&vhost, seed_shape()).await;
    await_until("the duplicate is counted", || async { client.stats().late_replies == 1 }).await;
    assert_eq!(within("the next call", tutorial.fib(30)).await.unwrap(), 832_040);
}

#[tokio::test]
async fn replies_out_of_order_reach_their_own_calls() {
    let vhost = Vhost::create().await;
    let (mut server, client, tutorial) = foreign_server_and_client(&vhost).await;

    let calls: Vec<_> = (0..100).map(|n| tokio::spawn(tutorial.fib(n))).collect();
    let requests = server.requests.collect(100).await;
    for request in requests.iter().rev() {
        server.answer(request, 1000 + request.text().parse::<u64>().unwrap()).await;
    }
    for (n, call) in (0..).zip(calls) {
        assert_eq!(within("the call", call).await.unwrap().unwrap(), 1000 + n);
    }
    let stats = client.stats();
    assert_eq!((stats.in_flight, stats.late_replies, stats.unknown_replies), (0, 0, 0));
}

#[tokio::test]
async fn a_peer_that_saw_one_correlation_id_cannot_answer_other_calls() {
    let vhost = Vhost::create().await;
    let (mut server, client, tutorial) = foreign_server_and_client(&vhost).await;
    let seen_call = tokio::spawn(tutorial.fib(1));
    let seen = server.next().await;
    let victim = tokio::spawn(tutorial.fib(2));
    let request = server.next().await;

    let id = Uuid::parse_str(seen.correlation_id().unwrap()).unwrap().as_u128();
    for bit in 0..128 {
        let forged = Uuid::from_u128(id ^ (1 << bit)).to_string();
        let properties = BasicProperties::default().with_correlation_id(forged.as_str().into());
        server.answer_as(&request, properties, 666).await;
    }
    await_until("all forgeries are counted", || async { client.stats().unknown_replies == 128 }).await;
    server.answer(&request, 2).await;
    server.answer(&seen, 1).await;
    assert_eq!(within("the victim", victim).await.unwrap().unwrap(), 2);
    assert_eq!(within("the other call", seen_call).await.unwrap().unwrap(), 1);
}

#[tokio::test]
async fn a_reply_that_cannot_be_decoded_fails_its_own_call_only() {
    let vhost = Vhost::create().await;
    let (mut server, _client, tutorial) = foreign_server_and_client(&vhost).await;

    for body in ["", "fifty-five", "-1", "{\"n\":1}", "1 2"] {
        let call = tokio::spawn(tutorial.fib(10));
        let request = server.next().await;
        server.answer(&request, body).await;
        let error = within("the call to fail", call).await.unwrap().unwrap_err();
        assert!(matches!(error, CallError::Decode(_)), "{body:?}: {error:?}");
        assert_eq!(error.execution(), Execution::Completed);
        assert!(!error.is_retryable());
    }
    let call = tokio::spawn(tutorial.fib(10));
    let request = server.next().await;
    server.answer(&request, 55).await;
    assert_eq!(within("the next call", call).await.unwrap().unwrap(), 55);
}
