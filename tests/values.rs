//! Values that compile in a contract and do not come back as they were, or not at all. docs/values.md lists
//! them; each line has its test here, which pins what happens today.
#![allow(missing_docs, reason = "contracts of tests")]

use std::{collections::HashMap, error::Error, net::IpAddr, time::Duration};

use amqp_rpc::{
    CallError, Client, Server,
    codec::{Cbor, Json, MessagePack},
    rpc_service,
};
use amqp_rpc_broker::Broker;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
enum Tagged {
    Map { by_id: HashMap<u32, u32> },
    Big { value: u128 },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Host {
    Ip(IpAddr),
    Name(String),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Flattened {
    #[serde(flatten)]
    rest: HashMap<String, HashMap<u32, u32>>,
}

#[derive(Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Point {
    x: i8,
}

#[rpc_service]
trait Echo {
    async fn nested(&self, v: Option<Option<u8>>) -> Option<Option<u8>>;
    async fn unit(&self, v: Option<()>) -> Option<()>;
    async fn tagged(&self, v: Tagged) -> Tagged;
    async fn host(&self, v: Host) -> Host;
    async fn flattened(&self, v: Flattened) -> Flattened;
    async fn float(&self, v: f64) -> f64;
    async fn short_float(&self, v: f64) -> f32;
    async fn is_infinite(&self, v: f32) -> bool;
    async fn by_point(&self, v: HashMap<Point, u8>) -> HashMap<Point, u8>;
    async fn by_id(&self, v: HashMap<u32, u8>) -> HashMap<u32, u8>;
    async fn wide(&self, v: u128) -> u128;
    async fn kept(&self, v: (char, Duration, i64, Vec<u8>)) -> (char, Duration, i64, Vec<u8>);
}

struct Parrot;

impl Echo for Parrot {
    async fn nested(&self, v: Option<Option<u8>>) -> Option<Option<u8>> {
        v
    }

    async fn unit(&self, v: Option<()>) -> Option<()> {
        v
    }

    async fn tagged(&self, v: Tagged) -> Tagged {
        v
    }

    async fn host(&self, v: Host) -> Host {
        v
    }

    async fn flattened(&self, v: Flattened) -> Flattened {
        v
    }

    async fn float(&self, v: f64) -> f64 {
        v
    }

    async fn short_float(&self, v: f64) -> f32 {
        v as f32
    }

    async fn is_infinite(&self, v: f32) -> bool {
        v.is_infinite()
    }

    async fn by_point(&self, v: HashMap<Point, u8>) -> HashMap<Point, u8> {
        v
    }

    async fn by_id(&self, v: HashMap<u32, u8>) -> HashMap<u32, u8> {
        v
    }

    async fn wide(&self, v: u128) -> u128 {
        v
    }

