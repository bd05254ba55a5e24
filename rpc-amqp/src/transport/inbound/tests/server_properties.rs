//! The broker that `connection.start` names, with the properties that real brokers send.

use amq_protocol::{
    frame::AMQPFrame,
    protocol::{AMQPClass, connection},
    types::{AMQPValue, FieldTable},
};

use super::passage::{bytes_of, frames_in, pass};
use crate::broker::Broker;

const RABBITMQ: &[(&str, &str)] = &[
    ("cluster_name", "rabbit@localhost"),
    ("copyright", "Copyright (c) 2007-2022 VMware, Inc. or its affiliates."),
    ("information", "Licensed under the MPL 2.0. Website: https://rabbitmq.com"),
    ("platform", "Erlang/OTP 25.2.3"),
    ("product", "RabbitMQ"),
];
const LAVINMQ: &[(&str, &str)] = &[("product", "LavinMQ"), ("platform", "Crystal 1.21.0")];

#[test]
fn the_broker_is_told_by_its_server_properties() {
    for (properties, version, shown) in [
        (RABBITMQ, "3.10.8", "RabbitMQ 3.10.8"),
        (RABBITMQ, "4.0.5", "RabbitMQ 4.0.5"),
        (RABBITMQ, "4.3.6", "RabbitMQ 4.3.6"),
        (LAVINMQ, "2.9.1", "LavinMQ 2.9.1"),
    ] {
        let mut table = texts(properties);
        table.insert("version".into(), text(version));
        let mut capabilities = FieldTable::default();
        capabilities.insert("publisher_confirms".into(), AMQPValue::Boolean(true));
        // A nested table does not speak for the broker.
        capabilities.insert("product".into(), text("nested"));
        table.insert("capabilities".into(), AMQPValue::FieldTable(capabilities));
        assert_eq!(broker_of(table).to_string(), shown);
    }
}

#[test]
fn a_broker_without_a_readable_product_is_another_one() {
    let number = [("product".into(), AMQPValue::LongInt(3)), ("version".into(), text("3.10.8"))];
    for table in [
        FieldTable::default(),
        texts(&[("version", "3.10.8")]),
        texts(&[("Product", "RabbitMQ"), ("version", "3.10.8")]),
        texts(&[("product", &"RabbitMQ".repeat(100)), ("version", "3.10.8")]),
        std::collections::BTreeMap::from(number).into(),
    ] {
        assert_eq!(broker_of(table), Broker::Other);
    }
}

#[test]
fn a_product_that_is_not_utf8_is_another_broker() {
    let mut bytes = start(texts(&[("product", "RabbitMQ"), ("version", "3.10.8")]));
    let product = bytes.windows(8).position(|window| window == b"RabbitMQ").unwrap();
    bytes[product] = 0xff;
    let parsed = pass(&bytes, &[3]);
    assert_eq!(frames_in(&parsed.for_lapin).len(), 1);
    assert_eq!(parsed.findings.broker(), Broker::Other);
}

#[test]
fn the_first_introduction_counts() {
    let mut bytes = start(texts(&[("product", "LavinMQ"), ("version", "2.9.1")]));
    bytes.extend(start(texts(RABBITMQ)));
    assert_eq!(pass(&bytes, &[20]).findings.broker().to_string(), "LavinMQ 2.9.1");
}

fn broker_of(server_properties: FieldTable) -> Broker {
    let bytes = start(server_properties);
    let parsed = pass(&bytes, &[7]);
    assert_eq!(parsed.for_lapin, bytes, "lapin gets the method unchanged");
    parsed.findings.broker()
}

fn start(server_properties: FieldTable) -> Vec<u8> {
    let start = connection::Start {
        version_major: 0,
        version_minor: 9,
        server_properties,
        mechanisms: "PLAIN AMQPLAIN".into(),
        locales: "en_US".into(),
    };
    bytes_of(&[AMQPFrame::Method(0, AMQPClass::Connection(connection::AMQPMethod::Start(start)))])
}

fn texts(entries: &[(&str, &str)]) -> FieldTable {
    let mut table = FieldTable::default();
    for (key, value) in entries {
        table.insert((*key).into(), text(value));
    }
    table
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}
