//! What is encoded is what lapin's parser reads.

use amq_protocol::{
    frame::AMQPFrame,
    protocol::{AMQPClass, basic},
    types::ShortString,
};
use bytes::Bytes;
use proptest::{collection::btree_map, prelude::*};

use super::*;
use crate::{
    message::{HeaderValue, Headers, Properties},
    test_frames::frames_in,
    transport::inbound::{Repeated, decode_properties},
};

fn value() -> impl Strategy<Value = HeaderValue> {
    let leaf = prop_oneof![
        Just(HeaderValue::Null),
        any::<bool>().prop_map(HeaderValue::Bool),
        any::<i64>().prop_map(HeaderValue::Int),
        (-1e9..1e9).prop_map(HeaderValue::Float),
        ".{0,8}".prop_map(HeaderValue::Text),
        any::<Vec<u8>>().prop_map(HeaderValue::Bytes),
        any::<u64>().prop_map(HeaderValue::Timestamp),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(HeaderValue::List),
            btree_map("[a-z]{1,4}", inner, 0..4)
                .prop_map(|table| HeaderValue::Table(table.into_iter().collect())),
        ]
    })
}

fn properties() -> impl Strategy<Value = Properties> {
    let text = || proptest::option::of("[a-zü0-9]{0,12}");
    let texts = (text(), text(), text(), text(), text(), text(), text(), text(), text());
    let numbers = (any::<Option<u8>>(), any::<Option<u8>>(), any::<Option<u64>>());
    let headers = proptest::option::of(btree_map("[a-z]{1,8}", value(), 0..4));
    (texts, numbers, headers).prop_map(|(texts, numbers, headers)| Properties {
        content_type: texts.0.map(Into::into),
        content_encoding: texts.1.map(Into::into),
        headers: headers.map(|headers| headers.into_iter().collect()),
        delivery_mode: numbers.0,
        priority: numbers.1,
        correlation_id: texts.2.map(Into::into),
        reply_to: texts.3.map(Into::into),
        expiration: texts.4.map(Into::into),
        message_id: texts.5.map(Into::into),
        timestamp: numbers.2,
        kind: texts.6.map(Into::into),
        user_id: texts.7.map(Into::into),
        app_id: texts.8.map(Into::into),
    })
}

proptest! {
    #[test]
    fn properties_survive_being_written_and_read(properties in properties()) {
        let mut written = Vec::new();
        write_properties(&mut written, &properties, 100_000).unwrap();
        let (read, refusal) = decode_properties(&written, &mut Repeated::default());
        prop_assert_eq!(read, properties);
        prop_assert_eq!(refusal, None);
    }

    #[test]
    fn a_message_is_what_another_parser_reads(
        properties in properties(), body: Vec<u8>, frame_max in 9..400usize, channel: u16,
        mandatory: bool, shares: bool, exchange in "[a-zü]{0,20}", routing_key in "[a-zü]{0,20}",
    ) {
        let (mut encoded, mut out) = (Vec::new(), FrameBuffer::default());
        let shared = Bytes::from(body.clone());
        let body_source = if shares { BodySource::Shared(&shared) } else { BodySource::Copied(&body) };
        write_properties(&mut encoded, &properties, 100_000).unwrap();
        let message = Message {
            exchange: &exchange,
            routing_key: &routing_key,
            mandatory,
            properties: PropertySource::Encoded(&encoded),
            body: body_source,
        };
        write_message(&mut out, channel, frame_max, &message).unwrap();
        let frames = frames_in(&out.to_vec());
        let expected = basic::Publish {
            exchange: exchange.as_str().into(),
            routing_key: routing_key.as_str().into(),
            mandatory,
            immediate: false,
        };
        let method = AMQPClass::Basic(basic::AMQPMethod::Publish(expected));
        prop_assert_eq!(&frames[0], &AMQPFrame::Method(channel, method));
        let AMQPFrame::Header(of, header) = &frames[1] else { panic!("{:?}", frames[1]) };
        prop_assert_eq!((*of, header.class_id, header.body_size), (channel, 60, body.len() as u64));
        prop_assert_eq!(header.properties.correlation_id().as_ref().map(ShortString::as_str),
            properties.correlation_id.as_deref());
        prop_assert_eq!(header.properties.headers().is_some(), properties.headers.is_some());
        let mut read = Vec::new();
        for frame in &frames[2..] {
            let AMQPFrame::Body(of, part) = frame else { panic!("{frame:?}") };
            prop_assert!(*of == channel && part.len() + FRAME_OVERHEAD <= frame_max);
            read.extend_from_slice(part);
        }
        prop_assert_eq!(read, body);
    }
}

#[test]
fn settlements_are_what_another_parser_reads() {
    let mut out = Vec::new();
    write_ack(&mut out, 3, 7, true);
    write_reject(&mut out, 3, 8, false);
    write_nack(&mut out, 3, 9, true);
    let method = |method| AMQPFrame::Method(3, AMQPClass::Basic(method));
    let expected = [
        method(basic::AMQPMethod::Ack(basic::Ack { delivery_tag: 7, multiple: true })),
        method(basic::AMQPMethod::Reject(basic::Reject { delivery_tag: 8, requeue: false })),
        method(basic::AMQPMethod::Nack(basic::Nack { delivery_tag: 9, multiple: false, requeue: true })),
    ];
    assert_eq!(frames_in(&out), expected);
}

#[test]
fn names_and_headers_that_do_not_fit_are_refused() {
    let refused = |properties: Properties, limit| {
        write_properties(&mut Vec::new(), &properties, limit).map_err(|error| error.to_string()).err()
    };
    let long = Properties { app_id: Some("x".repeat(256).into()), ..Properties::default() };
    assert_eq!(refused(long, 100).as_deref(), Some("the application id is longer than AMQP's 255 bytes"));
    let headers = |headers| Properties { headers: Some(headers), ..Properties::default() };
    let wide = headers(Headers::from_iter([("trace", "x".repeat(5_000))]));
    assert_eq!(
        refused(wide, max_header_bytes(8_000)).as_deref(),
        Some("the headers have more than the 4928 bytes that fit into a frame")
    );
    for float in [f64::NAN, f64::INFINITY] {
        let endless = headers(Headers::from_iter([("ratio", float)]));
        assert_eq!(refused(endless, 100).as_deref(), Some("a header is a number that is not finite"));
    }
    let (mut out, long) = (FrameBuffer::default(), "x".repeat(256));
    out.bytes.extend_from_slice(b"before");
    let bad = Properties { kind: Some(long.clone().into()), ..Properties::default() };
    let good = Properties::default();
    for (routing_key, properties) in [(long.as_str(), &good), ("key", &bad)] {
        let properties = PropertySource::Plain(properties);
        let message = Message {
            exchange: "",
            routing_key,
            mandatory: false,
            properties,
            body: BodySource::Copied(b""),
        };
        assert!(write_message(&mut out, 1, 4096, &message).is_err());
        assert_eq!(out.to_vec(), b"before");
    }
}
