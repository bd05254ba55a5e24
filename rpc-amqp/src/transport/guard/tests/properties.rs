//! Property tests of the guard: any bytes, split into any pieces.

use amq_protocol::{
    frame::{AMQPContentHeader, AMQPFrame, parse_frame},
    protocol::{AMQPClass, BasicProperties, basic},
    types::{AMQPValue, FieldTable},
};
use proptest::{collection::vec, prelude::*};

use super::passage::{LIMIT, bytes_of, content, deliver, delivery_with, frames_in, pass};

fn value() -> impl Strategy<Value = AMQPValue> {
    let leaf = prop_oneof![
        Just(AMQPValue::Void),
        any::<bool>().prop_map(AMQPValue::Boolean),
        any::<i8>().prop_map(AMQPValue::ShortShortInt),
        any::<u16>().prop_map(AMQPValue::ShortUInt),
        any::<u32>().prop_map(AMQPValue::LongUInt),
        any::<i64>().prop_map(AMQPValue::LongLongInt),
        (-1e9..1e9).prop_map(AMQPValue::Double),
        vec(any::<u8>(), 0..20).prop_map(|bytes| AMQPValue::LongString(bytes.into())),
        any::<u64>().prop_map(AMQPValue::Timestamp),
    ];
    leaf.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(|values| AMQPValue::FieldArray(values.into())),
            vec(("[a-zé]{0,4}", inner), 0..3).prop_map(|entries| {
                let mut table = FieldTable::default();
                for (name, value) in entries {
                    table.insert(name.into(), value);
                }
                AMQPValue::FieldTable(table)
            }),
        ]
    })
}

fn valid_properties() -> impl Strategy<Value = BasicProperties> {
    let text = || proptest::option::of("[a-zü0-9]{0,12}");
    (text(), text(), text(), proptest::option::of(value()), any::<Option<u8>>(), any::<Option<u64>>())
        .prop_map(|(id, reply_to, kind, header, priority, timestamp)| {
            let mut properties = BasicProperties::default();
            if let Some(id) = id {
                properties = properties.with_correlation_id(id.into());
            }
            if let Some(reply_to) = reply_to {
                properties = properties.with_reply_to(reply_to.into());
            }
            if let Some(kind) = kind {
                properties = properties.with_type(kind.into());
            }
            if let Some(header) = header {
                let mut headers = FieldTable::default();
                headers.insert("header".into(), header);
                properties = properties.with_headers(headers);
            }
            if let Some(priority) = priority {
                properties = properties.with_priority(priority);
            }
            if let Some(timestamp) = timestamp {
                properties = properties.with_timestamp(timestamp);
            }
            properties
        })
}

fn valid_frames() -> impl Strategy<Value = Vec<AMQPFrame>> {
    let message = (1..4u16, any::<u64>(), valid_properties(), vec(any::<u8>(), 0..=LIMIT))
        .prop_map(|(channel, tag, properties, body)| content(channel, tag, properties, &body));
    let ack = any::<u64>().prop_map(|delivery_tag| {
        let ack = basic::Ack { delivery_tag, multiple: true };
        vec![AMQPFrame::Method(1, AMQPClass::Basic(basic::AMQPMethod::Ack(ack)))]
    });
    let any = prop_oneof![4 => message, 1 => ack, 1 => Just(vec![AMQPFrame::Heartbeat])];
    vec(any, 0..6).prop_map(|frames| frames.concat())
}

/// Flags and values: valid ones, valid ones with a few changed bytes, and random bytes.
fn any_properties() -> impl Strategy<Value = Vec<u8>> {
    let written = valid_properties().prop_map(|properties| {
        let header = AMQPContentHeader { class_id: 60, body_size: 0, properties };
        let frame = bytes_of(&[AMQPFrame::Header(1, header)]);
        frame[7 + 12..frame.len() - 1].to_vec()
    });
    let spoiled =
        (written, vec((any::<prop::sample::Index>(), any::<u8>()), 0..4)).prop_map(|(mut bytes, changes)| {
            for (place, byte) in changes {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            bytes
        });
    prop_oneof![vec(any::<u8>(), 2..60), spoiled]
}

fn pieces() -> impl Strategy<Value = Vec<usize>> {
    vec(1..200usize, 1..8)
}

proptest! {
    #[test]
    fn valid_frames_pass_unchanged(
        frames in valid_frames(), pieces in pieces(), read_size in 1..300usize,
    ) {
        let bytes = bytes_of(&frames);
        let (passed, findings) = pass(&bytes, &pieces, read_size);
        prop_assert_eq!(passed.unwrap(), bytes);
        prop_assert!(findings.is_empty());
    }

    #[test]
    fn whatever_the_properties_are_lapin_can_parse_what_passes(
        properties in any_properties(), pieces in pieces(), read_size in 1..300usize,
    ) {
        let bytes = delivery_with(&properties);
        let (passed, findings) = pass(&bytes, &pieces, read_size);
        let passed = passed.unwrap();
        let frames = frames_in(&passed);
        prop_assert_eq!(frames.len(), 2);
        if let AMQPFrame::Header(_, header) = &frames[1] {
            // Converting them must not panic.
            let _ = crate::convert::from_lapin(&header.properties);
        }
        // The guard refuses exactly the properties that the parser cannot read.
        prop_assert_eq!(findings.take_refusal(1, 7).is_some(), passed != bytes);
        let parsed = parse_frame(&bytes[bytes_of(&[deliver(1, 7)]).len()..]);
        prop_assert_eq!(parsed.is_ok(), passed == bytes);
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        head in valid_frames(), bytes: Vec<u8>, cut: prop::sample::Index,
        pieces in pieces(), read_size in 1..300usize,
    ) {
        let mut all = bytes_of(&head);
        all.truncate(cut.index(all.len() + 1));
        all.extend_from_slice(&bytes);
        let _ = pass(&all, &pieces, read_size);
        let _ = pass(&bytes, &pieces, read_size);
    }

    #[test]
    fn a_spoiled_byte_never_panics_and_never_loops(
        frames in valid_frames(), place: prop::sample::Index, byte: u8, pieces in pieces(),
    ) {
        let mut bytes = bytes_of(&frames);
        if !bytes.is_empty() {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _ = pass(&bytes, &pieces, 100);
    }
}
