//! Messages to the same address that share a message until they are written.

#[cfg(test)]
mod tests;

use std::mem;

use smol_str::SmolStr;

use crate::{
    encode::{
        BodySource, COALESCED, EncodeError, FrameBuffer, MAX_COALESCED_BYTES, Message, PropertySource,
        check_short, first_part, max_header_bytes, write_message, write_part, write_properties,
        write_with_header,
    },
    limits::MAX_SHORT_STRING_BYTES,
    message::{Headers, Properties},
    transport::inbound::{Repeated, decode_properties},
};

/// The header of replies that says how many calls a client may send in one message.
pub const CALLS_PER_MESSAGE: &str = "calls-per-message";
/// Adds the header [`CALLS_PER_MESSAGE`].
pub fn announce(properties: &mut Properties, calls: u16) {
    properties.headers.get_or_insert_default().insert(CALLS_PER_MESSAGE, i64::from(calls));
}

/// What precedes the correlation id of a coalesced request: the rest is that of its first part.
pub const COALESCED_ID_PREFIX: &str = "coalesced:";

/// The most messages that are kept open for others. Each message to another address looks through them.
const MAX_OPEN: usize = 16;
/// Messages whose remaining times differ by more than this part of the shortest one do not share a message: it expires
/// with the last of them.
const EXPIRATION_PARTS: u64 = 8;
/// A larger body gains nothing by sharing a message.
const MAX_SHARED_BODY: usize = 8 * 1024;
/// The size that a buffer of parts begins with, and that it is kept with for the next message.
const PART_BYTES: usize = 4 * 1024;

/// A message that may share another one with messages to the same address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a> {
    pub(crate) exchange: &'a str,
    pub(crate) routing_key: &'a str,
    pub(crate) mandatory: bool,
    pub(crate) properties: &'a Properties,
    pub(crate) body: &'a [u8],
    pub(crate) sharing: Sharing,
}

/// How a message may share another one.
#[derive(Clone, Copy, Debug)]
pub struct Sharing {
    /// The most messages that share one, this one included.
    pub max_parts: usize,
    /// The milliseconds until it expires, as in its properties. Messages with much longer and with shorter ones share
    /// none.
    pub expiration: Option<u64>,
    /// What its receiver is told in the header [`CALLS_PER_MESSAGE`]. Those with others share no message.
    pub calls_per_message: Option<u16>,
    /// Identifies it among those that were queued before.
    pub number: u64,
}

/// Messages that still take parts.
#[derive(Debug, Default)]
pub(super) struct Coalescing {
    open: Vec<OpenMessage>,
    /// A buffer for the parts of the next message.
    spare: Vec<u8>,
}

#[derive(Debug)]
struct OpenMessage {
    channel: u16,
    exchange: SmolStr,
    routing_key: SmolStr,
    mandatory: bool,
    priority: Option<u8>,
    sharing: Sharing,
    shortest_expiration: Option<u64>,
    longest_expiration: Option<u64>,
    count: usize,
    parts: Vec<u8>,
}

impl OpenMessage {
    fn takes(&self, channel: u16, part: &Part<'_>) -> bool {
        self.channel == channel
            && self.mandatory == part.mandatory
            && self.priority == part.properties.priority
            && self.sharing.calls_per_message == part.sharing.calls_per_message
            && expire_together(self.shortest_expiration, part.sharing.expiration)
            && expire_together(self.longest_expiration, part.sharing.expiration)
            && self.routing_key == part.routing_key
            && self.exchange == part.exchange
    }

    fn is_full_for(&self, part: &Part<'_>) -> bool {
        self.count >= self.sharing.max_parts.min(part.sharing.max_parts)
    }

    /// Writes the message: a single part as the message that it is.
    fn write(&self, frames: &mut FrameBuffer, frame_max: usize) {
        let (first, body) = first_part(&self.parts);
        let (mut properties, mut message_body) = (Vec::with_capacity(first.len() + 64), body);
        if self.count > 1 {
            let of_message = self.of_message(first);
            write_properties(&mut properties, &of_message, usize::MAX)
                .expect("its texts are those of a part, or have their length checked");
            message_body = &self.parts;
        } else if let Some(calls) = self.sharing.calls_per_message {
            write_with_header(&mut properties, first, CALLS_PER_MESSAGE, calls.into());
        } else {
            properties.extend_from_slice(first);
        }
        let message = Message {
            exchange: &self.exchange,
            routing_key: &self.routing_key,
            mandatory: self.mandatory,
            properties: PropertySource::Encoded(&properties),
            body: BodySource::Copied(message_body),
        };
        write_message(frames, self.channel, frame_max, &message).expect("its names were checked");
    }

