//! The handle of a broker: independence of the caller's runtime, users, virtual hosts, limits.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "clients of the broker speak AMQP by hand, and a test may panic"
)]

use std::{future::IntoFuture, net::TcpStream, time::Duration};

use amqp_rpc_broker::{Broker, Permissions};
use futures_util::StreamExt;
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties, ErrorKind, Event,
    options::{BasicPublishOptions, QueueDeclareOptions, QueuePurgeOptions},
    types::FieldTable,
};
use tokio::time::timeout;

/// Waits for an expected event.
async fn in_time<F: IntoFuture>(fact: F) -> F::Output {
    timeout(Duration::from_secs(20), fact).await.expect("it happens in time")
}

async fn connect(uri: &str) -> lapin::Result<Connection> {
    in_time(Connection::connect(uri, ConnectionProperties::default())).await
}

async fn declare(
    channel: &Channel,
    queue: &str,
    options: QueueDeclareOptions,
) -> lapin::Result<lapin::Queue> {
    in_time(channel.queue_declare(queue.into(), options, FieldTable::default())).await
}

async fn publish(channel: &Channel, queue: &str, body: &[u8]) {
    let options = BasicPublishOptions::default();
    in_time(channel.basic_publish("".into(), queue.into(), options, body, BasicProperties::default()))
        .await
        .unwrap();
}

/// Returns the reply code of an error.
fn code<T: std::fmt::Debug>(outcome: lapin::Result<T>) -> u16 {
    match outcome.unwrap_err().kind() {
        ErrorKind::ProtocolError(error) => error.get_id(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_is_started_and_dropped_without_any_runtime() {
    let broker = futures_util::FutureExt::now_or_never(Broker::start()).expect("nothing waits").unwrap();
    let address = broker.address();
    assert!(TcpStream::connect(address).is_ok());
    drop(broker);
    assert!(TcpStream::connect(address).is_err(), "the port is closed");
}

#[tokio::test]
async fn it_serves_while_the_runtime_that_started_it_is_blocked() {
    let broker = Broker::start().await.unwrap();
    let uri = broker.uri();
    // The only thread of this test waits for another one, which uses the broker meanwhile.
    let served = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { connect(&uri).await.unwrap().close(200, "done".into()).await })
    });
    served.join().unwrap().unwrap();
}

#[tokio::test]
async fn several_brokers_are_independent() {
    let (one, other) = (Broker::start().await.unwrap(), Broker::start().await.unwrap());
    let channel = connect(&one.uri()).await.unwrap().create_channel().await.unwrap();
    declare(&channel, "q", QueueDeclareOptions::durable()).await.unwrap();
    assert!(one.vhost("/").unwrap().queue("q").await.is_some());
    assert!(other.vhost("/").unwrap().queue("q").await.is_none());
}

#[tokio::test]
async fn messages_can_be_peeked_at() {
    let broker = Broker::start().await.unwrap();
    let channel = connect(&broker.uri()).await.unwrap().create_channel().await.unwrap();
    declare(&channel, "q", QueueDeclareOptions::durable()).await.unwrap();
    publish(&channel, "q", b"one").await;
    publish(&channel, "q", b"two").await;
    // A response on the same channel: both have arrived.
    let declared = declare(&channel, "q", QueueDeclareOptions::durable()).await.unwrap();
    assert_eq!(declared.message_count(), 2);

    let vhost = broker.vhost("/").unwrap();
    assert_eq!(vhost.peek("q").await, [b"one", b"two"]);
    assert_eq!(vhost.queue("q").await.unwrap().ready, 2);
    assert_eq!(vhost.peek("other").await, [[0; 0]; 0]);
    assert_eq!(broker.message_bytes(), 2 * (3 + 2), "bodies, and two bytes of empty properties each");
    assert_eq!(vhost.purge("q").await, 2);
    assert_eq!(broker.message_bytes(), 0);
}

#[tokio::test]
async fn changed_permissions_apply_at_once() {
    let broker = Broker::start().await.unwrap();
    broker.add_user("ada", "secret");
    let uri = broker.uri_as("ada", "secret", "/");
    assert_eq!(code(connect(&uri).await), 530, "no access to the virtual host");
    assert_eq!(code(connect(&broker.uri_as("ada", "wrong", "/")).await), 403);

    broker.set_permissions("ada", "/", Permissions::all());
    let connection = connect(&uri).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    declare(&channel, "q", QueueDeclareOptions::durable()).await.unwrap();
    broker.set_permissions("ada", "/", Permissions::new("^mine$", "", "").unwrap());
    assert_eq!(code(declare(&channel, "q", QueueDeclareOptions::durable()).await), 403);

    let channel = connection.create_channel().await.unwrap();
    declare(&channel, "mine", QueueDeclareOptions::durable()).await.unwrap();
    broker.remove_user("ada");
    assert_eq!(code(declare(&channel, "mine", QueueDeclareOptions::durable()).await), 403);
    assert_eq!(code(connect(&uri).await), 403);
}

#[tokio::test]
async fn a_removed_virtual_host_closes_its_connections() {
    let broker = Broker::start().await.unwrap();
    broker.add_vhost("a/b");
    let connection = connect(&broker.uri_of("a/b")).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let mut events = connection.events_listener();
    broker.remove_vhost("a/b");
    let lost = async { while !matches!(events.next().await, Some(Event::Error(_)) | None) {} };
    in_time(lost).await;
    assert!(declare(&channel, "q", QueueDeclareOptions::durable()).await.is_err());
    assert_eq!(code(connect(&broker.uri_of("a/b")).await), 530);
    assert!(broker.vhost("a/b").is_none());
}

#[tokio::test]
async fn publishers_are_blocked_while_messages_exceed_the_memory_limit() {
    let broker = Broker::builder().memory_limit(10_000).start().await.unwrap();
    let publisher = connect(&broker.uri()).await.unwrap();
    let mut events = publisher.events_listener();
    let channel = publisher.create_channel().await.unwrap();
    declare(&channel, "q", QueueDeclareOptions::durable()).await.unwrap();
    publish(&channel, "q", &[0; 11_000]).await;
    // A response on the same channel: it has arrived.
    declare(&channel, "q", QueueDeclareOptions::durable()).await.unwrap();
    publish(&channel, "q", b"too much").await;
    let reason = async {
        loop {
            match events.next().await {
                Some(Event::ConnectionBlocked(reason)) => break reason.to_string(),
                Some(_) => {}
                None => panic!("the connection is gone"),
            }
        }
    };
    assert_eq!(in_time(reason).await, "low on memory");

    let other = connect(&broker.uri()).await.unwrap().create_channel().await.unwrap();
    in_time(other.queue_purge("q".into(), QueuePurgeOptions::default())).await.unwrap();
    let unblocked =
        async { while !matches!(events.next().await, Some(Event::ConnectionUnblocked) | None) {} };
    in_time(unblocked).await;
    let declared = declare(&channel, "q", QueueDeclareOptions::durable()).await.unwrap();
    assert_eq!(declared.message_count(), 1, "the blocked publish arrives");
}
