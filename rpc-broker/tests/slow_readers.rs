//! Clients that do not read are back-pressured: memory stays bounded, and other clients are served.
#![cfg(target_os = "linux")]

mod process_memory;
mod raw_client;

use std::time::Duration;

use amq_protocol::{
    frame::AMQPFrame,
    protocol::{AMQPClass, basic, connection},
    types::{AMQPValue, FieldTable},
};
use amqp_rpc_broker::Broker;
use tokio::{sync::Mutex, time::timeout};

use crate::{
    process_memory::resident,
    raw_client::{RawClient, TIMEOUT, encode, publish, queue},
};

const MIB: usize = 1024 * 1024;
/// The bytes of each message body.
const BODY: usize = 4096;
/// The kernel buffers of a client that does not read, in bytes.
const NARROW: u32 = 32 * 1024;

/// The tests measure the memory of the process, so they run one after the other.
static ALONE: Mutex<()> = Mutex::const_new(());

async fn client_of(broker: &Broker) -> RawClient {
    RawClient::connect(&broker.uri()).await.expect("it listens").open().await
}

async fn narrow_client_of(broker: &Broker) -> RawClient {
    RawClient::connect_narrowly(&broker.uri(), NARROW).await.expect("it listens").open().await
}

fn numbered(number: u32) -> Vec<u8> {
    let mut body = number.to_be_bytes().to_vec();
    body.resize(BODY, 0);
    body
}

/// Reads the next delivery; returns its number.
async fn next_number(consumer: &mut RawClient) -> u32 {
    match consumer.next().await {
        AMQPFrame::Method(1, AMQPClass::Basic(basic::AMQPMethod::Deliver(_))) => {
            let body = consumer.content().await;
            u32::from_be_bytes(*body.first_chunk().expect("bodies begin with their number"))
        }
        other => panic!("instead of a delivery: {other:?}"),
    }
}

/// Declares a queue, publishes a message to it and gets it.
async fn is_served(client: &mut RawClient) {
    client.declare(queue("served", true, FieldTable::default())).await;
    client.send(&publish("served", b"served")).await;
    assert_eq!(client.get("served").await.as_deref(), Some(&b"served"[..]));
}

#[tokio::test]
async fn a_consumer_that_does_not_read_uses_bounded_memory() {
    const MESSAGES: u32 = 16_384;
    const PER_CONFIRM: u32 = 256;
    let _alone = ALONE.lock().await;
    let broker = Broker::start().await.expect("the embedded broker starts");
    let (mut sleeper, mut publisher, mut other) =
        (narrow_client_of(&broker).await, client_of(&broker).await, client_of(&broker).await);
    // The queue is short, so any growth is in the broker's buffers.
    let mut arguments = FieldTable::default();
    arguments.insert("x-max-length".into(), AMQPValue::LongInt(100));
    publisher.declare(queue("flood", false, arguments)).await;
    sleeper.consume("flood").await;
    publisher.select_confirms().await;
    let before = resident();

    let mut most = 0;
    for batch in 0..MESSAGES / PER_CONFIRM {
        let numbers = (1..=PER_CONFIRM).map(|number| batch * PER_CONFIRM + number);
        let frames: Vec<AMQPFrame> = numbers.flat_map(|number| publish("flood", &numbered(number))).collect();
        publisher.send(&frames).await;
        let confirmed_all = u64::from((batch + 1) * PER_CONFIRM);
        while publisher.confirmed().await.0 < confirmed_all {}
        is_served(&mut other).await;
        most = most.max(resident().saturating_sub(before));
    }
    let flood = MESSAGES as usize * BODY;
    assert!(most < flood / 4, "{most} bytes more of memory for a flood of {flood}");

    // It is served again when it reads: it gets the first deliveries, and the last messages of the queue.
    let mut last = 0;
    while last < MESSAGES {
        let number = next_number(&mut sleeper).await;
        assert!(number > last, "{number} after {last}");
        last = number;
    }
}

#[tokio::test]
async fn requests_of_a_client_that_does_not_read_are_not_read() {
    let _alone = ALONE.lock().await;
    let broker = Broker::start().await.expect("the embedded broker starts");
    let (mut stalled, mut other) = (narrow_client_of(&broker).await, client_of(&broker).await);
    stalled.declare(queue("empty", false, FieldTable::default())).await;
    let get = basic::Get { queue: "empty".into(), no_ack: true };
    let requests = encode(&AMQPFrame::Method(1, AMQPClass::Basic(basic::AMQPMethod::Get(get)))).repeat(4096);
    let before = resident();

    let mut sent = 0;
    // The broker stops in the middle of a request, which is not continued.
    while let Some(taken) =
        stalled.write_some(&requests[sent % requests.len()..], Duration::from_secs(2)).await
    {
        sent += taken;
        assert!(sent < 256 * MIB, "the broker never stops reading");
        is_served(&mut other).await;
    }
    is_served(&mut other).await;
    let growth = resident().saturating_sub(before);
    assert!(growth < 64 * MIB, "{growth} bytes more of memory for {sent} bytes of requests");
}

#[tokio::test]
async fn above_the_memory_limit_publishers_wait_and_consumers_continue() {
    const MESSAGES: u32 = 8192;
    const LIMIT: usize = 4 * MIB;
    let _alone = ALONE.lock().await;
    let broker = Broker::builder().memory_limit(LIMIT).start().await.expect("the embedded broker starts");
    let (mut publisher, mut consumer) = (client_of(&broker).await, client_of(&broker).await);
    publisher.declare(queue("flood", false, FieldTable::default())).await;
    let publishing = tokio::spawn(async move {
        for number in 0..MESSAGES {
            publisher.send(&publish("flood", &numbered(number))).await;
        }
        publisher
    });
    let is_full = async {
        while broker.message_bytes() <= LIMIT {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(TIMEOUT, is_full).await.expect("the flood reaches the limit");
    assert!(!publishing.is_finished());

    consumer.consume("flood").await;
    for expected in 0..MESSAGES {
        assert_eq!(next_number(&mut consumer).await, expected);
        let held = broker.message_bytes();
        assert!(held < LIMIT + 2 * MIB, "{held} bytes are held");
    }
    publishing.await.expect("the publisher does not fail").close().await;
}

#[tokio::test]
async fn incomplete_messages_are_bounded_and_one_of_any_size_can_be_completed() {
    let _alone = ALONE.lock().await;
    let broker = Broker::builder().memory_limit(MIB).max_message_size(MIB as u64);
    let broker = broker.start().await.expect("the embedded broker starts");
    let whole = publish("unroutable", &vec![0; MIB]);
    let (last, all_but_the_end) = whole.split_last().expect("it has frames");
    let (mut one, mut other) = (client_of(&broker).await, client_of(&broker).await);
    one.send(all_but_the_end).await;
    other.send(all_but_the_end).await;
    let arriving = async {
        while broker.message_bytes() < 2 * (MIB - 128 * 1024) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(TIMEOUT, arriving).await.expect("two messages arrive but for their ends");

    let mut too_many = client_of(&broker).await;
    too_many.write(&all_but_the_end.iter().flat_map(encode).collect::<Vec<_>>()).await.ok();
    let AMQPFrame::Method(0, AMQPClass::Connection(connection::AMQPMethod::Close(close))) =
        too_many.next().await
    else {
        panic!("the connection is closed");
    };
    assert_eq!(close.reply_code, 506, "{close:?}");

    for mut client in [one, other] {
        client.send(std::slice::from_ref(last)).await;
        is_served(&mut client).await;
        client.close().await;
    }
}
