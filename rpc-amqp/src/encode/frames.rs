//! Writes the frames of a message, and those that settle deliveries.

use bytes::Bytes;

use super::{
    EncodeError, FrameBuffer,
    properties::{max_header_bytes, write_properties},
    short_string::{check_short, write_short},
};
use crate::message::Properties;

/// The types of frames.
pub(crate) const METHOD: u8 = 1;
pub(crate) const HEADER: u8 = 2;
pub(crate) const BODY: u8 = 3;
/// The byte after the payload.
pub(crate) const FRAME_END: u8 = 0xCE;
/// The bytes before the payload: type, channel and size.
pub(crate) const HEADER_BYTES: usize = 7;
/// The bytes of a frame besides its payload.
pub(crate) const FRAME_OVERHEAD: usize = HEADER_BYTES + 1;

/// The size of a frame with `basic.ack`: its class and method, the tag, and a flag.
pub(crate) const ACK_BYTES: usize = FRAME_OVERHEAD + 4 + 8 + 1;

/// About what a message has besides its body.
const TYPICAL_BYTES: usize = 256;
/// Smaller parts of a body are copied: a piece of its own in a write would cost more.
const SHARED_FROM: usize = 16 * 1024;

/// A message to publish.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'a> {
    pub(crate) exchange: &'a str,
    pub(crate) routing_key: &'a str,
    /// The broker returns it when it reaches no queue.
    pub(crate) mandatory: bool,
    pub(crate) properties: PropertySource<'a>,
    pub(crate) body: BodySource<'a>,
}

/// The body of a message to publish.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BodySource<'a> {
    Copied(&'a [u8]),
    /// Large parts of it are not copied.
    Shared(&'a Bytes),
}

impl<'a> BodySource<'a> {
    fn as_bytes(self) -> &'a [u8] {
        match self {
            Self::Copied(body) => body,
            Self::Shared(body) => body,
        }
    }

    pub(crate) fn len(self) -> usize {
        self.as_bytes().len()
    }
}

/// The properties of a message to publish.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PropertySource<'a> {
    Plain(&'a Properties),
    /// As [`write_properties`] writes them.
    Encoded(&'a [u8]),
}

/// Appends a message: the method `basic.publish`, the content header, and the body in frames of at most
/// `frame_max` bytes.
///
/// # Errors
/// When AMQP cannot carry a name or property. Then nothing is appended.
pub(crate) fn write_message(
    frames: &mut FrameBuffer,
    channel: u16,
    frame_max: usize,
    message: &Message<'_>,
) -> Result<(), EncodeError> {
    check_short("exchange", message.exchange)?;
    check_short("routing key", message.routing_key)?;
    let Message { exchange, routing_key, mandatory, properties, body } = *message;
    let out = &mut frames.bytes;
    let start = out.len();
    out.reserve(TYPICAL_BYTES + body.len().min(SHARED_FROM));
    write_frame(out, METHOD, channel, |out| {
        out.extend_from_slice(&[0, 60, 0, 40, 0, 0]);
        write_short(out, exchange);
        write_short(out, routing_key);
        out.push(mandatory.into());
    });
    let mut written = Ok(());
    write_frame(out, HEADER, channel, |out| {
        out.extend_from_slice(&[0, 60, 0, 0]);
        out.extend_from_slice(&(body.len() as u64).to_be_bytes());
        match properties {
            PropertySource::Encoded(encoded) => out.extend_from_slice(encoded),
            PropertySource::Plain(plain) => {
                written = write_properties(out, plain, max_header_bytes(frame_max));
            }
        }
    });
    if written.is_err() {
        out.truncate(start);
        return written;
    }
    write_body(frames, channel, body, frame_max.saturating_sub(FRAME_OVERHEAD).max(1));
    Ok(())
}

fn write_body(frames: &mut FrameBuffer, channel: u16, body: BodySource<'_>, max_payload: usize) {
    let [high, low] = channel.to_be_bytes();
    for part in body.as_bytes().chunks(max_payload) {
        let [a, b, c, d] = frame_size(part.len());
        frames.bytes.extend_from_slice(&[BODY, high, low, a, b, c, d]);
        match body {
            BodySource::Shared(body) if part.len() >= SHARED_FROM => frames.share(body.slice_ref(part)),
            BodySource::Shared(_) | BodySource::Copied(_) => frames.bytes.extend_from_slice(part),
        }
        frames.bytes.push(FRAME_END);
    }
}
/// Appends `basic.ack`, which has [`ACK_BYTES`].
pub(crate) fn write_ack(out: &mut Vec<u8>, channel: u16, tag: u64, multiple: bool) {
    write_settlement(out, channel, 80, tag, multiple.into());
}

/// Appends `basic.reject`.
pub(crate) fn write_reject(out: &mut Vec<u8>, channel: u16, tag: u64, requeue: bool) {
    write_settlement(out, channel, 90, tag, requeue.into());
}

/// Appends `basic.nack` of one delivery.
pub(crate) fn write_nack(out: &mut Vec<u8>, channel: u16, tag: u64, requeue: bool) {
    write_settlement(out, channel, 120, tag, u8::from(requeue) << 1);
}

fn write_settlement(out: &mut Vec<u8>, channel: u16, method: u8, tag: u64, bits: u8) {
    write_frame(out, METHOD, channel, |out| {
        out.extend_from_slice(&[0, 60, 0, method]);
        out.extend_from_slice(&tag.to_be_bytes());
        out.push(bits);
    });
}

fn write_frame(out: &mut Vec<u8>, kind: u8, channel: u16, payload: impl FnOnce(&mut Vec<u8>)) {
    let [high, low] = channel.to_be_bytes();
    out.extend_from_slice(&[kind, high, low, 0, 0, 0, 0]);
    let start = out.len();
    payload(out);
    let size = frame_size(out.len() - start);
    out[start - 4..start].copy_from_slice(&size);
    out.push(FRAME_END);
}

fn frame_size(payload: usize) -> [u8; 4] {
    u32::try_from(payload).expect("a frame is smaller than 4 GiB: frame_max bounds it").to_be_bytes()
}
