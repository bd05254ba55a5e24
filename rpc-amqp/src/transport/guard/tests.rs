//! The guard with frames split at any position: valid frames pass unchanged, others pass so that lapin's
//! parser accepts them.

mod passage;
mod properties;
mod server_properties;

use std::io;

use amq_protocol::{
    frame::AMQPFrame,
    protocol::{AMQPClass, BasicProperties, basic, channel, connection},
    types::{AMQPValue, FieldTable},
};

use self::passage::{
    HEARTBEAT, LIMIT, addressed, bytes_of, content, deliver, delivery_with, frames_in, nested, only_header,
    pass,
};
use crate::{error::BrokerError, message::Refusal};

#[test]
fn headers_nested_too_deep_are_removed_and_other_properties_stay() {
    for (levels, refused) in [(31, None), (32, Some(Refusal::TooDeep)), (100, Some(Refusal::TooDeep))] {
        let bytes = bytes_of(&content(1, 7, nested(levels), b""));
        let (passed, findings) = pass(&bytes, &[1], 50);
        let frames = frames_in(&passed.unwrap());
        let properties = &only_header(&frames).properties;
        assert_eq!(properties.headers().is_none(), refused.is_some(), "{levels}");
        assert_eq!(properties.correlation_id(), addressed().correlation_id());
        assert_eq!(properties.reply_to(), addressed().reply_to());
        assert_eq!(findings.take_refusal(1, 7), refused, "{levels}");
        assert_eq!(findings.take_refusal(1, 7), None);
    }
}

#[test]
fn of_removed_headers_the_one_about_an_earlier_death_stays() {
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
        let (passed, findings) = pass(&delivery_with(&properties), &[1000], 1000);
        let frames = frames_in(&passed.unwrap());
        let mut expected = BasicProperties::default().with_correlation_id("id".into());
        if let Some(reason) = kept {
            let mut headers = FieldTable::default();
            headers.insert("x-first-death-reason".into(), AMQPValue::LongString(reason.into()));
            expected = expected.with_headers(headers);
        }
        assert_eq!(only_header(&frames).properties, expected, "{headers:?}");
        assert_eq!(findings.take_refusal(1, 7), Some(Refusal::NotUtf8));
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
    let (passed, findings) = pass(&delivery_with(&properties), &[5000], 100);
    let frames = frames_in(&passed.unwrap());
    let id = BasicProperties::default().with_correlation_id("id".into());
    assert_eq!(only_header(&frames).properties, id);
    assert_eq!(findings.take_refusal(1, 7), Some(Refusal::TooDeep));
}

#[test]
fn a_correlation_id_that_is_not_utf8_takes_the_reply_address_with_it() {
    let mut properties = vec![0b0000_0110, 0b0010_0000];
    properties.extend_from_slice(b"\x02\xff\xfe\x07replies\x03fib");
    let (passed, findings) = pass(&delivery_with(&properties), &[1000], 1000);
    let frames = frames_in(&passed.unwrap());
    assert_eq!(only_header(&frames).properties, BasicProperties::default().with_type("fib".into()));
    assert_eq!(findings.take_refusal(1, 7), Some(Refusal::NotUtf8));

    properties[0] = 0b0000_0010;
    properties.splice(2..5, []);
    properties[3] = 0xff;
    let (passed, findings) = pass(&delivery_with(&properties), &[1000], 1000);
    let frames = frames_in(&passed.unwrap());
    assert_eq!(only_header(&frames).properties, BasicProperties::default().with_type("fib".into()));
    assert_eq!(findings.take_refusal(1, 7), Some(Refusal::NotUtf8));
}

