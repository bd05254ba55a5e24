//! Decides which acknowledgements to send: few frames, and no call waits for a slower one.

use std::collections::BTreeMap;

/// Tracks which deliveries of one channel are settled, and which are to be acknowledged next.
///
/// Delivery tags count from one. Tags that finished without a gap are acknowledged in one frame. A tag that
/// finished past a gap is acknowledged singly: waiting for the gap would let one slow call use up the
/// prefetch window of all. Memory and time do not grow with the number of calls that pass a slow one: there
/// are at most as many gaps as calls that run.
#[derive(Debug, Default)]
pub(crate) struct AckWindow {
    /// Every tag up to this one is settled.
    settled_up_to: u64,
    /// Settled tags past a gap, as first and last of each run.
    settled_runs: BTreeMap<u64, u64>,
    /// Tags to acknowledge at the next flush.
    finished: Vec<u64>,
}

/// One `basic.ack`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ack {
    pub(crate) tag: u64,
    /// All unsettled tags up to `tag` as well.
    pub(crate) multiple: bool,
}

impl AckWindow {
    /// Marks `tag` as one that may be acknowledged: its reply is queued, or it has no caller.
    pub(crate) fn finish(&mut self, tag: u64) {
        self.finished.push(tag);
    }

    /// Marks `tag` as settled: it was rejected or requeued, in a frame of its own.
    pub(crate) fn settled(&mut self, tag: u64) {
        self.settle(tag);
    }

    /// Returns the acknowledgements of all tags that have finished since the last flush.
    pub(crate) fn flush(&mut self) -> Vec<Ack> {
        let mut finished = std::mem::take(&mut self.finished);
        finished.sort_unstable();
        finished.iter().for_each(|tag| self.settle(*tag));
        let past_a_gap = finished.split_off(finished.partition_point(|tag| *tag <= self.settled_up_to));
        let mut acks = Vec::with_capacity(1 + past_a_gap.len());
        // The tag itself must be unsettled, or RabbitMQ closes the channel: the last finished one, not the
        // end of the prefix.
        if let Some(tag) = finished.last().copied() {
            acks.push(Ack { tag, multiple: finished.len() > 1 });
        }
        acks.extend(past_a_gap.into_iter().map(|tag| Ack { tag, multiple: false }));
        acks
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

    #[test]
    fn a_run_is_one_frame() {
        let mut window = AckWindow::default();
        for tag in [2, 1, 3] {
            window.finish(tag);
        }
        assert_eq!(window.flush(), [Ack { tag: 3, multiple: true }]);
        window.finish(4);
        assert_eq!(window.flush(), [Ack { tag: 4, multiple: false }]);
        assert_eq!(window.flush(), []);
    }

    #[test]
    fn a_slow_head_holds_nobody_back() {
        let mut window = AckWindow::default();
        for tag in 2..=200 {
            window.finish(tag);
            assert_eq!(window.flush(), [Ack { tag, multiple: false }]);
        }
        assert_eq!(window.settled_runs.len(), 1, "what is remembered does not grow with the calls");
        window.finish(1);
        assert_eq!(window.flush(), [Ack { tag: 1, multiple: false }]);
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
                        window.finish(tag);
                    }
                    Step::Reject(tag) => {
                        unsettled.remove(&tag);
                        window.settled(tag);
                    }
                    Step::Flush => {
                        for Ack { tag, multiple } in window.flush() {
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
