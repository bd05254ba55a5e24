//! Closed and broken channels and connections, and crash points.

use std::io::ErrorKind;

use amqp_rpc_broker::faults::{Action, Matcher, Method};
use futures_util::{FutureExt, StreamExt};
use lapin::options::BasicAckOptions;

use crate::{
    raw::Raw,
    setup::{TestBroker, declare, in_time, next},
};

/// Returns the reply code and text of the broker's close.
fn closed_with(error: &lapin::Error) -> (u16, String) {
    match error.kind() {
        lapin::ErrorKind::ProtocolError(error) => (error.get_id(), error.get_message().to_string()),
        _ => panic!("not a close of the broker: {error}"),
    }
}

#[tokio::test]
async fn a_channel_is_closed_with_a_code_and_its_connection_stays() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    let matcher = Matcher::from_client(Method::QueueDeclare).queue("q");
    let _rule = test.broker.on(matcher, Action::CloseChannel(405, "RESOURCE_LOCKED - by a test".into()));

    let error = declare(&client.channel, "q").await.unwrap_err();

    assert_eq!(closed_with(&error), (405, "RESOURCE_LOCKED - by a test".into()));
    assert!(test.vhost.queue("q").await.is_none(), "the request was lost");
    assert!(declare(&client.another_channel().await, "other").await.is_ok());
}

#[tokio::test]
async fn a_delivery_that_closes_its_channel_is_requeued() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    let mut consumer = client.consume("q").await;
    let matcher = Matcher::to_client(Method::BasicDeliver);
    let _rule = test.broker.on(matcher, Action::CloseChannel(406, "PRECONDITION_FAILED - by a test".into()));

    test.client("other").await.publish_all("q", &["1"]).await;

    let error = in_time(consumer.next()).await.unwrap().unwrap_err();
    assert_eq!(closed_with(&error).0, 406);
    assert_eq!((test.ready("q").await, test.unacked("q").await), (1, 0));
}

#[tokio::test]
async fn a_connection_is_closed_with_a_code() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    let matcher = Matcher::from_client(Method::QueueDeclare);
    let text = "CONNECTION_FORCED - by a test";
    let _rule = test.broker.on(matcher, Action::CloseConnection(320, text.into()));

    let error = declare(&client.channel, "q").await.unwrap_err();

    assert_eq!(closed_with(&error), (320, text.into()));
    assert_eq!(test.vhost.connection_count().await, 0);
}

#[tokio::test]
async fn a_connection_is_closed_by_its_handle() {
    let test = TestBroker::new().await;
    let (client, other) = (test.client("client").await, test.client("other").await);
    let mut consumer = {
        client.declare("q").await;
        client.consume("q").await
    };

    let connection = test.vhost.connection("client").await.unwrap();
    connection.close(320, "CONNECTION_FORCED - by a test");

    assert_eq!(closed_with(&in_time(consumer.next()).await.unwrap().unwrap_err()).0, 320);
    other.declare("q").await;
    assert_eq!(test.vhost.connection_names().await, ["other"]);
}

#[tokio::test]
async fn a_channel_is_closed_by_its_connections_handle() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    let mut consumer = client.consume("q").await;

    let connection = test.vhost.connection("client").await.unwrap();
    connection.close_channel(1, 404, "NOT_FOUND - by a test");

    assert_eq!(closed_with(&in_time(consumer.next()).await.unwrap().unwrap_err()).0, 404);
    assert!(declare(&client.another_channel().await, "q").await.is_ok());
}

#[tokio::test]
async fn a_reset_request_has_no_effect() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    let _rule = test.broker.on(Matcher::from_client(Method::BasicPublish).nth(2), Action::Reset);

    client.publish("q", "1").await;
    client.publish("q", "2").await;
    let error = declare(&client.channel, "q").await.unwrap_err();

    assert!(!matches!(error.kind(), lapin::ErrorKind::ProtocolError(_)), "no close is sent, but {error}");
    assert_eq!((test.ready("q").await, test.vhost.connection_count().await), (1, 0));
}

#[tokio::test]
async fn a_connection_is_reset_by_its_handle() {
    let test = TestBroker::new().await;
    let client = Raw::open(&test).await;

    test.vhost.open_connections().await[0].reset();

    let (_, end) = client.rest().await;
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(test.vhost.connection_count().await, 0);
}

#[tokio::test]
async fn a_request_before_a_crash_takes_effect_and_later_ones_do_not() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    let rule = test.broker.on(Matcher::from_client(Method::BasicPublish).nth(2), Action::BreakAfter);

    for body in ["1", "2", "3"] {
        client.publish("q", body).await;
    }
    in_time(rule.hit()).await;
    assert!(declare(&client.channel, "q").await.is_err());

    assert_eq!(test.ready("q").await, 2);
}

#[tokio::test]
async fn a_service_that_crashes_between_reply_and_ack_has_its_request_redelivered() {
    let test = TestBroker::new().await;
    let caller = test.client("caller").await;
    let (service, successor) = (test.client("service").await, test.client("successor").await);
    caller.declare("requests").await;
    caller.declare("replies").await;
    let mut replies = caller.consume("replies").await;
    let mut requests = service.consume("requests").await;
    let reply = Matcher::from_client(Method::BasicPublish).connection("service").routing_key("replies");
    let crash = test.broker.on(reply.nth(1), Action::BreakAfter);

    caller.publish("requests", "request").await;
    let request = next(&mut requests).await;
    assert!(!request.redelivered);
    service.publish("replies", "reply").await;
    // Too late, or not even sent. It is not waited for: on a connection that breaks at this moment, lapin may
    // never resolve it.
    let _ = request.ack(BasicAckOptions::default()).now_or_never();

    in_time(crash.hit()).await;
    assert_eq!(next(&mut replies).await.data, b"reply");
    let mut requests = successor.consume("requests").await;
    let again = next(&mut requests).await;
    assert_eq!((again.data, again.redelivered), (b"request".to_vec(), true));
}

#[tokio::test]
async fn a_method_before_a_crash_is_written_and_later_ones_are_not() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    let mut consumer = client.consume("q").await;
    let _rule = test.broker.on(Matcher::to_client(Method::BasicDeliver).nth(1), Action::BreakAfter);

    test.client("other").await.publish_all("q", &["1", "2"]).await;

    assert_eq!(next(&mut consumer).await.data, b"1");
    assert!(in_time(consumer.next()).await.is_none_or(|next| next.is_err()));
    in_time(async { while test.unacked("q").await > 0 {} }).await;
    assert_eq!(test.ready("q").await, 2);
}

#[tokio::test]
async fn a_truncated_frame_is_followed_by_the_end_of_the_stream() {
    let test = TestBroker::new().await;
    let mut client = Raw::open(&test).await;
    client.consume("q").await;
    let _rule = test.broker.on(Matcher::to_client(Method::BasicDeliver), Action::Truncate(10));

    client.publish("q").await;

    let (bytes, end) = client.rest().await;
    // Type, channel, four bytes of size, and the beginning of basic.deliver.
    assert_eq!((bytes.len(), &bytes[..3], &bytes[7..]), (10, &[1, 0, 1][..], &[0, 60, 0][..]));
    assert!(end.is_ok(), "{end:?}");
}
