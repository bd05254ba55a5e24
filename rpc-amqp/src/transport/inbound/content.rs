//! The messages whose frames are arriving: at most one for each channel.

use std::io;

use bytes::Bytes;

use super::frame::invalid;
use crate::{message::Delivered, transport::channels::Deliveries};

/// The largest memory that is set aside for a body before it arrives: that of the largest request of a server with
/// default options, which need not grow while it arrives.
const MAX_RESERVED: usize = 1024 * 1024;

/// The content that the next frames of a channel belong to.
#[derive(Debug)]
pub(super) enum Content {
    /// A delivery was announced; its content header comes next.
    Delivery(Incoming),
    /// A returned message was announced; its content header comes next.
    Return,
    /// A message was announced that nobody gets; its content header comes next.
    Unwanted,
    /// Bytes of the body of a delivery are still to come.
    Body { incoming: Incoming, missing: u64, body: Vec<u8> },
    /// Bytes of a body that nobody gets are still to come.
    DiscardedBody(u64),
}

/// A delivery that is arriving.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) delivered: Box<Delivered>,
    /// Its consumer; `None` when there is none any more.
    pub(super) to: Option<Deliveries>,
}

impl Incoming {
    /// Hands the delivery over with its body.
    fn finish(mut self, body: Bytes) {
        self.delivered.body = body;
        if let Some(to) = self.to {
            to.deliver(self.delivered);
        }
    }
}

/// The content in progress, by channel.
#[derive(Debug, Default)]
pub(super) struct ContentInProgress(Vec<(u16, Content)>);

impl ContentInProgress {
    pub(super) fn start(&mut self, channel: u16, content: Content) {
        self.0.push((channel, content));
    }

    /// Forgets the content in progress on `channel`: a method frame ends it.
    pub(super) fn clear(&mut self, channel: u16) {
        if !self.0.is_empty() {
            self.0.retain(|(of, _)| *of != channel);
        }
    }

    pub(super) fn take(&mut self, channel: u16) -> Option<Content> {
        self.position(channel).map(|position| self.0.swap_remove(position).1)
    }

    /// The content header was read: `body_bytes` follow for `incoming`.
    pub(super) fn start_body(&mut self, channel: u16, incoming: Incoming, body_bytes: u64) {
        if body_bytes == 0 {
            incoming.finish(Bytes::new());
        } else {
            self.start(channel, Content::Body { incoming, missing: body_bytes, body: Vec::new() });
        }
    }

    pub(super) fn discard_body(&mut self, channel: u16, body_bytes: u64) {
        if body_bytes > 0 {
            self.start(channel, Content::DiscardedBody(body_bytes));
        }
    }

    /// Takes a part of a body. A delivery whose body is complete goes to its consumer.
    ///
    /// # Errors
    /// `InvalidData` when the part was not announced, or exceeds the announced size.
    pub(super) fn take_body(&mut self, channel: u16, part: &[u8]) -> io::Result<()> {
        let position = self.position(channel).ok_or_else(|| invalid("a body was not announced"))?;
        let missing = match &mut self.0[position].1 {
            Content::Body { missing, .. } | Content::DiscardedBody(missing) => missing,
            Content::Delivery(_) | Content::Return | Content::Unwanted => {
                return Err(invalid("the body of a message came before its header"));
            }
        };
        let left = missing
            .checked_sub(part.len() as u64)
            .ok_or_else(|| invalid("a message has more body than was announced"))?;
        *missing = left;
        if left > 0 {
            if let Content::Body { body, .. } = &mut self.0[position].1 {
                if body.is_empty() {
                    let total = usize::try_from(left).unwrap_or(usize::MAX).saturating_add(part.len());
                    body.reserve(total.min(MAX_RESERVED.max(part.len())));
                }
                body.extend_from_slice(part);
            }
        } else if let (_, Content::Body { incoming, mut body, .. }) = self.0.swap_remove(position) {
            incoming.finish(if body.is_empty() {
                Bytes::copy_from_slice(part)
            } else {
                body.extend_from_slice(part);
                body.into()
            });
        }
        Ok(())
    }

    fn position(&self, channel: u16) -> Option<usize> {
        self.0.iter().position(|(of, _)| *of == channel)
    }
}
