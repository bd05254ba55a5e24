//! Coalesced messages, written and read by hand as docs/wire-protocol.md describes them.

use amq_protocol::frame::{AMQPContentHeader, AMQPFrame, WriteContext, gen_frame, parse_frame};
use lapin::{BasicProperties, types::ShortString};

use crate::support::Message;

pub(super) const COALESCED: &str = "application/vnd.amqp-rpc.coalesced";

/// What precedes the properties in a content header frame: type, channel, size, class, weight and size of the body.
const BEFORE_PROPERTIES: usize = 7 + 12;

/// A message in a coalesced message.
pub(super) struct Part {
    pub(super) properties: BasicProperties,
    pub(super) body: Vec<u8>,
}

impl Part {
    pub(super) fn correlation_id(&self) -> &str {
        self.properties.correlation_id().as_ref().map(ShortString::as_str).expect("each part has its id")
    }

    pub(super) fn kind(&self) -> Option<&str> {
        self.properties.kind().as_ref().map(ShortString::as_str)
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }
}

pub(super) fn is_coalesced(message: &Message) -> bool {
    message.content_type() == Some(COALESCED)
}

/// The parts of a coalesced message; of another one, itself.
pub(super) fn parts_of(message: &Message) -> Vec<Part> {
    if !is_coalesced(message) {
        return vec![Part { properties: message.properties.clone(), body: message.body.clone() }];
    }
    let (mut rest, mut parts) = (&message.body[..], Vec::new());
    while !rest.is_empty() {
        let properties = read_properties(field(&mut rest));
        parts.push(Part { properties, body: field(&mut rest).to_vec() });
    }
    parts
}

fn field<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let (length, behind) = rest.split_first_chunk().expect("there is a length");
    let (field, behind) = behind.split_at(u32::from_be_bytes(*length) as usize);
    *rest = behind;
    field
}

fn read_properties(encoded: &[u8]) -> BasicProperties {
    let size = u32::try_from(12 + encoded.len()).expect("it is short");
    let mut frame = [&[2, 0, 1][..], &size.to_be_bytes(), &[0, 60, 0, 0], &[0; 8], encoded].concat();
    frame.push(0xCE);
    match parse_frame(&frame[..]).expect("the properties are AMQP's") {
        (_, AMQPFrame::Header(_, header)) => header.properties,
        (_, other) => panic!("{other:?}"),
    }
}

/// The body of a coalesced message.
pub(super) fn body_of(parts: &[(BasicProperties, &[u8])]) -> Vec<u8> {
    let mut written = Vec::new();
    for (properties, body) in parts {
        let properties = properties_of(properties);
        for field in [&properties, *body] {
            written.extend_from_slice(&u32::try_from(field.len()).expect("it is short").to_be_bytes());
            written.extend_from_slice(field);
        }
    }
    written
}

fn properties_of(properties: &BasicProperties) -> Vec<u8> {
    let header = AMQPContentHeader { class_id: 60, body_size: 0, properties: properties.clone() };
    let frame = AMQPFrame::Header(1, header);
    let written = gen_frame(&frame)(WriteContext::from(Vec::new()));
    let (written, _) = written.expect("AMQP carries the properties").into_inner();
    written[BEFORE_PROPERTIES..written.len() - 1].to_vec()
}
