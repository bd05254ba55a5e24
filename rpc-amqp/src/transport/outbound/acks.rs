//! Decides which acknowledgements to send: few frames, and no call waits for a slower one.

use std::{collections::BTreeMap, mem};

use crate::encode::{ACK_BYTES, write_ack};

/// The acknowledgements of all channels.
#[derive(Debug, Default)]
pub(super) struct Acks(Vec<(u16, AckWindow)>);

impl Acks {
    /// Marks a delivery as one to acknowledge with the next write.
    pub(super) fn finish(&mut self, channel: u16, tag: u64) {
        self.of(channel).finished.push(tag);
    }

    /// Marks a delivery as settled by a frame of its own.
    pub(super) fn settled(&mut self, channel: u16, tag: u64) {
        self.of(channel).settle(tag);
    }

    /// Appends the acknowledgements of all deliveries that have finished since the last time.
    pub(super) fn write(&mut self, out: &mut Vec<u8>) {
        for (channel, window) in &mut self.0 {
            window.flush(|Ack { tag, multiple }| write_ack(out, *channel, tag, multiple));
        }
    }

    /// How many bytes the acknowledgements that are due take at most.
    pub(super) fn max_bytes(&self) -> usize {
        ACK_BYTES * self.0.iter().map(|(_, window)| window.finished.len()).sum::<usize>()
    }

    /// Forgets a channel that was closed.
    pub(super) fn forget(&mut self, channel: u16) {
        self.0.retain(|(of, _)| *of != channel);
    }

    fn of(&mut self, channel: u16) -> &mut AckWindow {
        let position = self.0.iter().position(|(of, _)| *of == channel).unwrap_or_else(|| {
            self.0.push((channel, AckWindow::default()));
            self.0.len() - 1
        });
        &mut self.0[position].1
    }
}

/// Tracks which deliveries of one channel are settled, and which are to be acknowledged next.
///
/// Delivery tags count from one. Tags that finished without a gap are acknowledged in one frame. A tag that
/// finished past a gap is acknowledged singly: waiting for the gap would let one slow call use up the
/// prefetch window of all. Memory and time do not grow with the number of calls that pass a slow one: there
/// are at most as many gaps as calls that run.
#[derive(Debug, Default)]
struct AckWindow {
    /// Every tag up to this one is settled.
    settled_up_to: u64,
    /// Settled tags past a gap, as first and last of each run.
    settled_runs: BTreeMap<u64, u64>,
    /// Tags to acknowledge at the next flush.
    finished: Vec<u64>,
}

/// One `basic.ack`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ack {
    tag: u64,
    /// All unsettled tags up to `tag` as well.
    multiple: bool,
}

impl AckWindow {
    /// Hands out the acknowledgements of all tags that have finished since the last time.
    fn flush(&mut self, mut send: impl FnMut(Ack)) {
        let mut finished = mem::take(&mut self.finished);
        finished.sort_unstable();
        finished.iter().for_each(|tag| self.settle(*tag));
        let (in_front, past_a_gap) =
            finished.split_at(finished.partition_point(|tag| *tag <= self.settled_up_to));
        // The tag itself must be unsettled, or RabbitMQ closes the channel: the last finished one, not the
        // end of the prefix.
        if let Some(tag) = in_front.last().copied() {
            send(Ack { tag, multiple: in_front.len() > 1 });
        }
        past_a_gap.iter().for_each(|tag| send(Ack { tag: *tag, multiple: false }));
        finished.clear();
        self.finished = finished;
    }

    fn settle(&mut self, tag: u64) {
        // The run that ends right before the tag, and the one that begins right after it, become one with it.
        let mut run = (tag, tag);
        if let Some((&first, &last)) = self.settled_runs.range(..tag).next_back()
            && last + 1 == tag
        {
            run.0 = first;
        }
        if let Some(last) = self.settled_runs.remove(&(tag + 1)) {
            run.1 = last;
        }
        if run.0 == self.settled_up_to + 1 {
            self.settled_runs.remove(&run.0);
            self.settled_up_to = run.1;
        } else {
            self.settled_runs.insert(run.0, run.1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn flush(window: &mut AckWindow) -> Vec<Ack> {
        let mut acks = Vec::new();
        window.flush(|ack| acks.push(ack));
        acks
    }

    #[test]
    fn a_run_is_one_frame() {
        let mut window = AckWindow::default();
        for tag in [2, 1, 3] {
            window.finished.push(tag);
        }
        assert_eq!(flush(&mut window), [Ack { tag: 3, multiple: true }]);
        window.finished.push(4);
        assert_eq!(flush(&mut window), [Ack { tag: 4, multiple: false }]);
        assert_eq!(flush(&mut window), []);
    }

    #[test]
    fn a_slow_head_holds_nobody_back() {
        let mut window = AckWindow::default();
        for tag in 2..=200 {
            window.finished.push(tag);
            assert_eq!(flush(&mut window), [Ack { tag, multiple: false }]);
        }
        assert_eq!(window.settled_runs.len(), 1, "what is remembered does not grow with the calls");
        window.finished.push(1);
        assert_eq!(flush(&mut window), [Ack { tag: 1, multiple: false }]);
        assert_eq!((window.settled_up_to, window.settled_runs.len()), (200, 0));
    }

    /// Finishes, rejects and flushes in any order.
    #[derive(Clone, Copy, Debug)]
    enum Step {
        Finish(u64),
        Reject(u64),
        Flush,
    }

    fn steps() -> impl Strategy<Value = (u64, Vec<Step>)> {
        (1..100u64).prop_flat_map(|tags| {
            let order = Just((1..=tags).collect::<Vec<_>>()).prop_shuffle();
            let fates = proptest::collection::vec((any::<bool>(), 0..4u8), tags as usize);
            (Just(tags), order, fates).prop_map(|(tags, order, fates)| {
                let mut steps = Vec::new();
                for (tag, (flush, fate)) in order.into_iter().zip(fates) {
                    steps.push(if fate == 0 { Step::Reject(tag) } else { Step::Finish(tag) });
                    if flush {
                        steps.push(Step::Flush);
                    }
                }
                steps.push(Step::Flush);
                (tags, steps)
            })
        })
    }

    proptest! {
        /// Against the broker's view of its unsettled deliveries.
        #[test]
        fn every_finished_tag_is_acked_once_and_no_other((tags, steps) in steps()) {
            let mut window = AckWindow::default();
            let mut unsettled: BTreeSet<u64> = (1..=tags).collect();
            let mut finished = BTreeSet::new();
            for step in steps {
                match step {
                    Step::Finish(tag) => {
                        finished.insert(tag);
                        window.finished.push(tag);
                    }
                    Step::Reject(tag) => {
                        unsettled.remove(&tag);
                        window.settle(tag);
                    }
                    Step::Flush => {
                        for Ack { tag, multiple } in flush(&mut window) {
                            prop_assert!(unsettled.contains(&tag), "an unknown tag closes the channel");
                            let acked: Vec<u64> =
                                if multiple { unsettled.range(..=tag).copied().collect() } else { vec![tag] };
                            for tag in acked {
                                prop_assert!(finished.remove(&tag), "acked before it was finished");
                                unsettled.remove(&tag);
                            }
                        }
                        prop_assert!(finished.is_empty(), "finished, but not acked at the flush");
                    }
                }
            }
            prop_assert!(unsettled.is_empty());
            prop_assert_eq!(window.settled_up_to, tags);
            prop_assert!(window.settled_runs.is_empty() && window.finished.is_empty());
        }
    }
}
