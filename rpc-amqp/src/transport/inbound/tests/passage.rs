//! Passes bytes through the parser, split into pieces, and parses what lapin gets as lapin does.

use std::{io, sync::Arc, time::Instant};

use amq_protocol::{
    frame::{AMQPContentHeader, AMQPFrame},
    protocol::{AMQPClass, BasicProperties, basic, channel},
    types::{AMQPValue, FieldArray, FieldTable},
};
use tokio::sync::mpsc;

pub(crate) use crate::test_frames::{bytes_of, frames_in};
use crate::{
    message::Delivered,
    transport::{
        channels::{Channels, Received},
        inbound::{Findings, Parser},
        outbound::Outbound,
    },
};

pub(crate) const LIMIT: usize = 1000;
/// The channels with a consumer `consumer`.
pub(crate) const CHANNELS: std::ops::Range<u16> = 1..4;

/// What became of the bytes of a connection.
pub(crate) struct Parsed {
    /// What lapin gets.
    pub(crate) for_lapin: Vec<u8>,
    pub(crate) findings: Arc<Findings>,
    pub(crate) channels: Arc<Channels>,
    /// What the consumers of [`CHANNELS`] got.
    received: Vec<mpsc::UnboundedReceiver<Received>>,
    /// Why the bytes violate AMQP, if they do.
    pub(crate) error: Option<io::Error>,
}

impl Parsed {
    /// What the consumer of `channel` got, until its end.
    pub(crate) fn received(&mut self, channel: u16) -> Vec<Received> {
        let receiver = &mut self.received[usize::from(channel - CHANNELS.start)];
        std::iter::from_fn(|| receiver.try_recv().ok()).collect()
    }

    pub(crate) fn deliveries(&mut self, channel: u16) -> Vec<Delivered> {
        self.received(channel).into_iter().map(|received| *received.expect("a delivery")).collect()
    }

    /// The only delivery on channel 1.
    pub(crate) fn delivery(&mut self) -> Delivered {
        let mut deliveries = self.deliveries(1);
        assert!(self.error.is_none() && deliveries.len() == 1, "{:?} {deliveries:?}", self.error);
        deliveries.remove(0)
    }
}

/// Parses bytes that arrive in pieces of the given sizes, on a connection whose channels are open.
pub(crate) fn pass(bytes: &[u8], pieces: &[usize]) -> Parsed {
    let channels = Arc::new(Channels::new(Arc::new(Outbound::default())));
    pass_on(channels, bytes, pieces)
}

pub(crate) fn pass_on(channels: Arc<Channels>, bytes: &[u8], pieces: &[usize]) -> Parsed {
    let findings = Arc::new(Findings::default());
    let mut parser = Parser::new(Arc::clone(&findings), Arc::clone(&channels), LIMIT, 0);
    let opened =
        |id| AMQPFrame::Method(id, AMQPClass::Channel(channel::AMQPMethod::OpenOk(channel::OpenOk {})));
    let mut opening = bytes_of(&CHANNELS.map(opened).collect::<Vec<_>>());
    parser.parse(&mut opening, Instant::now(), &mut Vec::new()).expect("the channels open");
    let consumer = |id| channels.get(id).expect("it is open").add_consumer("consumer");
    let received = CHANNELS.map(consumer).collect();
    let (mut buffer, mut for_lapin, mut error) = (Vec::new(), Vec::new(), None);
    let mut rest = bytes;
    for &size in pieces.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, later) = rest.split_at(size.min(rest.len()));
        rest = later;
        buffer.extend_from_slice(piece);
        match parser.parse(&mut buffer, Instant::now(), &mut for_lapin) {
            Ok(progress) => {
                buffer.drain(..progress.read);
                assert!(progress.wanted > buffer.len(), "there was enough to go on");
            }
            Err(violation) => {
                error = Some(violation);
                break;
            }
        }
    }
    Parsed { for_lapin, findings, channels, received, error }
}

pub(crate) fn basic_method(channel: u16, method: basic::AMQPMethod) -> AMQPFrame {
    AMQPFrame::Method(channel, AMQPClass::Basic(method))
}

pub(crate) fn deliver(channel: u16, delivery_tag: u64) -> AMQPFrame {
    let deliver = basic::Deliver {
        consumer_tag: "consumer".into(),
        delivery_tag,
        redelivered: false,
        exchange: "amqp-rpc".into(),
        routing_key: "fib.compute".into(),
    };
    basic_method(channel, basic::AMQPMethod::Deliver(deliver))
}

pub(crate) fn content(channel: u16, tag: u64, properties: BasicProperties, body: &[u8]) -> Vec<AMQPFrame> {
    let header = AMQPContentHeader { class_id: 60, body_size: body.len() as u64, properties };
    let mut frames = vec![deliver(channel, tag), AMQPFrame::Header(channel, header)];
    frames.extend(body.chunks(100).map(|chunk| AMQPFrame::Body(channel, chunk.to_vec())));
    frames
}

/// A delivery whose properties are these bytes, and no body.
pub(crate) fn delivery_with(properties: &[u8]) -> Vec<u8> {
    let mut bytes = bytes_of(&[deliver(1, 7)]);
    bytes.extend_from_slice(&[2, 0, 1]);
    bytes.extend_from_slice(&u32::try_from(12 + properties.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(&[0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend_from_slice(properties);
    bytes.push(0xCE);
    bytes
}

pub(crate) fn addressed() -> BasicProperties {
    BasicProperties::default().with_correlation_id("id".into()).with_reply_to("replies".into())
}

pub(crate) fn nested(levels: usize) -> BasicProperties {
    let mut value = AMQPValue::Void;
    for level in 0..levels {
        value = if level % 2 == 0 {
            let mut list = FieldArray::default();
            list.push(value);
            AMQPValue::FieldArray(list)
        } else {
            let mut table = FieldTable::default();
            table.insert("deeper".into(), value);
            AMQPValue::FieldTable(table)
        };
    }
    let mut headers = FieldTable::default();
    headers.insert("deep".into(), value);
    addressed().with_headers(headers)
}
