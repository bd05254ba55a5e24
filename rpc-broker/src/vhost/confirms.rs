//! Publisher confirms: counted per channel, told together where that can be done.

use amq_protocol::protocol::{AMQPClass, basic, confirm};

use crate::{ids::ChannelRef, refusal::Refusal, vhost::Vhost};

/// The publishes of a channel in confirm mode.
#[derive(Debug, Default)]
pub(super) struct Confirms {
    last: u64,
    accepted: Vec<u64>,
    refused: Vec<u64>,
}

impl Confirms {
    /// The number of the next publish; the first one is 1.
    pub(super) fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    fn is_told(&self) -> bool {
        self.accepted.is_empty() && self.refused.is_empty()
    }
}

impl Vhost {
    pub(super) fn select_confirms(&mut self, at: ChannelRef, nowait: bool) -> Result<(), Refusal> {
        self.open_channel_mut(at).confirms.get_or_insert_default();
        let ok = confirm::AMQPMethod::SelectOk(confirm::SelectOk {});
        self.reply_unless(nowait, at, AMQPClass::Confirm(ok));
        Ok(())
    }

    /// A publish has found its queues, or was refused by one.
    pub(super) fn settle_publish(&mut self, at: ChannelRef, number: u64, accepted: bool) {
        if self.withhold(at, number, accepted) {
            return;
        }
        let Some(confirms) = self.channel(at).and_then(|channel| channel.confirms.as_mut()) else { return };
        let is_first = confirms.is_told();
        if accepted {
            confirms.accepted.push(number);
        } else {
            confirms.refused.push(number);
        }
        if is_first {
            self.confirming.push(at);
        }
    }

    /// Tells all channels what became of their publishes.
    pub(super) fn send_confirms(&mut self) {
        for at in std::mem::take(&mut self.confirming) {
            let Some(confirms) = self.channel(at).and_then(|channel| channel.confirms.as_mut()) else {
                continue;
            };
            let accepted = std::mem::take(&mut confirms.accepted);
            let refused = std::mem::take(&mut confirms.refused);
            for (delivery_tag, multiple) in coalesce(&accepted, &refused) {
                self.reply(
                    at,
                    AMQPClass::Basic(basic::AMQPMethod::Ack(basic::Ack { delivery_tag, multiple })),
                );
            }
            for (delivery_tag, multiple) in coalesce(&refused, &accepted) {
                let nack = basic::Nack { delivery_tag, multiple, requeue: false };
                self.reply(at, AMQPClass::Basic(basic::AMQPMethod::Nack(nack)));
            }
        }
    }
}

/// Tags to send for these publishes: one for all before the first of the others, the rest one by one.
fn coalesce(numbers: &[u64], others: &[u64]) -> Vec<(u64, bool)> {
    if let [single] = numbers {
        return vec![(*single, false)];
    }
    let cutoff = others.iter().copied().min().unwrap_or(u64::MAX);
    let together = numbers.iter().take_while(|number| **number < cutoff).count();
    let (together, alone) = numbers.split_at(together);
    let first = together.last().map(|last| (*last, true));
    first.into_iter().chain(alone.iter().map(|number| (*number, false))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_before_the_first_of_the_other_kind_is_told_at_once() {
        assert_eq!(coalesce(&[7], &[]), [(7, false)]);
        assert_eq!(coalesce(&[1, 2, 3], &[]), [(3, true)]);
        assert_eq!(coalesce(&[1, 2, 4, 5], &[3]), [(2, true), (4, false), (5, false)]);
        assert_eq!(coalesce(&[2, 4], &[1, 3]), [(2, false), (4, false)]);
        assert_eq!(coalesce(&[], &[1]), []);
    }
}
