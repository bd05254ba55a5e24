//! Reads the parts of a coalesced message.

use bytes::Bytes;

use super::{fields::FieldReader, properties::decode_properties, repeated::Repeated};
use crate::{
    encode::COALESCED,
    limits::MAX_SHORT_STRING_BYTES,
    message::{Delivered, HeaderValue, Headers, Properties, Refusal},
};

/// More parts than this are not read. Our own side writes fewer.
const MAX_PARTS: usize = 1024;
/// The largest properties of all parts together: as large as a content header on most brokers.
const MAX_PROPERTIES_BYTES: usize = 128 * 1024;
/// The most deaths of a message that are read: one for each queue and reason.
const MAX_DEATHS: usize = 16;
/// Headers that brokers add begin with this. A part has those of the whole message.
const BROKER_HEADER_PREFIX: &str = "x-";

/// One of the messages in a coalesced message.
#[derive(Debug)]
pub struct Part {
    /// Its own properties. What says who has sent it, where the reply goes and how urgent it is, is that of the whole
    /// message, and so are the headers that the broker has added.
    pub properties: Properties,
    /// Its body.
    pub body: Bytes,
    /// Set when properties that cannot be read were left out.
    pub refusal: Option<Refusal>,
}

/// The parts of a coalesced message, in their order.
#[derive(Debug)]
pub struct Parts {
    message: Bytes,
    position: usize,
    left: usize,
    of_message: Properties,
    reply_addresses: Repeated,
}

impl Delivered {
    /// Returns whether other messages are in its body.
    pub fn is_coalesced(&self) -> bool {
        self.properties.content_type.as_deref() == Some(COALESCED)
    }
}

impl Parts {
    /// Reads where the parts of a coalesced message begin and end.
    ///
    /// # Errors
    /// `Malformed` when the message has no parts, too many, too large properties, or other bytes.
    pub fn read(message: &Delivered) -> Result<Self, Refusal> {
        let mut reader = FieldReader(&message.body);
        let (mut left, mut properties_bytes) = (0, 0);
        while !reader.0.is_empty() {
            properties_bytes += reader.long_bytes()?.len();
            reader.long_bytes()?;
            left += 1;
            if left > MAX_PARTS || properties_bytes > MAX_PROPERTIES_BYTES {
                return Err(Refusal::Malformed);
            }
        }
        if left == 0 {
            return Err(Refusal::Malformed);
        }
        let mut of_message = message.properties.clone();
        let headers = of_message.headers.take().unwrap_or_default().into_iter();
        let of_broker: Headers = headers
            .filter_map(|(name, value)| read_of_broker(&name, value).map(|value| (name, value)))
            .collect();
        of_message.headers = (!of_broker.is_empty()).then_some(of_broker);
        let message = message.body.clone();
        Ok(Self { message, position: 0, left, of_message, reply_addresses: Repeated::default() })
    }

    /// The bytes of the next field that has its length in front, as a part of the message.
    fn next_field(&mut self) -> Bytes {
        let mut reader = FieldReader(&self.message[self.position..]);
        let length = reader.long_bytes().expect("the lengths were read before").len();
        let start = self.position + 4;
        self.position = start + length;
        self.message.slice(start..self.position)
    }
}

/// What is read of a header that the broker has added, where it has the type that brokers write: each part gets a copy,
/// and the sender may have added others, of any size.
fn read_of_broker(name: &str, value: HeaderValue) -> Option<HeaderValue> {
    match (name, value) {
        ("x-delivery-count", count @ HeaderValue::Int(_)) => Some(count),
        ("x-first-death-reason", HeaderValue::Text(reason)) => short(reason),
        ("x-death", HeaderValue::List(deaths)) => {
            Some(HeaderValue::List(deaths.into_iter().take(MAX_DEATHS).filter_map(death).collect()))
        }
        _ => None,
    }
}

/// Where and why a message was dead-lettered.
fn death(death: HeaderValue) -> Option<HeaderValue> {
    let HeaderValue::Table(death) = death else { return None };
    let fields = death.into_iter().filter_map(|(name, value)| match (&*name, value) {
        ("queue" | "reason", HeaderValue::Text(text)) => short(text).map(|text| (name, text)),
        _ => None,
    });
    Some(HeaderValue::Table(fields.collect()))
}

fn short(text: String) -> Option<HeaderValue> {
    (text.len() <= MAX_SHORT_STRING_BYTES).then_some(HeaderValue::Text(text))
}

impl Iterator for Parts {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        self.left = self.left.checked_sub(1)?;
        let encoded = self.next_field();
        let (mut properties, refusal) = decode_properties(&encoded, &mut self.reply_addresses);
        let Properties { headers, delivery_mode, priority, reply_to, user_id, app_id, .. } = &self.of_message;
        properties.delivery_mode = *delivery_mode;
        properties.priority = *priority;
        // Without a readable correlation id a reply would reach no call.
        if refusal.is_none() || properties.correlation_id.is_some() {
            properties.reply_to.clone_from(reply_to);
        }
        properties.user_id.clone_from(user_id);
        properties.app_id.clone_from(app_id);
        let is_of_broker = |name: &str| name.starts_with(BROKER_HEADER_PREFIX);
        if let Some(own) = &mut properties.headers
            && own.iter().any(|(name, _)| is_of_broker(name))
        {
            *own = std::mem::take(own).into_iter().filter(|(name, _)| !is_of_broker(name)).collect();
        }
        if let Some(added) = headers {
            let own = properties.headers.get_or_insert_default();
            added.iter().for_each(|(name, value)| own.insert(name.to_owned(), value.clone()));
        }
        // Copied: who keeps one body should not keep the others.
        let body = Bytes::copy_from_slice(&self.next_field());
        Some(Part { properties, body, refusal })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Parts {}
