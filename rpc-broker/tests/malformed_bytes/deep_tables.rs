//! Tables with as many levels as a frame can hold, in every method with a table: a recursive parser would end
//! the process.

use std::collections::BTreeMap;

use amq_protocol::{
    frame::AMQPFrame,
    protocol::{
        AMQPClass, basic, connection,
        queue::{AMQPMethod, Bind},
    },
    types::{AMQPValue, FieldTable, LongString, ShortString},
};

use crate::{
    fuzz_target::FuzzTarget,
    mutation::framed,
    nested_tables::{METHODS_WITH_A_TABLE, nested, with_nested_values},
    raw_client::{encode, handshake, queue},
    requests::in_frames,
};

/// The number of levels that fit into the largest frame.
fn levels_in(frame_max: usize, as_tables: bool) -> usize {
    (frame_max - 100) / if as_tables { 7 } else { 5 }
}

#[test]
fn methods_with_tables_as_deep_as_a_frame_holds() {
    for &method in METHODS_WITH_A_TABLE {
        for as_tables in [false, true] {
            let payload = with_nested_values(method, as_tables, levels_in(131_072, as_tables));
            for channel in [0, 1] {
                let mut bytes = in_frames(&handshake()).concat();
                bytes.extend(framed(1, channel, &payload));
                FuzzTarget::shared().feed(&[bytes]).unwrap_or_else(|failure| panic!("{method:?}: {failure}"));
            }
        }
    }
}

#[test]
fn tables_as_deep_as_a_frame_holds_before_the_login() {
    for &method in METHODS_WITH_A_TABLE {
        let payload = with_nested_values(method, false, levels_in(4096, false));
        let bytes = [b"AMQP\0\0\x09\x01".to_vec(), framed(1, 0, &payload)];
        FuzzTarget::shared().feed(&bytes).unwrap_or_else(|failure| panic!("{method:?}: {failure}"));
    }
}

#[test]
fn an_amqplain_response_may_be_a_deep_table() {
    // AMQPLAIN's response is a table without its length.
    for as_tables in [false, true] {
        let response = nested(as_tables, levels_in(3900, as_tables));
        let start_ok = connection::StartOk {
            client_properties: Default::default(),
            mechanism: "AMQPLAIN".into(),
            response: response[4..].into(),
            locale: "en_US".into(),
        };
        let start_ok = AMQPFrame::Method(0, AMQPClass::Connection(connection::AMQPMethod::StartOk(start_ok)));
        let bytes = [b"AMQP\0\0\x09\x01".to_vec(), in_frames(&[start_ok]).concat()];
        FuzzTarget::shared().feed(&bytes).unwrap_or_else(|failure| panic!("{failure}"));
    }
}

#[test]
fn headers_as_deep_as_a_frame_holds_are_carried_or_refused() {
    for as_tables in [false, true] {
        let headers = nested(as_tables, levels_in(131_072, as_tables));
        // Class, weight, an empty body, and only the flag of the headers.
        let header = [&[0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0][..], &headers].concat();
        for kind in ["classic", "quorum"] {
            let mut bytes = in_frames(&handshake()).concat();
            bytes.extend(in_frames(&queues_that_read_headers(kind)).concat());
            for exchange in ["", "amq.headers"] {
                bytes.extend(encode(&publish_to(exchange)));
                bytes.extend(framed(2, 1, &header));
            }
            bytes.extend(in_frames(&requeued_and_rejected()).concat());
            FuzzTarget::shared().feed(&[bytes]).unwrap_or_else(|failure| panic!("{failure}"));
        }
    }
}

/// Declares queues that dead-letter and count returns, bound to a headers exchange.
fn queues_that_read_headers(kind: &str) -> Vec<AMQPFrame> {
    let arguments = |fields: &[(&str, &str)]| {
        let value = |text: &str| AMQPValue::LongString(LongString::from(text.as_bytes()));
        let fields = fields.iter().map(|(key, text)| (ShortString::from(*key), value(text)));
        FieldTable::from(fields.collect::<BTreeMap<_, _>>())
    };
    let dead_lettering = [
        ("x-queue-type", kind),
        ("x-dead-letter-exchange", "amq.headers"),
        ("x-dead-letter-routing-key", "b"),
    ];
    let mut first = queue("a", false, arguments(&dead_lettering));
    first.durable = true;
    let second = queue("b", false, FieldTable::default());
    let bind = Bind {
        queue: "b".into(),
        exchange: "amq.headers".into(),
        routing_key: ShortString::default(),
        nowait: false,
        arguments: arguments(&[("x-match", "any"), ("k", "v")]),
    };
    [AMQPMethod::Declare(first), AMQPMethod::Declare(second), AMQPMethod::Bind(bind)]
        .map(|method| AMQPFrame::Method(1, AMQPClass::Queue(method)))
        .to_vec()
}

fn publish_to(exchange: &str) -> AMQPFrame {
    let publish = basic::Publish {
        exchange: exchange.into(),
        routing_key: "a".into(),
        mandatory: true,
        immediate: false,
    };
    AMQPFrame::Method(1, AMQPClass::Basic(basic::AMQPMethod::Publish(publish)))
}

/// Requeues a message, then rejects it.
fn requeued_and_rejected() -> Vec<AMQPFrame> {
    use basic::{AMQPMethod as Method, Get, Reject};
    let get = || Method::Get(Get { queue: "a".into(), no_ack: false });
    let reject = |delivery_tag, requeue| Method::Reject(Reject { delivery_tag, requeue });
    [get(), reject(1, true), get(), reject(2, false)]
        .map(|method| AMQPFrame::Method(1, AMQPClass::Basic(method)))
        .to_vec()
}
