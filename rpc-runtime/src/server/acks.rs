//! Which acknowledgements to send: as few frames as possible, and nobody waits for a slow neighbour.

use std::collections::VecDeque;

/// The deliveries of one channel between the first that is unsettled and the last that was heard of.
///
/// Delivery tags count from one. What finished without a gap is acknowledged in one frame; what finished past a gap is
/// acknowledged singly: waiting for the gap would let one slow call use up the prefetch window of all.
#[derive(Debug, Default)]
pub(super) struct AckWindow {
    /// Every tag up to this one is settled.
    settled_up_to: u64,
    /// The marks of the tags after it.
    marks: VecDeque<Mark>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Open,
    /// To be acknowledged at the next flush.
    Finished,
    /// Acknowledged or rejected.
    Settled,
}

/// One `basic.ack`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ack {
    pub(super) tag: u64,
    /// All unsettled tags up to `tag` as well.
    pub(super) multiple: bool,
}

impl AckWindow {
    /// `tag` may be acknowledged: its reply is written, or nobody waits for one.
    pub(super) fn finish(&mut self, tag: u64) {
        self.mark(tag, Mark::Finished);
    }

    /// `tag` was rejected or given back, in a frame of its own.
    pub(super) fn settled(&mut self, tag: u64) {
        self.mark(tag, Mark::Settled);
    }

    /// The acknowledgements of everything that has finished since the last flush.
    pub(super) fn flush(&mut self) -> Vec<Ack> {
        let mut acks = Vec::new();
        self.flush_prefix(&mut acks);
        for (tag, mark) in (self.settled_up_to + 1..).zip(&mut self.marks) {
            if *mark == Mark::Finished {
                *mark = Mark::Settled;
                acks.push(Ack { tag, multiple: false });
            }
        }
        acks
    }

    fn flush_prefix(&mut self, acks: &mut Vec<Ack>) {
        let mut finished = 0;
        let mut last_finished = 0;
        while let Some(Mark::Finished | Mark::Settled) = self.marks.front() {
            self.settled_up_to += 1;
            if self.marks.pop_front() == Some(Mark::Finished) {
                finished += 1;
                last_finished = self.settled_up_to;
            }
        }
        // The tag itself must be unsettled, or RabbitMQ closes the channel: the last finished one, not the end of the prefix.
        if finished > 0 {
            acks.push(Ack { tag: last_finished, multiple: finished > 1 });
        }
    }

    fn mark(&mut self, tag: u64, mark: Mark) {
        let Some(place) = tag.checked_sub(self.settled_up_to + 1) else { return };
        let Ok(place) = usize::try_from(place) else { return };
        if place >= self.marks.len() {
            self.marks.resize(place + 1, Mark::Open);
        }
        // Once settled, always settled: a second answer must not acknowledge twice.
        if self.marks[place] != Mark::Settled {
            self.marks[place] = mark;
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
        window.finish(1);
        assert_eq!(window.flush(), [Ack { tag: 1, multiple: false }]);
        assert!(window.marks.is_empty());
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
            prop_assert!(window.marks.is_empty());
        }
    }
}
