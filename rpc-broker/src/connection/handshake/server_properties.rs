//! The broker's `connection.start`: its version, properties, capabilities and login mechanisms.

use std::collections::BTreeMap;

use amq_protocol::{
    protocol::connection,
    types::{AMQPValue, ShortString},
};

use crate::like::Like;

const INFORMATION: &str =
    concat!("amqp-rpc-broker ", env!("CARGO_PKG_VERSION"), ", an embedded broker for development and tests");

const CAPABILITIES: [&str; 9] = [
    "authentication_failure_close",
    "basic.nack",
    "connection.blocked",
    "consumer_cancel_notify",
    "consumer_priorities",
    "direct_reply_to",
    "exchange_exchange_bindings",
    "per_consumer_qos",
    "publisher_confirms",
];

pub(super) fn start(like: Like) -> connection::Start {
    let capabilities = CAPABILITIES.map(|name| (ShortString::from(name), AMQPValue::Boolean(true)));
    let capabilities = capabilities.into_iter().collect::<BTreeMap<_, _>>();
    let (product, version) = like.product_and_version();
    let text = |value: &str| AMQPValue::LongString(value.into());
    let properties = [
        ("capabilities", AMQPValue::FieldTable(capabilities.into())),
        // Clients tell brokers by these two.
        ("product", text(product)),
        ("version", text(version)),
        ("platform", text("Rust")),
        ("information", text(INFORMATION)),
    ];
    let properties = properties.into_iter().map(|(name, value)| (ShortString::from(name), value));
    connection::Start {
        version_major: 0,
        version_minor: 9,
        server_properties: properties.collect::<BTreeMap<_, _>>().into(),
        mechanisms: "AMQPLAIN PLAIN".into(),
        locales: "en_US".into(),
    }
}
