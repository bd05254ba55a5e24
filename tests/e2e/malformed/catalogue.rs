//! A catalogue of malformed messages, and the reply that each must get.

use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldArray, FieldTable, ShortString},
};

use amqp_rpc::{
    RunningServer, Server,
    server::{QueueOptions, ReplyPolicy},
};

use crate::{
    services::{FibClient, FibServer, Fibonacci, connect, start},
    support::{RawPeer, Vhost, within},
    tutorial::{TutorialClient, TutorialServer},
};

/// The number of requests that a server runs at once here. Twice as many would wedge it if each kept its
/// slot.
pub(super) const PREFETCH: u16 = 2;
pub(super) const TWICE_PREFETCH: usize = 2 * PREFETCH as usize;

/// A queue that gets malformed messages, and the body of a good request to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) queue: &'static str,
    pub(super) exchange: &'static str,
    pub(super) routing_key: &'static str,
    pub(super) good_body: &'static str,
}

pub(super) const TARGETS: [Target; 2] = [
    Target { queue: "fib", exchange: "amqp-rpc", routing_key: "fib.compute", good_body: "{\"n\":30}" },
    Target { queue: "rpc_queue", exchange: "", routing_key: "rpc_queue", good_body: "30" },
];

/// Serves both targets, each with dead letters and room for [`PREFETCH`] requests.
pub(super) async fn serve_targets(vhost: &Vhost) -> RunningServer {
    start(targets(), vhost).await
}

/// Serves both targets, and answers to any address.
pub(super) async fn serve_targets_to_any_address(vhost: &Vhost) -> RunningServer {
    start(targets().reply_policy(ReplyPolicy::any()), vhost).await
}

fn targets() -> Server {
    Server::new()
        .service(FibServer::new(Fibonacci))
        .service_with(TutorialServer::new(Fibonacci), QueueOptions::new())
        .concurrency(PREFETCH)
}

/// Calls both targets as any caller would.
pub(super) async fn good_calls_succeed(vhost: &Vhost, after: &str) {
    let client = connect(vhost).await;
    let (fib, tutorial) = (FibClient::new(client.clone()), TutorialClient::new(client.clone()));
    assert_eq!(
        within(&format!("fib after {after}"), fib.compute(30)).await.expect(after),
        832_040,
        "after {after}"
    );
    let answer = within(&format!("rpc_queue after {after}"), tutorial.fib(30)).await;
    assert_eq!(answer.expect(after), 832_040, "after {after}");
    client.close().await;
}

/// One kind of malformed or unusual message.
#[derive(Clone, Debug)]
pub(super) struct Hostile {
    pub(super) name: &'static str,
    pub(super) properties: BasicProperties,
    /// `None` for the body of a good request.
    pub(super) body: Option<Vec<u8>>,
    /// Published straight to the queue: its routing key names no method there.
    pub(super) past_the_exchange: bool,
    pub(super) expected: Expected,
}

/// The outcome that the sender must get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Fault(&'static str),
    /// The message is unusual but valid.
    Result,
}

impl Hostile {
    /// Sends it to `target`, as `properties` say.
    pub(super) async fn send(&self, peer: &RawPeer, target: Target, properties: BasicProperties) {
        let body = self.body.as_deref().unwrap_or(target.good_body.as_bytes());
        let (exchange, key) = match self.past_the_exchange {
            true => ("", target.queue),
            false => (target.exchange, target.routing_key),
        };
        let routed = peer.publish_mandatory(exchange, key, properties, body).await;
        assert!(routed, "{} reached no queue", self.name);
    }
}

/// Every kind that `target` must answer.
pub(super) fn catalogue(target: Target) -> Vec<Hostile> {
    let mut kinds = bad_bodies();
    if target.queue == "fib" {
        kinds.extend(bad_objects());
        kinds.extend(unknown_methods());
    }
    kinds.extend(properties());
    kinds
}

fn kind(name: &'static str, expected: Expected) -> Hostile {
    let properties = BasicProperties::default().with_content_type("application/json".into());
    Hostile { name, properties, body: None, past_the_exchange: false, expected }
}

fn with_body(name: &'static str, body: impl Into<Vec<u8>>) -> Hostile {
    Hostile { body: Some(body.into()), ..kind(name, Expected::Fault("bad_request")) }
}

fn bad_bodies() -> Vec<Hostile> {
    const MIB: usize = 1024 * 1024;
    let mut kinds = vec![
        with_body("not JSON", "{\"n\":"),
        with_body("a wrong type", "\"thirty\""),
        with_body("an empty body", ""),
        with_body("a binary body", (0..=255).collect::<Vec<u8>>()),
        with_body("UTF-16", b"\xff\xfe3\x000\x00".as_slice()),
        with_body("two values", "30 30"),
        with_body("deep arrays", "[".repeat(100_000)),
        with_body("deep objects", "{\"n\":".repeat(100_000)),
        with_body("an endless number", "9".repeat(100_000)),
        with_body("a megabyte of nothing", " ".repeat(MIB)),
    ];
    let too_large = with_body("20 MiB", vec![b'9'; 20 * MIB]);
    kinds.push(Hostile { expected: Expected::Fault("request_too_large"), ..too_large });
    kinds
}

