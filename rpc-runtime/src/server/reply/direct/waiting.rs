//! The replies to direct addresses that are not on their way: which go next, which go alone, and how many there may be.

use std::collections::VecDeque;

use amqp_rpc_transport::Addressed;

/// So many wait at most, whatever happens; the oldest make way.
const MOST: usize = 1024;
/// And so much, for their bodies may be large. One alone may be larger.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// A reply, and the request that is settled when the broker has it.
pub(crate) struct DirectReply<M = Addressed> {
    /// `None` once the request was acknowledged.
    pub(super) tag: Option<u64>,
    /// For the log.
    pub(super) address: String,
    pub(super) body_bytes: usize,
    pub(super) message: M,
}

/// In the order of their sending. Those in front may be suspects: each was on its way when a connection broke.
pub(super) struct PendingReplies<M = Addressed> {
    replies: VecDeque<DirectReply<M>>,
    suspects: usize,
    /// How many requests may stay unacknowledged behind a connection that does not work.
    unacknowledged: usize,
}

/// What is given up so that the server can go on.
pub(super) struct Shed<M> {
    /// Requests to acknowledge although their reply still waits.
    pub(super) acknowledge: Vec<u64>,
    /// Replies that nobody will get.
    pub(super) lost: Vec<DirectReply<M>>,
}

impl<M> PendingReplies<M> {
    pub(super) fn new(unacknowledged: usize) -> Self {
        Self { replies: VecDeque::new(), suspects: 0, unacknowledged }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.replies.is_empty()
    }

    pub(super) fn push(&mut self, reply: DirectReply<M>) {
        self.replies.push_back(reply);
    }

    /// The next reply, and whether it must go alone.
    pub(super) fn pop(&mut self) -> Option<(DirectReply<M>, bool)> {
        let is_suspect = self.is_suspect();
        self.suspects = self.suspects.saturating_sub(1);
        Some((self.replies.pop_front()?, is_suspect))
    }

    /// Whether the next one must go alone.
    pub(super) fn is_suspect(&self) -> bool {
        self.suspects > 0
    }

    /// These were on their way when the connection broke: one of them broke it. They are sent again, each alone.
    pub(super) fn suspect(&mut self, sent: impl DoubleEndedIterator<Item = DirectReply<M>>) {
        for reply in sent.rev() {
            self.replies.push_front(reply);
            self.suspects += 1;
        }
    }

    /// While the connection does not work: unacknowledged requests take up the server's prefetch windows, which other callers need.
    /// Those whose replies are on their way are the oldest.
    pub(super) fn relieve<'a>(
        &mut self,
        on_their_way: impl Iterator<Item = &'a mut DirectReply<M>>,
    ) -> Shed<M>
    where
        M: 'a,
    {
        let mut lost = Vec::new();
        let mut bytes: usize = self.replies.iter().map(|reply| reply.body_bytes).sum();
        while self.replies.len() > MOST || (bytes > MOST_BYTES && self.replies.len() > 1) {
            let Some((oldest, _)) = self.pop() else { break };
            bytes -= oldest.body_bytes;
            lost.push(oldest);
        }
        let tags =
            on_their_way.map(|reply| &mut reply.tag).chain(self.replies.iter_mut().map(|it| &mut it.tag));
        let held: Vec<_> = tags.filter(|tag| tag.is_some()).collect();
        let excess = held.len().saturating_sub(self.unacknowledged);
        let acknowledge = held.into_iter().take(excess).filter_map(Option::take).collect();
        Shed { acknowledge, lost }
    }
}

#[cfg(test)]
mod tests {
    use std::iter;

    use super::*;

    fn reply(tag: u64) -> DirectReply<()> {
        reply_of(tag, 100)
    }

    fn reply_of(tag: u64, body_bytes: usize) -> DirectReply<()> {
        DirectReply { tag: Some(tag), address: String::new(), body_bytes, message: () }
    }

    fn order(waiting: &mut PendingReplies<()>) -> Vec<(Option<u64>, bool)> {
        iter::from_fn(|| waiting.pop()).map(|(reply, alone)| (reply.tag, alone)).collect()
    }

    #[test]
    fn what_broke_a_connection_goes_first_and_alone() {
        let mut waiting = PendingReplies::new(10);
        waiting.push(reply(3));
        waiting.suspect([reply(1), reply(2)].into_iter());
        waiting.push(reply(4));
        assert_eq!(
            order(&mut waiting),
            [(Some(1), true), (Some(2), true), (Some(3), false), (Some(4), false)]
        );
        assert!(!waiting.is_suspect());
    }

    #[test]
    fn a_broken_connection_holds_only_its_share_of_the_window() {
        let mut waiting = PendingReplies::new(2);
        for tag in 1..=5 {
            waiting.push(reply(tag));
        }
        let relief = waiting.relieve(iter::empty());
        assert_eq!((relief.acknowledge, relief.lost.len()), (vec![1, 2, 3], 0));
        waiting.push(reply(6));
        assert_eq!(waiting.relieve(iter::empty()).acknowledge, [4]);
        let tags: Vec<_> = order(&mut waiting).into_iter().map(|(tag, _)| tag).collect();
        assert_eq!(tags, [None, None, None, None, Some(5), Some(6)], "all of them are still sent");
    }

    #[test]
    fn replies_on_their_way_count_among_those_that_hold_a_window() {
        let mut waiting = PendingReplies::new(2);
        let mut sent = [reply(1), reply(2), reply(3)];
        waiting.push(reply(4));
        assert_eq!(waiting.relieve(sent.iter_mut()).acknowledge, [1, 2]);
        assert_eq!(sent.map(|reply| reply.tag), [None, None, Some(3)]);
        assert_eq!(order(&mut waiting), [(Some(4), false)]);
    }

    #[test]
    fn the_oldest_make_way_when_there_are_too_many() {
        let mut waiting = PendingReplies::new(0);
        waiting.suspect([reply(1), reply(2), reply(3)].into_iter());
        for tag in 4..=MOST as u64 + 2 {
            waiting.push(reply(tag));
        }
        let relief = waiting.relieve(iter::empty());
        let lost: Vec<_> = relief.lost.iter().map(|reply| reply.tag).collect();
        assert_eq!(lost, [Some(1), Some(2)], "their requests are still to be acknowledged");
        assert_eq!(relief.acknowledge.len(), MOST);
        assert_eq!(waiting.pop().map(|(_, alone)| alone), Some(true));
        assert_eq!(waiting.pop().map(|(_, alone)| alone), Some(false));
    }

    #[test]
    fn large_ones_make_way_sooner() {
        let mut waiting = PendingReplies::new(10);
        for tag in 1..=3 {
            waiting.push(reply_of(tag, MOST_BYTES / 2));
        }
        let lost = |waiting: &mut PendingReplies<()>| -> Vec<_> {
            waiting.relieve(iter::empty()).lost.iter().map(|reply| reply.tag).collect()
        };
        assert_eq!(lost(&mut waiting), [Some(1)]);
        waiting.push(reply_of(4, 2 * MOST_BYTES));
        assert_eq!(lost(&mut waiting), [Some(2), Some(3)], "one alone may be larger");
    }
}
