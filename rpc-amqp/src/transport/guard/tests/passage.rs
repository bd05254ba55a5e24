//! Passes bytes through the guard, split into pieces, and parses the result as lapin does.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use amq_protocol::{
    frame::{AMQPContentHeader, AMQPFrame, WriteContext, gen_frame, parse_frame},
    protocol::{AMQPClass, BasicProperties, basic},
    types::{AMQPValue, FieldArray, FieldTable},
};
use tokio::io::{AsyncRead, ReadBuf};

use crate::transport::guard::{Findings, InspectedReader, Inspector};

pub(crate) const LIMIT: usize = 1000;
pub(crate) const HEARTBEAT: &[u8] = &[8, 0, 0, 0, 0, 0, 0, 0xCE];

/// A socket that yields its bytes in pieces of the given sizes, then ends.
struct Pieces(VecDeque<Vec<u8>>);

impl Pieces {
    fn of(mut bytes: &[u8], sizes: &[usize]) -> Self {
        let mut pieces = VecDeque::new();
        for &size in sizes.iter().cycle() {
            if bytes.is_empty() {
                break;
            }
            let (piece, rest) = bytes.split_at(size.min(bytes.len()));
            pieces.push_back(piece.to_vec());
            bytes = rest;
        }
        Self(pieces)
    }
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(mut piece) = self.0.pop_front() {
            let rest = piece.split_off(piece.len().min(into.remaining()));
            into.put_slice(&piece);
            if !rest.is_empty() {
                self.0.push_front(rest);
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// Everything that lapin reads with a buffer of `read_size` bytes, or the error that ends the connection.
pub(crate) fn pass(bytes: &[u8], pieces: &[usize], read_size: usize) -> (io::Result<Vec<u8>>, Arc<Findings>) {
    let findings = Arc::new(Findings::default());
    let inspector = Inspector::new(Arc::clone(&findings), LIMIT, 0);
    let mut guarded = InspectedReader::new(Pieces::of(bytes, pieces), inspector);
    let (mut passed, mut into) = (Vec::new(), vec![0; read_size]);
    loop {
        match guarded.poll_read(&mut Context::from_waker(Waker::noop()), &mut into) {
            Poll::Ready(Ok(0)) => return (Ok(passed), findings),
            Poll::Ready(Ok(length)) => passed.extend_from_slice(&into[..length]),
            Poll::Ready(Err(error)) => return (Err(error), findings),
            Poll::Pending => panic!("the pieces are all there"),
        }
    }
}

pub(crate) fn bytes_of(frames: &[AMQPFrame]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for frame in frames {
        bytes = gen_frame(frame)(WriteContext::from(bytes)).unwrap().into_inner().0;
    }
    bytes
}

/// Parses frames with lapin's parser.
pub(crate) fn frames_in(mut bytes: &[u8]) -> Vec<AMQPFrame> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let (rest, frame) = parse_frame(bytes).expect("the guard passes only frames that can be parsed");
        frames.push(frame);
        bytes = rest;
    }
    frames
}

pub(crate) fn deliver(channel: u16, delivery_tag: u64) -> AMQPFrame {
    let deliver = basic::Deliver {
        consumer_tag: "consumer".into(),
        delivery_tag,
        redelivered: false,
        exchange: "amqp-rpc".into(),
        routing_key: "fib.compute".into(),
    };
    AMQPFrame::Method(channel, AMQPClass::Basic(basic::AMQPMethod::Deliver(deliver)))
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

pub(crate) fn only_header(frames: &[AMQPFrame]) -> &AMQPContentHeader {
    match frames {
        [AMQPFrame::Method(..), AMQPFrame::Header(1, header)] => header,
        other => panic!("{other:?}"),
    }
}
