//! Reads the methods that concern the parser: those of messages, and those that open, close and stop channels
//! and the connection.

use smol_str::SmolStr;

use super::{
    fields::{FieldReader, is_utf8},
    repeated::Repeated,
};
use crate::{message::Refusal, transport::channels::ConfirmRange};

/// A method, as far as it concerns the parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method<'a> {
    /// A delivery; its content follows. Names in it need not be UTF-8.
    Deliver { consumer_tag: &'a [u8], tag: u64, redelivered: bool, exchange: &'a [u8], routing_key: &'a [u8] },
    /// A message that the broker returns as unroutable; its content follows.
    Return,
    /// A message that was in a queue when lapin asked for one; its content follows.
    GetOk,
    /// The broker has taken messages, or could not.
    Confirm(ConfirmRange),
    /// The broker cancels a consumer, or confirms that it is cancelled.
    ConsumerEnd { consumer_tag: &'a [u8] },
    /// The broker asks that messages be held back, or no longer.
    Flow { active: bool },
    /// A channel was opened.
    ChannelOpenOk,
    /// The broker closes a channel.
    ChannelClose { code: u16, text: &'a [u8] },
    /// The broker has closed a channel.
    ChannelCloseOk,
    /// The broker closes the connection.
    ConnectionClose { code: u16, text: &'a [u8] },
    /// The broker has blocked the connection.
    Blocked { reason: &'a [u8] },
    /// The broker accepts messages again.
    Unblocked,
    /// The broker introduces itself.
    Start { server_properties: &'a [u8] },
    /// The limits that the broker proposes.
    Tune { frame_max: u32 },
    /// Any other method.
    Other,
}

impl<'a> Method<'a> {
    /// Reads a method's payload. In texts that lapin gets, replaces all non-ASCII bytes by `?` unless the text
    /// is UTF-8.
    ///
    /// # Errors
    /// When it cannot be read for another reason. Then the broker itself violates AMQP.
    pub(crate) fn read(payload: &'a mut [u8]) -> Result<Self, Refusal> {
        let mut reader = FieldReader(payload);
        let id = (reader.u16()?, reader.u16()?);
        // The reply texts of closes, and the reason of a block. Brokers truncate them at 255 bytes, possibly
        // within a character.
        match id {
            (10, 50) | (20, 40) => repair(payload, 4 + 2)?,
            (10, 60) => repair(payload, 4)?,
            _ => {}
        }
        let mut reader = FieldReader(payload);
        reader.take(4)?;
        Ok(match id {
            (60, 60) => {
                let consumer_tag = reader.short_bytes()?;
                let tag = reader.u64()?;
                let redelivered = reader.u8()? & 1 != 0;
                let (exchange, routing_key) = (reader.short_bytes()?, reader.short_bytes()?);
                Self::Deliver { consumer_tag, tag, redelivered, exchange, routing_key }
            }
            (60, 50) => Self::Return,
            (60, 71) => Self::GetOk,
            (60, method @ (80 | 120)) => {
                let (tag, multiple) = (reader.u64()?, reader.u8()? & 1 != 0);
                Self::Confirm(ConfirmRange { tag, multiple, is_ack: method == 80 })
            }
            (60, 30 | 31) => Self::ConsumerEnd { consumer_tag: reader.short_bytes()? },
            (20, 11) => Self::ChannelOpenOk,
            (20, 20) => Self::Flow { active: reader.u8()? & 1 != 0 },
            (20, 40) => Self::ChannelClose { code: reader.u16()?, text: reader.short_bytes()? },
            (20, 41) => Self::ChannelCloseOk,
            (10, 50) => Self::ConnectionClose { code: reader.u16()?, text: reader.short_bytes()? },
            (10, 60) => Self::Blocked { reason: reader.short_bytes()? },
            (10, 61) => Self::Unblocked,
            (10, 10) => {
                reader.take(2)?;
                let server_properties = reader.0;
                reader.table(0)?;
                Self::Start { server_properties }
            }
            (10, 30) => {
                reader.u16()?;
                Self::Tune { frame_max: reader.u32()? }
            }
            // Only clients send these. They hold tables, which lapin would parse, or content.
            (10, 11) | (40, 10 | 30 | 40) | (50, 10 | 20 | 50) | (60, 20 | 40) => {
                return Err(Refusal::Malformed);
            }
            _ => Self::Other,
        })
    }
}

/// Makes the short string at `at` UTF-8.
fn repair(payload: &mut [u8], at: usize) -> Result<(), Refusal> {
    let length = usize::from(*payload.get(at).ok_or(Refusal::Malformed)?);
    let text = payload.get_mut(at + 1..at + 1 + length).ok_or(Refusal::Malformed)?;
    if !is_utf8(text) {
        text.iter_mut().filter(|byte| !byte.is_ascii()).for_each(|byte| *byte = b'?');
    }
    Ok(())
}

/// A name as text, and whether it was not UTF-8: then `?` stands in place of its non-ASCII bytes.
pub(super) fn name(bytes: &[u8], last: &mut Repeated) -> (SmolStr, bool) {
    match last.read(bytes) {
        Ok(text) => (text, false),
        Err(_) => {
            let text = bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '?' });
            (text.collect(), true)
        }
    }
}
