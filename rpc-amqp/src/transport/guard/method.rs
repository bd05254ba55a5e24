//! The methods that the guard looks into: those that announce content, and those whose strings others than the broker wrote.

use super::fields::{FieldReader, is_utf8};
use crate::message::Refusal;

/// What a method means for the guard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// Content follows: a delivery. `repaired` when a name in it was not UTF-8.
    Delivery { tag: u64, repaired: bool },
    /// Content follows: a message that no queue took.
    Return,
    /// The channel begins anew.
    ChannelOpened,
    /// The broker takes no messages until further notice. Its reason stands at this place of the payload.
    Blocked { reason: std::ops::Range<usize> },
    /// It takes messages again.
    Unblocked,
    /// The limits that the broker proposes.
    Tune { frame_max: u32 },
    /// Nothing that concerns the guard.
    Other,
}

impl Method {
    /// Reads a method's payload and makes it harmless: bytes that are not UTF-8 become `?`.
    ///
    /// # Errors
    /// When lapin's parser could not take it and no message is to blame, but the broker.
    pub(crate) fn read(payload: &mut [u8]) -> Result<Self, Refusal> {
        let mut reader = FieldReader(payload);
        let (class, method) = (reader.u16()?, reader.u16()?);
        match (class, method) {
            (60, 60) => {
                let consumer_tag = reader.short_bytes()?.len();
                let tag = reader.u64()?;
                if payload.is_ascii() {
                    return Ok(Self::Delivery { tag, repaired: false });
                }
                // The consumer tag, the exchange and the routing key; before the exchange stand the tag and a bit.
                let mut repaired = repair(payload, 4)?.1;
                let (routing_key, repaired_exchange) = repair(payload, 5 + consumer_tag + 9)?;
                repaired |= repaired_exchange;
                repaired |= repair(payload, routing_key)?.1;
                Ok(Self::Delivery { tag, repaired })
            }
            (60, 71) => {
                let tag = reader.u64()?;
                let (routing_key, repaired_exchange) = repair(payload, 4 + 9)?;
                let repaired = repair(payload, routing_key)?.1 | repaired_exchange;
                Ok(Self::Delivery { tag, repaired })
            }
            (60, 50) => Ok(Self::Return),
            // The reason for a close; brokers cut it at 255 bytes, which may be in the midst of a character.
            (10, 50) | (20, 40) => repair(payload, 4 + 2).map(|_| Self::Other),
            (20, 11) => Ok(Self::ChannelOpened),
            (10, 60) => {
                let (end, _) = repair(payload, 4)?;
                Ok(Self::Blocked { reason: 5..end })
            }
            (10, 61) => Ok(Self::Unblocked),
            (10, 10) => {
                reader.take(2)?;
                reader.table(0)?;
                Ok(Self::Other)
            }
            (10, 30) => {
                reader.u16()?;
                Ok(Self::Tune { frame_max: reader.u32()? })
            }
            // What clients send and brokers never do: these hold tables, which lapin would parse all the same.
            (10, 11) | (40, 10 | 30 | 40) | (50, 10 | 20 | 50) | (60, 20) => Err(Refusal::Malformed),
            _ => Ok(Self::Other),
        }
    }
}

/// Makes the short string at `at` UTF-8. Returns where it ends, and whether there was anything to do.
fn repair(payload: &mut [u8], at: usize) -> Result<(usize, bool), Refusal> {
    let length = usize::from(*payload.get(at).ok_or(Refusal::Malformed)?);
    let end = at + 1 + length;
    let text = payload.get_mut(at + 1..end).ok_or(Refusal::Malformed)?;
    let is_hostile = !is_utf8(text);
    if is_hostile {
        text.iter_mut().filter(|byte| !byte.is_ascii()).for_each(|byte| *byte = b'?');
    }
    Ok((end, is_hostile))
}
