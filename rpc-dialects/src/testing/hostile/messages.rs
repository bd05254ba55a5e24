//! What the messages to both sides have in common.

use std::panic::{AssertUnwindSafe, catch_unwind};

use amqp_rpc_runtime::{
    HeaderValue, Headers,
    dialect::{Delivery, Properties},
};
use bytes::Bytes;
use serde_json::{Map, Value};

/// Deeper than decoders of values go, serde's among them.
const LEVELS: usize = 1000;
/// More than AMQP has in an id or in a routing key.
const LONG: usize = 256;
/// More than the patterns and names of any framework.
const LONGER: usize = 4097;

/// Bodies of other frameworks, and garbage.
const BODIES: [&[u8]; 22] = [
    b"",
    b"null",
    b"30",
    b"\"text\"",
    b"2,40",
    b"{}",
    b"[]",
    b"{\"n\":30}",
    b"{\"n\":30",
    b"[[30],{},{}]",
    b"[[30],{}]",
    b"[[30],{},{\"callbacks\":null,\"errbacks\":null,\"chain\":null,\"chord\":null}]",
    b"{\"args\":[30],\"kwargs\":{}}",
    b"{\"args\":30,\"kwargs\":[]}",
    b"{\"args\":[30],\"kwargs\":{\"args\":{}},\"more\":{}}",
    b"{\"pattern\":\"compute\",\"data\":{\"n\":30},\"id\":\"1\"}",
    b"{\"pattern\":{\"cmd\":{}},\"data\":[],\"id\":null}",
    b"{\"success\":true,\"message\":\"\",\"data\":{}}",
    b"{\"response\":1,\"isDisposed\":true}",
    b"\x08\x1e",
    b"\xff\xfe\x00",
    b"\x80\x04\x95\x0a\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01n\x94K\x1es.",
];

/// Bodies with something in the wrong place: `DEEP` is JSON of a thousand levels, `LONG` and `LONGER` are texts.
const TEMPLATES: [&str; 13] = [
    "DEEP",
    "{\"n\":DEEP}",
    "[[DEEP],{\"n\":DEEP},{\"chain\":DEEP}]",
    "{\"args\":[DEEP],\"kwargs\":{\"n\":DEEP}}",
    "{\"pattern\":\"compute\",\"data\":DEEP,\"id\":DEEP}",
    "{\"pattern\":DEEP,\"data\":{\"n\":30},\"id\":\"1\"}",
    "{\"pattern\":\"DEEP\",\"data\":{\"n\":30},\"id\":\"1\"}",
    "{\"pattern\":LONGER,\"data\":{\"n\":30},\"id\":\"1\"}",
    "{\"pattern\":{\"cmd\":LONGER},\"data\":{\"n\":30},\"id\":\"1\"}",
    "{\"pattern\":{LONGER:1},\"data\":{\"n\":30}}",
    "{\"pattern\":\"compute\",\"data\":{\"n\":30},\"id\":LONG}",
    "{\"n\":LONGER,LONG:LONGER}",
    "LONGER",
];

pub(super) const CONTENT_TYPES: [Option<&str>; 6] = [
    None,
    Some(""),
    Some("application/json"),
    Some("application/json; charset=utf-8"),
    Some("text/plain"),
    Some("application/python-pickle"),
];

/// The bodies that either side may get.
pub(super) fn bodies() -> Vec<Bytes> {
    let arrays = nested("[", "]");
    let unfinished = "[".repeat(LEVELS);
    let long = |length| Value::from("1".repeat(length)).to_string();
    let (long, longer) = (long(LONG), long(LONGER));
    let filled = TEMPLATES.iter().map(|template| {
        let longer = template.replace("LONGER", &longer);
        longer.replace("LONG", &long).replace("DEEP", &arrays).into()
    });
    let deep = [nested("{\"args\":", "}"), nested("[{\"pattern\":", "}]"), unfinished].map(Bytes::from);
    BODIES.iter().map(|body| Bytes::from_static(body)).chain(filled).chain(deep).collect()
}

/// JSON of a thousand levels.
pub(super) fn nested(open: &str, close: &str) -> String {
    format!("{}0{}", open.repeat(LEVELS), close.repeat(LEVELS))
}

/// A header's value of each type, and texts that are no names, ids or times.
pub(super) fn header_values() -> Vec<HeaderValue> {
    let mut table = Headers::new();
    table.insert("reason", 7);
    vec![
        HeaderValue::Null,
        HeaderValue::Bool(true),
        HeaderValue::Int(i64::MIN),
        HeaderValue::Float(-0.5),
        HeaderValue::Bytes(vec![0xff]),
        HeaderValue::Timestamp(u64::MAX),
        HeaderValue::List(Vec::new()),
        HeaderValue::List(vec![HeaderValue::Null]),
        HeaderValue::List(vec![HeaderValue::Table(table.clone())]),
        HeaderValue::Table(table),
        "".into(),
        "é\0".into(),
        "-9999-99-99T99:99:99.999999999+99:99".into(),
        "1".repeat(LONG).into(),
        "x".repeat(LONGER).into(),
    ]
}

/// `object`, then `object` with each of its members of each wrong type.
pub(super) fn with_wrong_members(object: &Map<String, Value>, deep: &str) -> Vec<String> {
    let text = |members: &[(&String, String)]| {
        let members = members.iter().map(|(name, json)| format!("\"{name}\":{json}"));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    };
    let right: Vec<_> = object.iter().map(|(name, value)| (name, value.to_string())).collect();
    let mut all = vec![text(&right)];
    for changed in 0..right.len() {
        for wrong in ["null", "true", "7", "\"\"", "[]", "[{}]", "{}", deep] {
            let mut members = right.clone();
            wrong.clone_into(&mut members[changed].1);
            all.push(text(&members));
        }
    }
    all
}

/// Runs `check` with a message.
///
/// # Errors
/// What it does not survive, with the message.
pub(super) fn survives(
    delivery: &Delivery,
    check: impl FnOnce(Delivery) -> Result<(), String>,
) -> Result<(), String> {
    let survived = catch_unwind(AssertUnwindSafe(|| check(copy_of(delivery))));
    survived.unwrap_or_else(|_| Err("it panics".to_owned())).map_err(|why| {
        let Delivery { exchange, routing_key, properties, body, .. } = delivery;
        let Properties { content_type, kind, headers, .. } = properties;
        let (start, rest) = body.split_at(body.len().min(200));
        let body = String::from_utf8_lossy(start);
        let more = if rest.is_empty() { String::new() } else { format!(" and {} bytes more", rest.len()) };
        format!(
            "{why}: {body:?}{more} as {content_type:?} of type {kind:?} with {headers:?} from {exchange:?} / {routing_key:?}"
        )
    })
}

fn copy_of(delivery: &Delivery) -> Delivery {
    let Delivery { exchange, routing_key, properties, body, .. } = delivery;
    Delivery::new(exchange.clone(), routing_key.clone(), properties.clone(), body.clone())
}