    /// The properties of the message: those of its first part that all parts have in common.
    fn of_message(&self, first: &[u8]) -> Properties {
        let (first, _) = decode_properties(first, &mut Repeated::default());
        let id = first.correlation_id.filter(|_| first.reply_to.is_some());
        let id = id.map(|id| SmolStr::new(format!("{COALESCED_ID_PREFIX}{id}")));
        let calls = self.sharing.calls_per_message;
        let headers = calls.map(|calls| Headers::from_iter([(CALLS_PER_MESSAGE, i64::from(calls))]));
        // Of replies it says nothing of all.
        let is_request = first.reply_to.is_some();
        Properties {
            content_type: Some(SmolStr::new_static(COALESCED)),
            content_encoding: None,
            headers,
            correlation_id: id.filter(|id| id.len() <= MAX_SHORT_STRING_BYTES),
            expiration: self.longest_expiration.map(|expiration| SmolStr::new(expiration.to_string())),
            message_id: None,
            kind: first.kind.filter(|_| is_request),
            timestamp: first.timestamp.filter(|_| is_request),
            ..first
        }
    }
}

/// Returns whether one message may expire for both.
fn expire_together(first: Option<u64>, second: Option<u64>) -> bool {
    match (first, second) {
        (Some(first), Some(second)) => first.abs_diff(second) <= first.min(second) / EXPIRATION_PARTS,
        (None, None) => true,
        _ => false,
    }
}

impl Coalescing {
    /// How many bytes wait in it.
    pub(super) fn len(&self) -> usize {
        self.open.iter().map(|message| message.parts.len()).sum::<usize>()
    }

    /// Adds a message. Returns the number of the first one that it shares a message with: its own if there is none.
    pub(super) fn add(
        &mut self,
        frames: &mut FrameBuffer,
        channel: u16,
        frame_max: usize,
        part: &Part<'_>,
    ) -> Result<u64, EncodeError> {
        let position = match self.open.iter().position(|open| open.takes(channel, part)) {
            Some(full) if self.open[full].is_full_for(part) => {
                self.close(frames, frame_max, full);
                self.open(frames, channel, frame_max, part)?
            }
            Some(position) => position,
            None => self.open(frames, channel, frame_max, part)?,
        };
        let open = &mut self.open[position];
        let before = open.parts.len();
        let written = write_part(&mut open.parts, part.properties, max_header_bytes(frame_max), part.body);
        if let Err(error) = written {
            if open.count == 0 {
                self.open.remove(position);
            }
            return Err(error);
        }
        let position = if open.count > 0 && open.parts.len() > MAX_COALESCED_BYTES {
            let encoded = open.parts.split_off(before);
            self.close(frames, frame_max, position);
            let position = self.open(frames, channel, frame_max, part)?;
            self.open[position].parts.extend_from_slice(&encoded);
            position
        } else {
            position
        };
        let open = &mut self.open[position];
        open.count += 1;
        open.longest_expiration = open.longest_expiration.max(part.sharing.expiration);
        open.shortest_expiration = open.shortest_expiration.min(part.sharing.expiration);
        open.sharing.max_parts = open.sharing.max_parts.min(part.sharing.max_parts);
        Ok(open.sharing.number)
    }

    fn open(
        &mut self,
        frames: &mut FrameBuffer,
        channel: u16,
        frame_max: usize,
        part: &Part<'_>,
    ) -> Result<usize, EncodeError> {
        check_short("exchange", part.exchange)?;
        check_short("routing key", part.routing_key)?;
        if self.open.len() == MAX_OPEN {
            self.close(frames, frame_max, 0);
        }
        let mut parts = mem::take(&mut self.spare);
        parts.reserve(PART_BYTES);
        self.open.push(OpenMessage {
            channel,
            exchange: part.exchange.into(),
            routing_key: part.routing_key.into(),
            mandatory: part.mandatory,
            priority: part.properties.priority,
            sharing: part.sharing,
            shortest_expiration: part.sharing.expiration,
            longest_expiration: part.sharing.expiration,
            count: 0,
            parts,
        });
        Ok(self.open.len() - 1)
    }

    fn close(&mut self, frames: &mut FrameBuffer, frame_max: usize, position: usize) {
        let message = self.open.remove(position);
        message.write(frames, frame_max);
        self.spare = message.parts;
        self.spare.clear();
        self.spare.shrink_to(PART_BYTES);
    }

    /// Closes all messages.
    pub(super) fn close_all(&mut self, frames: &mut FrameBuffer, frame_max: usize) {
        while !self.open.is_empty() {
            self.close(frames, frame_max, 0);
        }
    }
}

impl Part<'_> {
    /// Returns whether it may share a message: it is small, and has no headers that the broker interprets, or none at
    /// all where one is added to what is encoded.
    pub(crate) fn may_share(&self) -> bool {
        let headers = self.properties.headers.as_ref();
        self.sharing.max_parts > 1
            && self.body.len() <= MAX_SHARED_BODY
            && headers.is_none_or(|headers| {
                let is_added = self.sharing.calls_per_message.is_some();
                !is_added && !headers.iter().any(|(name, _)| is_of_broker(name))
            })
    }
}

/// Returns whether a broker, or a plugin of it, may act on a header of this name: additional routing keys, delays,
/// and what it removes as a duplicate.
fn is_of_broker(name: &str) -> bool {
    name.starts_with("x-") || name == "CC" || name == "BCC"
}
