//! The publisher confirms that one channel waits for.

use std::collections::BTreeMap;

use tokio::sync::oneshot;

use crate::{error::BrokerError, message::ConfirmOutcome, transport::outbound::NotQueued};

/// The maximum of unconfirmed bytes, on a stalled connection or with a slow broker; a single message may be
/// larger.
const MAX_UNCONFIRMED: usize = 64 * 1024 * 1024;
/// The approximate memory of a message besides its body.
const OVERHEAD: usize = 512;

/// Receives the publisher confirm of one message.
pub(crate) type ConfirmReceiver = oneshot::Receiver<Result<ConfirmOutcome, BrokerError>>;

/// The messages that a publisher confirm is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConfirmRange {
    pub(crate) tag: u64,
    /// All unconfirmed messages up to `tag` as well.
    pub(crate) multiple: bool,
    /// Whether the broker has taken them.
    pub(crate) is_ack: bool,
}

/// Numbers the messages of a channel as the broker does, from 1, and keeps those that it has not confirmed.
#[derive(Debug, Default)]
pub(crate) struct Confirms {
    /// By number. Those before one that is missing do not stay for its sake.
    unconfirmed: BTreeMap<u64, Unconfirmed>,
    last_number: u64,
    unconfirmed_bytes: usize,
}

#[derive(Debug)]
struct Unconfirmed {
    bytes: usize,
    sender: oneshot::Sender<Result<ConfirmOutcome, BrokerError>>,
}

impl Confirms {
    /// # Errors
    /// `Congested` when too many bytes are unconfirmed for a message of this size.
    pub(super) fn check_capacity(&self, body_bytes: usize) -> Result<(), NotQueued> {
        let size = body_bytes.saturating_add(OVERHEAD);
        let fits = self.unconfirmed_bytes == 0 || self.unconfirmed_bytes + size <= MAX_UNCONFIRMED;
        if fits { Ok(()) } else { Err(NotQueued::Congested) }
    }

    pub(super) fn is_nearly_full(&self) -> bool {
        self.unconfirmed_bytes > MAX_UNCONFIRMED / 2
    }

    /// Numbers the message that was just queued.
    pub(super) fn expect(&mut self, body_bytes: usize) -> (u64, ConfirmReceiver) {
        let (sender, receiver) = oneshot::channel();
        let bytes = body_bytes.saturating_add(OVERHEAD);
        self.last_number += 1;
        self.unconfirmed_bytes += bytes;
        self.unconfirmed.insert(self.last_number, Unconfirmed { bytes, sender });
        (self.last_number, receiver)
    }

    pub(super) fn last_number(&self) -> u64 {
        self.last_number
    }

    /// Resolves confirms. Those that came before have no effect. Returns false for a number that no message has yet:
    /// broker and client do not count alike any more, and later confirms would be missed.
    pub(super) fn resolve(&mut self, range: ConfirmRange) -> bool {
        if range.tag > self.last_number {
            return false;
        }
        let outcome = Ok(if range.is_ack { ConfirmOutcome::Acked } else { ConfirmOutcome::Nacked });
        match range {
            ConfirmRange { tag, multiple: false, .. } => {
                let confirmed = self.unconfirmed.remove(&tag);
                confirmed.into_iter().for_each(|confirmed| self.settle(confirmed, &outcome));
            }
            // AMQP: with `multiple`, 0 stands for all.
            ConfirmRange { tag, .. } => {
                let up_to = if tag == 0 { u64::MAX } else { tag };
                while let Some(first) = self.unconfirmed.first_entry().filter(|first| *first.key() <= up_to) {
                    let confirmed = first.remove();
                    self.settle(confirmed, &outcome);
                }
            }
        }
        true
    }

    /// The channel ended: nothing is confirmed any more.
    pub(super) fn fail(&mut self, error: &BrokerError) {
        while let Some((_, unconfirmed)) = self.unconfirmed.pop_first() {
            self.settle(unconfirmed, &Err(error.clone()));
        }
    }

    fn settle(&mut self, unconfirmed: Unconfirmed, outcome: &Result<ConfirmOutcome, BrokerError>) {
        self.unconfirmed_bytes -= unconfirmed.bytes;
        // Nobody waits any more for a message that was given up.
        let _ = unconfirmed.sender.send(outcome.clone());
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn ack(tag: u64, multiple: bool) -> ConfirmRange {
        ConfirmRange { tag, multiple, is_ack: true }
    }

    #[test]
    fn unconfirmed_messages_fill_the_channel_and_one_may_be_larger_alone() {
        let mut confirms = Confirms::default();
        assert!(confirms.check_capacity(2 * MAX_UNCONFIRMED).is_ok());
        let _first = confirms.expect(MAX_UNCONFIRMED - OVERHEAD);
        assert!(confirms.is_nearly_full());
        assert!(matches!(confirms.check_capacity(0), Err(NotQueued::Congested)));
        assert!(confirms.resolve(ack(1, false)));
        assert!(!confirms.is_nearly_full());
        assert!(confirms.check_capacity(0).is_ok());
    }

    #[test]
    fn a_failed_channel_tells_all_that_wait() {
        let mut confirms = Confirms::default();
        let (number, mut receiver) = confirms.expect(1);
        let lost = BrokerError::new(None, "lost");
        confirms.fail(&lost);
        assert_eq!((number, receiver.try_recv()), (1, Ok(Err(lost))));
        assert_eq!(confirms.last_number(), 1);
    }

    proptest! {
        #[test]
        fn each_message_gets_the_first_confirm_that_covers_it(
            messages in 1..20u64, ranges in vec((0..25u64, any::<bool>(), any::<bool>()), 0..20),
        ) {
            let mut confirms = Confirms::default();
            let mut receivers: Vec<_> = (0..messages).map(|_| confirms.expect(7)).collect();
            let mut expected = vec![None; receivers.len()];
            for (tag, multiple, is_ack) in ranges {
                let is_known = confirms.resolve(ConfirmRange { tag, multiple, is_ack });
                prop_assert_eq!(is_known, tag <= messages, "a number that no message has is a violation");
                if !is_known {
                    continue;
                }
                for (number, outcome) in (1..).zip(&mut expected) {
                    let all = tag == 0 && multiple;
                    if all || number == tag || (multiple && number < tag) {
                        outcome.get_or_insert(is_ack);
                    }
                }
            }
            let waiting = expected.iter().filter(|outcome| outcome.is_none()).count();
            prop_assert_eq!(confirms.unconfirmed_bytes, waiting * (7 + OVERHEAD));
            prop_assert_eq!(confirms.unconfirmed.len(), waiting, "nothing stays that is confirmed");
            for ((number, receiver), (place, expected)) in receivers.iter_mut().zip((1..).zip(expected)) {
                let outcome = receiver.try_recv().ok().map(|outcome| outcome == Ok(ConfirmOutcome::Acked));
                prop_assert_eq!((*number, outcome), (place, expected));
            }
        }
    }
}
