//! Property tests of the parser: any bytes, split into any pieces.

use amq_protocol::{
    frame::{AMQPContentHeader, AMQPFrame, parse_frame},
    protocol::{BasicProperties, basic},
    types::{AMQPValue, DecimalValue, FieldTable, ShortString},
};
use bytes::Bytes;
use proptest::{collection::vec, prelude::*};

use super::passage::{CHANNELS, LIMIT, basic_method, bytes_of, content, deliver, delivery_with, pass};
use crate::message::{HeaderValue, Headers, Properties};

/// What lapin's parser has read, as plain data.
fn plain(properties: &BasicProperties) -> Properties {
    let text = |text: &Option<ShortString>| text.as_ref().map(|text| text.as_str().into());
    let shared = |text: &Option<ShortString>| text.as_ref().map(|text| text.as_str().into());
    Properties {
        content_type: text(properties.content_type()),
        content_encoding: text(properties.content_encoding()),
        headers: properties.headers().as_ref().map(plain_table),
        delivery_mode: *properties.delivery_mode(),
        priority: *properties.priority(),
        correlation_id: text(properties.correlation_id()),
        reply_to: text(properties.reply_to()),
        expiration: text(properties.expiration()),
        message_id: text(properties.message_id()),
        timestamp: *properties.timestamp(),
        kind: text(properties.kind()),
        user_id: shared(properties.user_id()),
        app_id: shared(properties.app_id()),
    }
}

fn plain_table(table: &FieldTable) -> Headers {
    table.inner().iter().map(|(name, value)| (name.as_str(), plain_value(value))).collect()
}

fn plain_value(value: &AMQPValue) -> HeaderValue {
    match value {
        AMQPValue::Boolean(value) => HeaderValue::Bool(*value),
        AMQPValue::ShortShortInt(value) => HeaderValue::Int((*value).into()),
        AMQPValue::ShortShortUInt(value) => HeaderValue::Int((*value).into()),
        AMQPValue::ShortInt(value) => HeaderValue::Int((*value).into()),
        AMQPValue::ShortUInt(value) => HeaderValue::Int((*value).into()),
        AMQPValue::LongInt(value) => HeaderValue::Int((*value).into()),
        AMQPValue::LongUInt(value) => HeaderValue::Int((*value).into()),
        AMQPValue::LongLongInt(value) => HeaderValue::Int(*value),
        AMQPValue::Float(value) => HeaderValue::Float((*value).into()),
        AMQPValue::Double(value) => HeaderValue::Float(*value),
        AMQPValue::DecimalValue(decimal) => {
            HeaderValue::Float(f64::from(decimal.value) / 10f64.powi(decimal.scale.into()))
        }
        AMQPValue::ShortString(text) => HeaderValue::Text(text.to_string()),
        AMQPValue::LongString(text) => match std::str::from_utf8(text.as_bytes()) {
            Ok(text) => HeaderValue::Text(text.to_owned()),
            Err(_) => HeaderValue::Bytes(text.as_bytes().to_owned()),
        },
        AMQPValue::FieldArray(array) => HeaderValue::List(array.as_slice().iter().map(plain_value).collect()),
        AMQPValue::Timestamp(seconds) => HeaderValue::Timestamp(*seconds),
        AMQPValue::FieldTable(table) => HeaderValue::Table(plain_table(table)),
        AMQPValue::ByteArray(bytes) => HeaderValue::Bytes(bytes.as_slice().to_owned()),
        AMQPValue::Void => HeaderValue::Null,
    }
}

