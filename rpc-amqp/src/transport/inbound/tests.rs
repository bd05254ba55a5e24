//! The parser with frames split at any position.

mod channels;
mod passage;
mod properties;
mod server_properties;

use std::io;

use amq_protocol::{
    frame::{AMQPContentHeader, AMQPFrame},
    protocol::{AMQPClass, BasicProperties, basic, connection},
    types::{AMQPValue, FieldTable},
};

use self::passage::{
    LIMIT, addressed, basic_method, bytes_of, content, deliver, delivery_with, frames_in, nested, pass,
};
use crate::message::{Headers, Properties, Refusal};

fn readable() -> Properties {
    Properties {
        correlation_id: Some("id".into()),
        reply_to: Some("replies".into()),
        ..Properties::default()
    }
}

#[test]
fn headers_nested_too_deep_are_left_out_and_other_properties_stay() {
    for (levels, refused) in [(31, None), (32, Some(Refusal::TooDeep)), (100, Some(Refusal::TooDeep))] {
        let delivered = pass(&bytes_of(&content(1, 7, nested(levels), b"")), &[1]).delivery();
        assert_eq!(delivered.properties.headers.is_none(), refused.is_some(), "{levels}");
        assert_eq!(Properties { headers: None, ..delivered.properties }, readable());
        assert_eq!(delivered.refusal, refused, "{levels}");
    }
}

#[test]
fn of_unreadable_headers_the_one_about_an_earlier_death_stays() {
    let entry = |name: &[u8], value: &[u8]| [&[u8::try_from(name.len()).unwrap()], name, value].concat();
    let text = |text: &[u8]| [b"S", &u32::try_from(text.len()).unwrap().to_be_bytes()[..], text].concat();
    let death = |value: &[u8]| entry(b"x-first-death-reason", value);
    let bad = entry(b"\xff\xfe", b"V");
    for (headers, kept) in [
        ([bad.clone(), death(&text(b"expired"))].concat(), Some("expired")),
        ([death(&text(b"expired")), bad.clone()].concat(), Some("expired")),
        ([bad.clone(), death(&text(b"\xff"))].concat(), None),
        ([bad.clone(), death(b"V")].concat(), None),
        ([bad.clone(), death(b"S\0\0\0\x09expired")].concat(), None),
        (bad.clone(), None),
    ] {
        let mut properties = vec![0b0010_0100, 0];
        properties.extend_from_slice(&u32::try_from(headers.len()).unwrap().to_be_bytes());
        properties.extend_from_slice(&headers);
        properties.extend_from_slice(b"\x02id");
        let delivered = pass(&delivery_with(&properties), &[1000]).delivery();
        let expected = Properties {
            correlation_id: Some("id".into()),
            headers: kept.map(|reason| Headers::from_iter([("x-first-death-reason", reason)])),
            ..Properties::default()
        };
        assert_eq!(delivered.properties, expected, "{headers:?}");
        assert_eq!(delivered.refusal, Some(Refusal::NotUtf8));
    }
}

#[test]
fn the_deepest_headers_that_fit_into_a_frame_are_harmless() {
    let mut list = Vec::new();
    for level in (0..20_000u32).rev() {
        // A list in a list: its type and its length.
        list.push(b'A');
        list.extend_from_slice(&(5 * (19_999 - level)).to_be_bytes());
    }
    let mut properties = vec![0b0010_0100, 0];
    // Outermost first.
    let value: Vec<u8> = list.chunks(5).rev().flatten().copied().collect();
    properties.extend_from_slice(&u32::try_from(value.len() + 5).unwrap().to_be_bytes());
    properties.extend_from_slice(b"\x04deep");
    properties.extend_from_slice(&value);
    properties.extend_from_slice(b"\x02id");
    let delivered = pass(&delivery_with(&properties), &[5000]).delivery();
    let expected = Properties { correlation_id: Some("id".into()), ..Properties::default() };
    assert_eq!(delivered.properties, expected);
    assert_eq!(delivered.refusal, Some(Refusal::TooDeep));
}

#[test]
fn a_correlation_id_that_is_not_utf8_takes_the_reply_address_with_it() {
    let mut properties = vec![0b0000_0110, 0b0010_0000];
    properties.extend_from_slice(b"\x02\xff\xfe\x07replies\x03fib");
    let expected = Properties { kind: Some("fib".into()), ..Properties::default() };
    let delivered = pass(&delivery_with(&properties), &[1000]).delivery();
    assert_eq!((delivered.properties, delivered.refusal), (expected.clone(), Some(Refusal::NotUtf8)));

    properties[0] = 0b0000_0010;
    properties.splice(2..5, []);
    properties[3] = 0xff;
    let delivered = pass(&delivery_with(&properties), &[1000]).delivery();
    assert_eq!((delivered.properties, delivered.refusal), (expected, Some(Refusal::NotUtf8)));
}

#[test]
fn a_routing_key_that_is_not_utf8_is_repaired_and_refused() {
    let mut bytes = bytes_of(&content(1, 7, addressed(), b""));
    let key = bytes.windows(3).position(|window| window == b"fib").unwrap();
    bytes[key] = 0xff;
    let delivered = pass(&bytes, &[3]).delivery();
    assert_eq!((delivered.routing_key.as_str(), delivered.refusal), ("?ib.compute", Some(Refusal::NotUtf8)));
}

