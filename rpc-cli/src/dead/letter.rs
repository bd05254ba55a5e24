//! A dead letter: what it says of itself, for people and for programs.

use amqp_rpc::{HeaderValue, Headers};
use amqp_rpc_transport::{Delivered, Properties};
use serde_json::{Map, Value, json};
use smol_str::SmolStr;

use super::time::utc;

/// The headers that the server adds; docs/topology.md lists them.
pub(super) const REASON: &str = "x-amqp-rpc-reason";
pub(super) const ERROR: &str = "x-amqp-rpc-error";
pub(super) const TIME: &str = "x-amqp-rpc-time";
pub(super) const SERVER: &str = "x-amqp-rpc-server";
pub(super) const EXCHANGE: &str = "x-amqp-rpc-exchange";
pub(super) const ROUTING_KEY: &str = "x-amqp-rpc-routing-key";
pub(super) const USER_ID: &str = "x-amqp-rpc-user-id";
/// The headers that the broker adds.
pub(super) const DEATHS: &str = "x-death";
pub(super) const DELIVERY_COUNT: &str = "x-delivery-count";

/// A dead letter as it was delivered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Letter<'d>(pub(super) &'d Delivered);

impl<'d> Letter<'d> {
    /// What it is selected by: its message id, its correlation id, or a hash of its content. A letter that was kept
    /// twice has one id.
    pub(super) fn id(self) -> String {
        let properties = &self.0.properties;
        let named = properties.message_id.as_ref().or(properties.correlation_id.as_ref());
        named.map_or_else(|| self.hash(), ToString::to_string)
    }

    /// Why it is here: a fault's code, or another word of docs/topology.md.
    pub(super) fn reason(self) -> &'d str {
        let of_broker = || self.text("x-first-death-reason").or_else(|| self.death()?.text("reason"));
        self.text(REASON).or_else(of_broker).unwrap_or("unknown")
    }

    /// The text of the failure. The broker tells none.
    pub(super) fn error(self) -> Option<&'d str> {
        self.text(ERROR)
    }

    /// When it failed, in seconds since 1970.
    pub(super) fn failed_at(self) -> Option<u64> {
        let of_broker = || self.death().and_then(|death| death.get("time"));
        match self.headers().and_then(|headers| headers.get(TIME)).or_else(of_broker)? {
            HeaderValue::Timestamp(seconds) => Some(*seconds),
            HeaderValue::Int(seconds) => u64::try_from(*seconds).ok(),
            _ => None,
        }
    }

    /// Its method, as far as the message says it.
    pub(super) fn method(self) -> Option<&'d str> {
        // What was sent without a contract has an empty type.
        let kind = self.0.properties.kind.as_deref().filter(|kind| !kind.is_empty());
        kind.or_else(|| self.routing_key())
    }

    /// The routing key that the message was published with at first.
    pub(super) fn routing_key(self) -> Option<&'d str> {
        let of_broker = || match self.death()?.get("routing-keys")? {
            HeaderValue::List(keys) => match keys.first()? {
                HeaderValue::Text(key) => Some(key.as_str()),
                _ => None,
            },
            _ => None,
        };
        self.text(ROUTING_KEY).or_else(of_broker)
    }

    /// The exchange that the message was published to at first.
    fn exchange(self) -> Option<&'d str> {
        self.text(EXCHANGE).or_else(|| self.death()?.text("exchange"))
    }

    /// The queue that it left first, where the broker says so.
    pub(super) fn first_queue(self) -> Option<&'d str> {
        self.text("x-first-death-queue").or_else(|| self.death()?.text("queue"))
    }

    /// How often it was delivered before, where the broker counts.
    pub(super) fn earlier_deliveries(self) -> u64 {
        match self.headers().and_then(|headers| headers.get(DELIVERY_COUNT)) {
            Some(HeaderValue::Int(count)) => u64::try_from(*count).unwrap_or_default(),
            _ => 0,
        }
    }

    /// The size of its body, also of one that was left out.
    pub(super) fn size(self) -> u64 {
        match self.0.refusal {
            Some(amqp_rpc_transport::Refusal::TooLarge { size, .. }) => size,
            _ => self.0.body.len() as u64,
        }
    }

    /// What a list shows.
    pub(super) fn summary(self) -> Value {
        json!({
            "id": self.id(), "method": self.method(), "reason": self.reason(), "error": self.error(),
            "time": self.failed_at().map(utc), "bytes": self.size(),
        })
    }

    /// All of it.
    pub(super) fn whole(self) -> Value {
        let mut value = self.summary();
        value["server"] = self.text(SERVER).into();
        value["exchange"] = self.exchange().into();
        value["routing_key"] = self.routing_key().into();
        value["properties"] = properties(&self.0.properties);
        value["headers"] = self.headers().map_or(json!({}), table);
        value["body"] = match self.0.refusal {
            None => body(&self.0.body),
            Some(refusal) => json!({ "left_out": refusal.to_string() }),
        };
        value
    }

    fn headers(self) -> Option<&'d Headers> {
        self.0.properties.headers.as_ref()
    }

    fn text(self, header: &str) -> Option<&'d str> {
        self.headers()?.text(header)
    }

    /// The broker's latest record of it leaving a queue.
    fn death(self) -> Option<&'d Headers> {
        match self.headers()?.get(DEATHS)? {
            HeaderValue::List(deaths) => match deaths.first()? {
                HeaderValue::Table(death) => Some(death),
                _ => None,
            },
            _ => None,
        }
    }

    /// FNV-1a of what does not change while it is here.
    fn hash(self) -> String {
        let time = self.failed_at().unwrap_or_default().to_be_bytes();
        let parts = [self.method().unwrap_or_default().as_bytes(), &time, &self.0.body];
        let bytes = parts.iter().flat_map(|part| part.iter().chain(&[0xFF]));
        let hash = bytes.fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
        });
        format!("{hash:016x}")
    }
}

