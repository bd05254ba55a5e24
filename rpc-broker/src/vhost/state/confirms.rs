//! The publisher confirms that a channel still has to send.

/// The publishes of a channel in confirm mode.
#[derive(Debug, Default)]
pub(in crate::vhost) struct Confirms {
    last: u64,
    accepted: Vec<u64>,
    refused: Vec<u64>,
}

/// A confirm to send: `basic.ack` or `basic.nack`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::vhost) struct ConfirmTag {
    pub(in crate::vhost) delivery_tag: u64,
    pub(in crate::vhost) multiple: bool,
}

/// The confirms to send, in order: first the acks, then the nacks.
#[derive(Debug)]
pub(in crate::vhost) struct UnsentConfirms {
    pub(in crate::vhost) acks: Vec<ConfirmTag>,
    pub(in crate::vhost) nacks: Vec<ConfirmTag>,
}

impl Confirms {
    /// Returns the sequence number of the next publish. The first one is 1.
    pub(in crate::vhost) fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Adds the outcome of a publish; returns whether it is the first one to send.
    pub(in crate::vhost) fn add(&mut self, number: u64, accepted: bool) -> bool {
        let is_first = self.accepted.is_empty() && self.refused.is_empty();
        if accepted {
            self.accepted.push(number);
        } else {
            self.refused.push(number);
        }
        is_first
    }

    /// Takes the confirms to send.
    pub(in crate::vhost) fn take_unsent(&mut self) -> UnsentConfirms {
        let accepted = std::mem::take(&mut self.accepted);
        let refused = std::mem::take(&mut self.refused);
        UnsentConfirms { acks: coalesce(&accepted, &refused), nacks: coalesce(&refused, &accepted) }
    }
}

/// Combines the publishes before the first one with the other outcome into one confirm; the others get one
/// each.
fn coalesce(numbers: &[u64], others: &[u64]) -> Vec<ConfirmTag> {
    let single = |number: &u64| ConfirmTag { delivery_tag: *number, multiple: false };
    if let [only] = numbers {
        return vec![single(only)];
    }
    let cutoff = others.iter().copied().min().unwrap_or(u64::MAX);
    let together = numbers.iter().take_while(|number| **number < cutoff).count();
    let (together, alone) = numbers.split_at(together);
    let first = together.last().map(|last| ConfirmTag { delivery_tag: *last, multiple: true });
    first.into_iter().chain(alone.iter().map(single)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coalesced(numbers: &[u64], others: &[u64]) -> Vec<(u64, bool)> {
        coalesce(numbers, others).into_iter().map(|tag| (tag.delivery_tag, tag.multiple)).collect()
    }

    #[test]
    fn publishes_before_the_first_of_the_other_outcome_are_confirmed_together() {
        assert_eq!(coalesced(&[7], &[]), [(7, false)]);
        assert_eq!(coalesced(&[1, 2, 3], &[]), [(3, true)]);
        assert_eq!(coalesced(&[1, 2, 4, 5], &[3]), [(2, true), (4, false), (5, false)]);
        assert_eq!(coalesced(&[2, 4], &[1, 3]), [(2, false), (4, false)]);
        assert_eq!(coalesced(&[], &[1]), []);
    }
}
