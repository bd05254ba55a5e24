//! Parses the methods that concern the guard: those that announce content, and those with strings that
//! publishers wrote.

use super::fields::{FieldReader, is_utf8};
use crate::message::Refusal;

/// A method, as far as it concerns the guard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// A delivery; its content follows. `repaired` when a name in it was not UTF-8.
    Delivery { tag: u64, repaired: bool },
    /// A message that the broker returns as unroutable; its content follows.
    Return,
    /// A channel was opened; its delivery tags start again at 1.
    ChannelOpened,
    /// The broker closes a channel. The reply text is at this range of the payload.
    ChannelClosed { code: u16, text: std::ops::Range<usize> },
    /// The broker has blocked the connection. The reason is at this range of the payload.
    Blocked { reason: std::ops::Range<usize> },
    /// The broker accepts messages again.
    Unblocked,
    /// The broker introduces itself. Its server properties are at this range of the payload.
    Start { server_properties: std::ops::Range<usize> },
    /// The limits that the broker proposes.
    Tune { frame_max: u32 },
    /// Any other method.
    Other,
}

impl Method {
    /// Reads a method's payload. In strings that are not UTF-8, replaces all non-ASCII bytes by `?`.
    ///
    /// # Errors
    /// When lapin's parser could not read it for another reason. Then the broker itself violates AMQP.
    pub(crate) fn read(payload: &mut [u8]) -> Result<Self, Refusal> {
        let mut reader = FieldReader(payload);
        let (class, method) = (reader.u16()?, reader.u16()?);
        match (class, method) {
            // basic.deliver
            (60, 60) => {
                let consumer_tag = reader.short_bytes()?.len();
                let tag = reader.u64()?;
                if payload.is_ascii() {
                    return Ok(Self::Delivery { tag, repaired: false });
                }
                // Consumer tag, delivery tag (8 bytes), redelivered (1 byte), exchange, routing key.
                let mut repaired = repair(payload, 4)?.1;
                let (routing_key, repaired_exchange) = repair(payload, 5 + consumer_tag + 9)?;
                repaired |= repaired_exchange;
                repaired |= repair(payload, routing_key)?.1;
                Ok(Self::Delivery { tag, repaired })
            }
            // basic.get-ok
            (60, 71) => {
                let tag = reader.u64()?;
                let (routing_key, repaired_exchange) = repair(payload, 4 + 9)?;
                let repaired = repair(payload, routing_key)?.1 | repaired_exchange;
                Ok(Self::Delivery { tag, repaired })
            }
            // basic.return
            (60, 50) => Ok(Self::Return),
            // connection.close: the reply text. Brokers truncate it at 255 bytes, possibly within a character.
            (10, 50) => repair(payload, 4 + 2).map(|_| Self::Other),
            // channel.close
            (20, 40) => {
                let code = reader.u16()?;
                let (end, _) = repair(payload, 4 + 2)?;
                Ok(Self::ChannelClosed { code, text: 7..end })
            }
            // channel.open-ok
            (20, 11) => Ok(Self::ChannelOpened),
            // connection.blocked
            (10, 60) => {
                let (end, _) = repair(payload, 4)?;
                Ok(Self::Blocked { reason: 5..end })
            }
            // connection.unblocked
            (10, 61) => Ok(Self::Unblocked),
            // connection.start
            (10, 10) => {
                reader.take(2)?;
                reader.table(0)?;
                Ok(Self::Start { server_properties: 6..payload.len() })
            }
            // connection.tune
            (10, 30) => {
                reader.u16()?;
                Ok(Self::Tune { frame_max: reader.u32()? })
            }
            // Only clients send these. They hold tables, which lapin would parse.
            (10, 11) | (40, 10 | 30 | 40) | (50, 10 | 20 | 50) | (60, 20) => Err(Refusal::Malformed),
            _ => Ok(Self::Other),
        }
    }
}

/// Makes the short string at `at` UTF-8. Returns the position after it, and whether it was changed.
fn repair(payload: &mut [u8], at: usize) -> Result<(usize, bool), Refusal> {
    let length = usize::from(*payload.get(at).ok_or(Refusal::Malformed)?);
    let end = at + 1 + length;
    let text = payload.get_mut(at + 1..end).ok_or(Refusal::Malformed)?;
    let is_invalid = !is_utf8(text);
    if is_invalid {
        text.iter_mut().filter(|byte| !byte.is_ascii()).for_each(|byte| *byte = b'?');
    }
    Ok((end, is_invalid))
}