/// A body as JSON, as text, or in hexadecimal digits.
fn body(bytes: &[u8]) -> Value {
    if let Ok(value) = serde_json::from_slice(bytes) {
        return value;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => json!({ "hex": bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>() }),
    }
}

/// The properties that are there, without the headers.
fn properties(properties: &Properties) -> Value {
    let text = |text: &Option<SmolStr>| text.as_deref().map(Value::from);
    let shared = |text: &Option<std::sync::Arc<str>>| text.as_deref().map(Value::from);
    let all: [(&str, Option<Value>); 12] = [
        ("content_type", text(&properties.content_type)),
        ("content_encoding", text(&properties.content_encoding)),
        ("delivery_mode", properties.delivery_mode.map(Value::from)),
        ("priority", properties.priority.map(Value::from)),
        ("correlation_id", text(&properties.correlation_id)),
        ("reply_to", text(&properties.reply_to)),
        ("expiration", text(&properties.expiration)),
        ("message_id", text(&properties.message_id)),
        ("timestamp", properties.timestamp.map(Value::from)),
        ("type", text(&properties.kind)),
        ("user_id", shared(&properties.user_id)),
        ("app_id", shared(&properties.app_id)),
    ];
    let there = all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(there.collect())
}

fn table(headers: &Headers) -> Value {
    let members = headers.iter().map(|(name, value)| (name.to_owned(), header(value)));
    Value::Object(members.collect::<Map<_, _>>())
}

fn header(value: &HeaderValue) -> Value {
    match value {
        HeaderValue::Bool(value) => (*value).into(),
        HeaderValue::Int(value) => (*value).into(),
        HeaderValue::Float(value) => (*value).into(),
        HeaderValue::Text(text) => text.as_str().into(),
        HeaderValue::Bytes(bytes) => body(bytes),
        HeaderValue::Timestamp(seconds) => utc(*seconds).into(),
        HeaderValue::List(values) => values.iter().map(header).collect(),
        HeaderValue::Table(members) => table(members),
        // Of a later version as well.
        _ => Value::Null,
    }
}