fn bad_objects() -> Vec<Hostile> {
    vec![
        with_body("a wrong field", "{\"n\":\"thirty\"}"),
        with_body("a missing field", "{}"),
        with_body("a field twice", "{\"n\":1,\"n\":2}"),
        with_body("a negative number", "{\"n\":-1}"),
        with_body("an overflow", "{\"n\":18446744073709551616}"),
        with_body("a fraction", "{\"n\":0.5}"),
        with_body("null", "null"),
        with_body("depth in an unknown field", format!("{{\"n\":1,\"x\":{}}}", "[".repeat(100_000))),
    ]
}

fn unknown_methods() -> Vec<Hostile> {
    let past = || Hostile { past_the_exchange: true, ..kind("", Expected::Fault("unknown_method")) };
    let of_type =
        |name, text: &str| Hostile { name, properties: past().properties.with_type(text.into()), ..past() };
    vec![
        Hostile { name: "no type and a foreign routing key", ..past() },
        of_type("an unknown type", "fib.delete_everything"),
        of_type("a type of 255 bytes", &"x".repeat(255)),
        of_type("a type with control characters", "fib.compute\0\n"),
        of_type("an empty type", ""),
        of_type("the type of another service", "tutorial.fib"),
        Hostile { expected: Expected::Result, ..of_type("a known type", "fib.compute") },
    ]
}

fn properties() -> Vec<Hostile> {
    let media = |name, content_type: &str| {
        let properties = BasicProperties::default().with_content_type(content_type.into());
        Hostile { properties, ..kind(name, Expected::Fault("unsupported_media_type")) }
    };
    let encoded = |name, encoding: &str| {
        let strange = kind(name, Expected::Fault("unsupported_media_type"));
        Hostile { properties: strange.properties.clone().with_content_encoding(encoding.into()), ..strange }
    };
    let fine = |name, change: fn(BasicProperties) -> BasicProperties| {
        let strange = kind(name, Expected::Result);
        Hostile { properties: change(strange.properties.clone()), ..strange }
    };
    vec![
        media("a foreign content type", "application/xml"),
        media("a content type of 255 bytes", &"x".repeat(255)),
        encoded("brotli", "br"),
        encoded("an unknown encoding", "\u{1F980}"),
        fine("a missing content type", |_| BasicProperties::default()),
        fine("another content type for JSON", |_| {
            BasicProperties::default().with_content_type("application/problem+json; charset=utf-8".into())
        }),
        fine("100 KiB of headers", |properties| {
            let mut headers = FieldTable::default();
            headers.insert("big".into(), AMQPValue::LongString("x".repeat(100 * 1024).into()));
            properties.with_headers(headers)
        }),
        fine("headers of every type", |properties| properties.with_headers(every_type())),
        fine("the latest expiration", |properties| properties.with_expiration("2147483647".into())),
        fine("an expiration with a plus", |properties| properties.with_expiration("+60000".into())),
        fine("an expiration of 200 digits", |properties| {
            properties.with_expiration(format!("{}60000", "0".repeat(195)).into())
        }),
        fine("everything at its limit", |properties| {
            let long = || ShortString::from("x".repeat(255));
            properties
                .with_app_id(long())
                .with_message_id(long())
                .with_cluster_id(long())
                .with_type(long())
                .with_priority(255)
                .with_delivery_mode(2)
                .with_timestamp(u64::MAX)
        }),
    ]
}

fn every_type() -> FieldTable {
    let mut array = FieldArray::default();
    let mut nested = FieldTable::default();
    nested.insert("".into(), AMQPValue::Void);
    for value in [
        AMQPValue::Boolean(true),
        AMQPValue::ShortShortInt(-1),
        AMQPValue::ShortInt(-1),
        AMQPValue::LongInt(i32::MIN),
        AMQPValue::LongLongInt(i64::MIN),
        AMQPValue::Float(f32::MIN),
        AMQPValue::Double(f64::MAX),
        AMQPValue::LongString(vec![0xff, 0x00].into()),
        AMQPValue::ByteArray(vec![0xff; 10].into()),
        AMQPValue::Timestamp(u64::MAX),
        AMQPValue::FieldTable(nested),
    ] {
        array.push(value);
    }
    let mut headers = FieldTable::default();
    headers.insert("all".into(), AMQPValue::FieldArray(array));
    headers.insert("x-death".into(), AMQPValue::LongString("not a list".into()));
    headers
}
