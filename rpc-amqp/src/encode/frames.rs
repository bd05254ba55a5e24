//! Writes the frames of a message, and those that settle deliveries.

use super::{
    EncodeError,
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

/// About what a message has besides its body.
const TYPICAL_BYTES: usize = 256;

/// A message to publish.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'a> {
    pub(crate) exchange: &'a str,
    pub(crate) routing_key: &'a str,
    /// The broker returns it when it reaches no queue.
    pub(crate) mandatory: bool,
    pub(crate) properties: PropertySource<'a>,
    pub(crate) body: &'a [u8],
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
    out: &mut Vec<u8>,
    channel: u16,
    frame_max: usize,
    message: &Message<'_>,
) -> Result<(), EncodeError> {
    check_short("exchange", message.exchange)?;
    check_short("routing key", message.routing_key)?;
    let Message { exchange, routing_key, mandatory, properties, body } = *message;
    let start = out.len();
    out.reserve(TYPICAL_BYTES + body.len());
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
    for part in body.chunks(frame_max.saturating_sub(FRAME_OVERHEAD).max(1)) {
        write_frame(out, BODY, channel, |out| out.extend_from_slice(part));
    }
    Ok(())
}

/// Appends `basic.ack`.
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
    let size = u32::try_from(out.len() - start).expect("a frame is smaller than 4 GiB: frame_max bounds it");
    out[start - 4..start].copy_from_slice(&size.to_be_bytes());
    out.push(FRAME_END);
}
