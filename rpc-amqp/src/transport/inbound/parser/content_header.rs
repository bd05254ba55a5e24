//! Reads content headers: whose body follows, and what is to become of it.

use std::io;

use super::{BODY_SIZE, PROPERTY_FLAGS, Parser};
use crate::{
    message::Refusal,
    transport::inbound::{content::Content, frame::invalid, properties},
};

impl Parser {
    pub(super) fn parse_content_header(&mut self, channel: u16, payload: &[u8]) -> io::Result<()> {
        if payload.len() < BODY_SIZE.end + PROPERTY_FLAGS {
            return Err(invalid("a content header is incomplete"));
        }
        let (fixed, properties) = payload.split_at(BODY_SIZE.end);
        let body_bytes = fixed[BODY_SIZE].try_into().map_or(0, u64::from_be_bytes);
        match self.contents.take(channel) {
            Some(Content::Delivery(mut incoming)) => {
                if incoming.to.is_none() {
                    // Its consumer was cancelled, or its channel is being closed: the broker requeues it with the
                    // channel.
                    self.contents.discard_body(channel, body_bytes);
                    return Ok(());
                }
                let (properties, refusal) =
                    properties::decode_properties(properties, &mut self.reply_addresses);
                let delivered = &mut incoming.delivered;
                delivered.properties = properties;
                delivered.refusal = refusal.or(delivered.refusal);
                if body_bytes > self.max_body_bytes as u64 {
                    let too_large = Refusal::TooLarge { size: body_bytes, limit: self.max_body_bytes };
                    delivered.refusal.get_or_insert(too_large);
                    self.contents.start_body(channel, incoming, 0);
                    self.contents.discard_body(channel, body_bytes);
                } else {
                    self.contents.start_body(channel, incoming, body_bytes);
                }
                Ok(())
            }
            Some(Content::Return) => {
                let id = properties::correlation_id(properties).unwrap_or_default();
                self.findings.record_return(id.to_owned());
                self.contents.discard_body(channel, body_bytes);
                Ok(())
            }
            Some(Content::Unwanted) => {
                self.contents.discard_body(channel, body_bytes);
                Ok(())
            }
            Some(Content::Body { .. } | Content::DiscardedBody(_)) | None => {
                Err(invalid("a content header was not announced"))
            }
        }
    }
}