    async fn kept(&self, v: (char, Duration, i64, Vec<u8>)) -> (char, Duration, i64, Vec<u8>) {
        v
    }
}

async fn echo() -> (Broker, amqp_rpc::RunningServer, EchoClient) {
    let broker = Broker::start().await.expect("the loopback has a free port");
    let server = Server::new().service(EchoServer::new(Parrot)).start(broker.uri()).await.expect("it starts");
    let client = Client::connect(broker.uri()).await.expect("it connects");
    (broker, server, EchoClient::new(client))
}

fn shown<T: std::fmt::Debug, E: Error>(outcome: Result<T, CallError<E>>) -> String {
    match outcome {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("{:?}: {error}", error.execution()),
    }
}

/// What becomes of the value of a call in JSON, MessagePack and CBOR.
macro_rules! in_each_codec {
    ($call:expr) => {
        [
            shown($call.codec(Json).await),
            shown($call.codec(MessagePack).await),
            shown($call.codec(Cbor).await),
        ]
    };
}

/// In every codec the value is refused with these words, and nothing runs.
fn refused(outcome: &str, words: &str) {
    assert!(outcome.starts_with("Never: bad_request") && outcome.contains(words), "{outcome}");
}

#[tokio::test]
async fn an_option_within_an_option_and_an_option_of_nothing_come_back_as_none() {
    let (_broker, _server, echo) = echo().await;
    assert_eq!(in_each_codec!(echo.nested(Some(None))), ["None"; 3]);
    assert_eq!(in_each_codec!(echo.nested(Some(Some(1)))), ["Some(Some(1))"; 3]);
    assert_eq!(in_each_codec!(echo.unit(Some(()))), ["None"; 3]);
}

#[tokio::test]
async fn keys_that_are_numbers_are_refused_within_tagged_enums_and_flattened_fields_in_json() {
    let (_broker, _server, echo) = echo().await;
    let [json, others @ ..] = in_each_codec!(echo.tagged(Tagged::Map { by_id: HashMap::from([(1, 2)]) }));
    refused(&json, "invalid type: string, expected u32");
    assert_eq!(others, ["Map { by_id: {1: 2} }"; 2]);
    let flattened = || Flattened { rest: HashMap::from([("a".into(), HashMap::from([(1, 2)]))]) };
    let [json, others @ ..] = in_each_codec!(echo.flattened(flattened()));
    refused(&json, "invalid type: string, expected u32");
    assert_eq!(others, ["Flattened { rest: {\"a\": {1: 2}} }"; 2]);
    assert_eq!(in_each_codec!(echo.by_id(HashMap::from([(1, 2)]))), ["{1: 2}"; 3]);
}

#[tokio::test]
async fn integers_of_128_bits_are_refused_within_tagged_enums() {
    let (_broker, _server, echo) = echo().await;
    for outcome in in_each_codec!(echo.tagged(Tagged::Big { value: 1 })) {
        refused(&outcome, "u128 is not supported");
    }
    assert_eq!(
        in_each_codec!(echo.wide(u128::MAX)),
        [u128::MAX.to_string(), u128::MAX.to_string(), u128::MAX.to_string()]
    );
}

#[tokio::test]
async fn a_request_of_this_library_that_does_not_travel_says_where_to_look() {
    const HINT: &str = "or is it a value that does not travel (docs/values.md)?";
    let (_broker, _server, echo) = echo().await;
    for outcome in in_each_codec!(echo.tagged(Tagged::Big { value: 1 })) {
        refused(&outcome, HINT);
    }
    let [_, binary @ ..] = in_each_codec!(echo.host(Host::Ip(IpAddr::from([8, 8, 8, 8]))));
    for outcome in binary {
        refused(&outcome, HINT);
    }
    let [nan, ..] = in_each_codec!(echo.float(f64::NAN));
    refused(&nan, HINT);
}

#[tokio::test]
async fn addresses_within_untagged_enums_are_refused_in_binary_codecs() {
    let (_broker, _server, echo) = echo().await;
    let ip = || Host::Ip(IpAddr::from([8, 8, 8, 8]));
    let [json, binary @ ..] = in_each_codec!(echo.host(ip()));
    assert_eq!(json, "Ip(8.8.8.8)");
    for outcome in binary {
        refused(&outcome, "did not match any variant of untagged enum Host");
    }
    assert_eq!(in_each_codec!(echo.host(Host::Name("a".into()))), ["Name(\"a\")"; 3]);
}

#[tokio::test]
async fn floats_that_are_no_numbers_are_refused_in_json() {
    let (_broker, _server, echo) = echo().await;
    for (value, binary) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf"), (f64::NEG_INFINITY, "-inf")] {
        let [json, others @ ..] = in_each_codec!(echo.float(value));
        refused(&json, "invalid type: null, expected f64");
        assert_eq!(others, [binary; 2]);
    }
    // A result of the server: the method ran.
    let [json, others @ ..] = in_each_codec!(echo.short_float(1e39));
    assert_eq!(json, "Completed: the result cannot be read");
    assert_eq!(others, ["inf"; 2]);
}

#[tokio::test]
async fn a_number_beyond_the_range_of_f32_is_read_as_infinity() {
    let (broker, _server, _) = echo().await;
    let client = Client::connect(broker.uri()).await.expect("it connects");
    for number in ["1e39", "-1e39"] {
        let number: serde_json::Value =
            serde_json::from_str(&format!("{{\"v\":{number}}}")).expect("it is JSON");
        let read = client.call_json("echo.is_infinite", number).await.expect("it is served");
        assert_eq!(read, serde_json::Value::Bool(true));
    }
}

#[tokio::test]
async fn keys_that_are_structs_cannot_be_encoded_in_json() {
    let (_broker, _server, echo) = echo().await;
    let [json, others @ ..] = in_each_codec!(echo.by_point(HashMap::from([(Point { x: 1 }, 2)])));
    assert_eq!(json, "Never: the request cannot be encoded");
    assert_eq!(others, ["{Point { x: 1 }: 2}"; 2]);
}

#[tokio::test]
async fn what_is_not_listed_comes_back_as_it_was() {
    let (_broker, _server, echo) = echo().await;
    let value = || ('ä', Duration::from_nanos(1), i64::MIN, vec![0, 255]);
    assert_eq!(
        in_each_codec!(echo.kept(value())),
        [format!("{:?}", value()), format!("{:?}", value()), format!("{:?}", value())]
    );
    assert_eq!(in_each_codec!(echo.float(-0.0)), ["-0.0"; 3]);
    assert_eq!(in_each_codec!(echo.float(f64::MIN_POSITIVE)), ["2.2250738585072014e-308"; 3]);
}