#[test]
fn a_body_above_the_limit_is_discarded_and_the_next_message_is_whole() {
    let other = content(2, 1, addressed(), b"other");
    let mut frames = content(1, 7, addressed(), &[0; LIMIT + 1]);
    // Frames of another channel come in between.
    for (at, frame) in other.iter().enumerate() {
        frames.insert(3 + 2 * at, frame.clone());
    }
    frames.extend(content(1, 8, addressed(), &[1; LIMIT]));
    for pieces in [1, 7, 64, 100_000] {
        let mut parsed = pass(&bytes_of(&frames), &[pieces]);
        let [large, next] = <[_; 2]>::try_from(parsed.deliveries(1)).expect("both are delivered");
        let too_large = Refusal::TooLarge { size: LIMIT as u64 + 1, limit: LIMIT };
        assert_eq!((large.tag, large.body.len(), large.refusal), (7, 0, Some(too_large)), "{pieces}");
        assert_eq!((next.tag, &next.body[..], next.refusal), (8, &[1; LIMIT][..], None), "{pieces}");
        assert_eq!(parsed.deliveries(2)[0].body, "other");
    }
}

#[test]
fn a_returned_message_goes_to_its_call_and_not_to_lapin() {
    let back = basic::Return {
        reply_code: 312,
        reply_text: "NO_ROUTE".into(),
        exchange: "amqp-rpc".into(),
        routing_key: "fib.compute".into(),
    };
    let mut frames = content(3, 0, addressed(), &[0; 3000]);
    frames[0] = basic_method(3, basic::AMQPMethod::Return(back));
    frames.extend(content(3, 1, addressed(), b"next"));
    for pieces in [1, 30, 100_000] {
        let mut parsed = pass(&bytes_of(&frames), &[pieces]);
        assert_eq!(parsed.deliveries(3)[0].body, "next");
        assert!(parsed.for_lapin.is_empty());
        assert_eq!(parsed.findings.take_returned(), ["id"]);
        assert!(parsed.findings.take_returned().is_empty());
    }
    for frame in &mut frames {
        if let AMQPFrame::Header(_, header) = frame {
            header.properties = BasicProperties::default();
        }
    }
    let parsed = pass(&bytes_of(&frames), &[100_000]);
    assert_eq!(parsed.findings.take_returned(), [""], "a message without an id is recorded as well");
}

#[test]
fn a_message_that_is_in_a_queue_when_lapin_asks_for_one_is_none_for_it() {
    let get_ok = basic::GetOk {
        delivery_tag: 1,
        redelivered: false,
        exchange: "".into(),
        routing_key: "".into(),
        message_count: 0,
    };
    let mut frames = content(1, 0, addressed(), &[0; 3000]);
    frames[0] = basic_method(1, basic::AMQPMethod::GetOk(get_ok));
    frames.extend(content(1, 1, addressed(), b"next"));
    for pieces in [1, 30, 100_000] {
        let mut parsed = pass(&bytes_of(&frames), &[pieces]);
        assert_eq!(parsed.delivery().body, "next");
        let empty = basic::AMQPMethod::GetEmpty(basic::GetEmpty {});
        assert_eq!(frames_in(&parsed.for_lapin), [basic_method(1, empty)]);
    }
}

#[test]
fn bytes_that_violate_amqp_end_the_connection() {
    let start = |levels| {
        let mut server_properties = FieldTable::default();
        server_properties
            .insert("deep".into(), AMQPValue::FieldTable(nested(levels).headers().clone().unwrap()));
        let start = connection::Start {
            version_major: 0,
            version_minor: 9,
            server_properties,
            mechanisms: "PLAIN".into(),
            locales: "en_US".into(),
        };
        bytes_of(&[method(connection::AMQPMethod::Start(start))])
    };
    assert!(pass(&start(3), &[10]).error.is_none());
    let message = bytes_of(&content(1, 7, addressed(), b"body"));
    let deliver_length = bytes_of(&[deliver(1, 7)]).len();
    let spoiled_end = |frames: &[AMQPFrame]| {
        let mut bytes = bytes_of(frames);
        *bytes.last_mut().unwrap() = 0;
        bytes
    };
    let announced = |body_size| {
        let header = AMQPContentHeader { class_id: 60, body_size, properties: addressed() };
        let body = AMQPFrame::Body(1, vec![0; 5]);
        bytes_of(&[deliver(1, 7), AMQPFrame::Header(1, header), body])
    };
    for (what, bytes) in [
        ("a deep table in connection.start", start(100)),
        ("another protocol", b"HTTP/1.1 400 Bad Request\r\n".to_vec()),
        ("a frame larger than agreed", vec![3, 0, 1, 0, 2, 0, 0, 0]),
        ("a header without a delivery", message[deliver_length..].to_vec()),
        ("a header without flags", delivery_with(&[0])),
        ("a body without a delivery", bytes_of(&[AMQPFrame::Body(1, vec![0; 5])])),
        ("a body without a header", bytes_of(&[deliver(1, 7), AMQPFrame::Body(1, vec![0; 5])])),
        ("more body than announced", announced(4)),
        ("a wrong end of a method", spoiled_end(&[deliver(1, 7)])),
        ("a wrong end of a body", spoiled_end(&content(1, 7, addressed(), b"body"))),
    ] {
        for pieces in [1, 10, 1000] {
            let error = pass(&bytes, &[pieces]).error.expect(what);
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{what}");
        }
    }
}

fn method(method: connection::AMQPMethod) -> AMQPFrame {
    AMQPFrame::Method(0, AMQPClass::Connection(method))
}