fn value() -> impl Strategy<Value = AMQPValue> {
    let leaf = prop_oneof![
        Just(AMQPValue::Void),
        any::<bool>().prop_map(AMQPValue::Boolean),
        any::<i8>().prop_map(AMQPValue::ShortShortInt),
        any::<u8>().prop_map(AMQPValue::ShortShortUInt),
        any::<i16>().prop_map(AMQPValue::ShortInt),
        any::<u16>().prop_map(AMQPValue::ShortUInt),
        any::<i32>().prop_map(AMQPValue::LongInt),
        any::<u32>().prop_map(AMQPValue::LongUInt),
        any::<i64>().prop_map(AMQPValue::LongLongInt),
        (-1e9..1e9f32).prop_map(AMQPValue::Float),
        (-1e9..1e9).prop_map(AMQPValue::Double),
        (any::<u8>(), any::<u32>())
            .prop_map(|(scale, value)| { AMQPValue::DecimalValue(DecimalValue { scale, value }) }),
        vec(any::<u8>(), 0..20).prop_map(|bytes| AMQPValue::LongString(bytes.into())),
        vec(any::<u8>(), 0..20).prop_map(|bytes| AMQPValue::ByteArray(bytes.into())),
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
    let texts = (text(), text(), text(), text(), text());
    (texts, proptest::option::of(value()), any::<Option<u8>>(), any::<Option<u64>>()).prop_map(
        |((id, reply_to, kind, user_id, cluster_id), header, priority, timestamp)| {
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
            if let Some(user_id) = user_id {
                properties = properties.with_user_id(user_id.into());
            }
            if let Some(cluster_id) = cluster_id {
                properties = properties.with_cluster_id(cluster_id.into());
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
        },
    )
}

/// Something that a broker sends, as frames: a message, or what lapin gets.
#[derive(Clone, Debug)]
enum Sent {
    Message { channel: u16, tag: u64, properties: BasicProperties, body: Vec<u8> },
    ForLapin(AMQPFrame),
}

impl Sent {
    fn frames(&self) -> Vec<AMQPFrame> {
        match self {
            Self::Message { channel, tag, properties, body } => {
                content(*channel, *tag, properties.clone(), body)
            }
            Self::ForLapin(frame) => vec![frame.clone()],
        }
    }
}

fn sent() -> impl Strategy<Value = Vec<Sent>> {
    let message = (CHANNELS, any::<u64>(), valid_properties(), vec(any::<u8>(), 0..=LIMIT))
        .prop_map(|(channel, tag, properties, body)| Sent::Message { channel, tag, properties, body });
    let qos = Sent::ForLapin(basic_method(1, basic::AMQPMethod::QosOk(basic::QosOk {})));
    let any = prop_oneof![4 => message, 1 => Just(qos), 1 => Just(Sent::ForLapin(AMQPFrame::Heartbeat))];
    vec(any, 0..6)
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
    fn messages_reach_their_consumers_and_lapin_gets_the_rest(sent in sent(), pieces in pieces()) {
        let bytes: Vec<u8> = sent.iter().flat_map(|sent| bytes_of(&sent.frames())).collect();
        let mut parsed = pass(&bytes, &pieces);
        prop_assert!(parsed.error.is_none());
        let for_lapin: Vec<u8> = sent.iter().filter(|sent| matches!(sent, Sent::ForLapin(_)))
            .flat_map(|sent| bytes_of(&sent.frames())).collect();
        prop_assert_eq!(&parsed.for_lapin, &for_lapin);
        for channel in CHANNELS {
            let mut received = parsed.deliveries(channel).into_iter();
            for sent in &sent {
                let Sent::Message { channel: of, tag, properties, body } = sent else { continue };
                if *of != channel {
                    continue;
                }
                let delivered = received.next().expect("it is delivered");
                prop_assert_eq!(delivered.tag, *tag);
                prop_assert_eq!(delivered.exchange, "amqp-rpc");
                prop_assert_eq!(delivered.routing_key, "fib.compute");
                prop_assert_eq!(delivered.properties, plain(properties));
                prop_assert_eq!(delivered.body, Bytes::copy_from_slice(body));
                prop_assert_eq!(delivered.refusal, None);
            }
            prop_assert!(received.next().is_none());
        }
    }

    /// Where another parser reads properties, ours reads the same, and elsewhere it says that some are missing.
    #[test]
    fn properties_are_read_as_by_another_parser_or_refused(
        properties in any_properties(), pieces in pieces(),
    ) {
        let bytes = delivery_with(&properties);
        let delivered = pass(&bytes, &pieces).delivery();
        match parse_frame(&bytes[bytes_of(&[deliver(1, 7)]).len()..]) {
            Ok((_, AMQPFrame::Header(_, header))) => {
                // Numbers that are none do not equal themselves.
                let expected = format!("{:?}", plain(&header.properties));
                prop_assert_eq!(format!("{:?}", delivered.properties), expected);
                prop_assert_eq!(delivered.refusal, None);
            }
            Ok((_, other)) => panic!("{other:?}"),
            Err(_) => prop_assert!(delivered.refusal.is_some()),
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        head in sent(), bytes: Vec<u8>, cut: prop::sample::Index, pieces in pieces(),
    ) {
        let mut all: Vec<u8> = head.iter().flat_map(|sent| bytes_of(&sent.frames())).collect();
        all.truncate(cut.index(all.len() + 1));
        all.extend_from_slice(&bytes);
        pass(&all, &pieces);
        pass(&bytes, &pieces);
    }

    #[test]
    fn a_spoiled_byte_never_panics_and_never_loops(
        sent in sent(), place: prop::sample::Index, byte: u8, pieces in pieces(),
    ) {
        let mut bytes: Vec<u8> = sent.iter().flat_map(|sent| bytes_of(&sent.frames())).collect();
        if !bytes.is_empty() {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        pass(&bytes, &pieces);
    }
}