#[test]
fn a_routing_key_that_is_not_utf8_is_repaired_and_refused() {
    let mut bytes = bytes_of(&content(1, 7, addressed(), b""));
    let key = bytes.windows(3).position(|window| window == b"fib").unwrap();
    bytes[key] = 0xff;
    let (passed, findings) = pass(&bytes, &[3], 1000);
    match &frames_in(&passed.unwrap())[0] {
        AMQPFrame::Method(1, AMQPClass::Basic(basic::AMQPMethod::Deliver(deliver))) => {
            assert_eq!(deliver.routing_key.as_str(), "?ib.compute");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(findings.take_refusal(1, 7), Some(Refusal::NotUtf8));
}

#[test]
fn a_body_above_the_limit_is_discarded_and_the_next_message_is_whole() {
    let next = content(1, 8, addressed(), &[1; LIMIT]);
    let other = content(2, 1, addressed(), b"other");
    let mut frames = content(1, 7, addressed(), &[0; LIMIT + 1]);
    // Frames of another channel come in between.
    for (at, frame) in other.iter().enumerate() {
        frames.insert(3 + 2 * at, frame.clone());
    }
    frames.extend(next.clone());
    for pieces in [1, 7, 64, 100_000] {
        let (passed, findings) = pass(&bytes_of(&frames), &[pieces], 333);
        let mut passed = frames_in(&passed.unwrap());
        passed.retain(|frame| *frame != AMQPFrame::Heartbeat);
        assert_eq!(passed[..2], content(1, 7, addressed(), b""), "{pieces}");
        assert_eq!(passed[2..5], other, "{pieces}");
        assert_eq!(passed[5..], next, "{pieces}");
        let large = Refusal::TooLarge { size: LIMIT as u64 + 1, limit: LIMIT };
        assert_eq!(findings.take_refusal(1, 7), Some(large));
        assert_eq!(findings.take_refusal(1, 8), None);
    }
}

#[test]
fn a_discarded_body_passes_as_a_heartbeat() {
    let frames = content(1, 7, addressed(), &[0; 20 * LIMIT]);
    let bytes = bytes_of(&frames);
    let header = bytes_of(&frames[..2]).len();
    let (passed, _) = pass(&bytes, &[header, 5000], 1000);
    assert!(passed.unwrap()[header..].starts_with(HEARTBEAT));
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
    frames[0] = AMQPFrame::Method(3, AMQPClass::Basic(basic::AMQPMethod::Return(back)));
    let next = content(3, 1, addressed(), b"next");
    frames.extend(next.clone());
    for pieces in [1, 30, 100_000] {
        let (passed, findings) = pass(&bytes_of(&frames), &[pieces], 1000);
        let mut passed = frames_in(&passed.unwrap());
        passed.retain(|frame| *frame != AMQPFrame::Heartbeat);
        assert_eq!(passed, next);
        assert_eq!(findings.take_returned(), ["id"]);
        assert!(findings.take_returned().is_empty());
    }
    for frame in &mut frames {
        if let AMQPFrame::Header(_, header) = frame {
            header.properties = BasicProperties::default();
        }
    }
    let (_, findings) = pass(&bytes_of(&frames), &[100_000], 1000);
    assert_eq!(findings.take_returned(), [""], "a message without an id is recorded as well");
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
        bytes_of(&[AMQPFrame::Method(0, AMQPClass::Connection(connection::AMQPMethod::Start(start)))])
    };
    assert!(pass(&start(3), &[10], 100).0.is_ok());
    let header = bytes_of(&content(1, 7, addressed(), b"body"));
    let deliver_length = bytes_of(&[deliver(1, 7)]).len();
    for (what, bytes) in [
        ("a deep table in connection.start", start(100)),
        ("another protocol", b"HTTP/1.1 400 Bad Request\r\n".to_vec()),
        ("a frame larger than agreed", vec![3, 0, 1, 0, 2, 0, 0, 0]),
        ("a header without a delivery", header[deliver_length..].to_vec()),
        ("a header without flags", delivery_with(&[0])),
        ("a wrong end", {
            let mut bytes = bytes_of(&[deliver(1, 7)]);
            *bytes.last_mut().unwrap() = 0;
            bytes
        }),
    ] {
        let error = pass(&bytes, &[10], 100).0.expect_err(what);
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{what}");
    }
}

#[test]
fn a_reopened_channel_has_no_old_findings() {
    let mut frames = content(1, 7, nested(50), b"");
    let opened = channel::AMQPMethod::OpenOk(channel::OpenOk {});
    frames.push(AMQPFrame::Method(1, AMQPClass::Channel(opened)));
    let (passed, findings) = pass(&bytes_of(&frames), &[100], 100);
    assert_eq!(frames_in(&passed.unwrap()).len(), 3);
    assert_eq!(findings.take_refusal(1, 7), None);
}

#[test]
fn a_blocked_connection_is_recorded_with_its_reason() {
    let blocked = connection::Blocked { reason: "low on memory".into() };
    let mut bytes = bytes_of(&[method(connection::AMQPMethod::Blocked(blocked))]);
    let reason = bytes.windows(6).position(|window| window == b"memory").unwrap();
    bytes[reason] = 0xff;
    let (passed, findings) = pass(&bytes, &[3], 100);
    assert_eq!(frames_in(&passed.unwrap()).len(), 1, "lapin gets it as well, and stops writing");
    assert_eq!(findings.blocked().as_deref(), Some("low on ?emory"));

    bytes.extend(bytes_of(&[method(connection::AMQPMethod::Unblocked(connection::Unblocked {}))]));
    let (passed, findings) = pass(&bytes, &[3], 100);
    assert_eq!(frames_in(&passed.unwrap()).len(), 2);
    assert_eq!(findings.blocked(), None);
}

#[test]
fn a_channel_that_is_closed_for_lack_of_disk_is_recorded_with_the_broker_s_words() {
    let close = |code, text: &str| {
        let close = channel::Close { reply_code: code, reply_text: text.into(), class_id: 60, method_id: 40 };
        AMQPFrame::Method(3, AMQPClass::Channel(channel::AMQPMethod::Close(close)))
    };
    let low = "PRECONDITION_FAILED - Server low on disk space";
    for (code, text, expected) in
        [(406, low, Some(low)), (403, low, None), (406, "PRECONDITION_FAILED", None)]
    {
        let (passed, findings) = pass(&bytes_of(&[close(code, text)]), &[5], 100);
        assert_eq!(frames_in(&passed.unwrap()).len(), 1, "lapin gets it as well");
        assert_eq!(findings.low_on_disk().map(BrokerError::message), expected);
    }
}

fn method(method: connection::AMQPMethod) -> AMQPFrame {
    AMQPFrame::Method(0, AMQPClass::Connection(method))
}
