//! The replies to direct addresses that wait to be sent: their order, which of them go alone, and how many
//! may wait.

use std::collections::VecDeque;

use amqp_rpc_transport::AddressedMessage;
use smol_str::SmolStr;

/// So many replies wait at most; the oldest are dropped.
const MAX_REPLIES: usize = 1024;
/// And so many bytes, for bodies may be large. A single reply may be larger.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// A reply, and the request that is settled once the broker has confirmed it.
pub(crate) struct DirectReply<M = AddressedMessage> {
    /// The request's delivery tag. `None` once the request was acknowledged.
    pub(super) tag: Option<u64>,
    /// For the log.
    pub(super) address: SmolStr,
    pub(super) body_bytes: usize,
    pub(super) message: M,
}

/// The replies that wait, in the order of their sending. Those in front may be suspects: each was unconfirmed
/// when a connection broke, and one of them may have broken it.
pub(super) struct ReplyBacklog<M = AddressedMessage> {
    replies: VecDeque<DirectReply<M>>,
    suspects: usize,
    /// How many requests may stay unacknowledged while the connection does not work.
    max_unacknowledged: usize,
}

/// The excess of a backlog that holds too much.
pub(super) struct Released<M> {
    /// Requests to acknowledge although their reply still waits.
    pub(super) acknowledge: Vec<u64>,
    /// Replies that are not sent.
    pub(super) dropped: Vec<DirectReply<M>>,
}

impl<M> ReplyBacklog<M> {
    pub(super) fn new(max_unacknowledged: usize) -> Self {
        Self { replies: VecDeque::new(), suspects: 0, max_unacknowledged }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.replies.is_empty()
    }

    pub(super) fn push(&mut self, reply: DirectReply<M>) {
        self.replies.push_back(reply);
    }

    /// Takes the next reply. Ask [`begins_with_suspect`](Self::begins_with_suspect) before whether it must be
    /// sent alone.
    pub(super) fn pop(&mut self) -> Option<DirectReply<M>> {
        self.suspects = self.suspects.saturating_sub(1);
        self.replies.pop_front()
    }

    /// Returns whether the next reply must be sent alone.
    pub(super) fn begins_with_suspect(&self) -> bool {
        self.suspects > 0
    }

    /// Takes back the replies that were unconfirmed when the connection broke. They are sent again, each
    /// alone.
    pub(super) fn push_suspects(&mut self, unconfirmed: impl DoubleEndedIterator<Item = DirectReply<M>>) {
        for reply in unconfirmed.rev() {
            self.replies.push_front(reply);
            self.suspects += 1;
        }
    }

    /// Releases what is too much while the connection does not work: unacknowledged requests take up the
    /// server's prefetch windows, which other callers need. The replies that are `unconfirmed` are the
    /// oldest.
    pub(super) fn release<'a>(
        &mut self,
        unconfirmed: impl Iterator<Item = &'a mut DirectReply<M>>,
    ) -> Released<M>
    where
        M: 'a,
    {
        let mut dropped = Vec::new();
        let mut bytes: usize = self.replies.iter().map(|reply| reply.body_bytes).sum();
        while self.replies.len() > MAX_REPLIES || (bytes > MAX_BYTES && self.replies.len() > 1) {
            let Some(oldest) = self.pop() else { break };
            bytes -= oldest.body_bytes;
            dropped.push(oldest);
        }
        let waiting = self.replies.iter_mut().map(|reply| &mut reply.tag);
        let tags = unconfirmed.map(|reply| &mut reply.tag).chain(waiting);
        let unacknowledged: Vec<_> = tags.filter(|tag| tag.is_some()).collect();
        let excess = unacknowledged.len().saturating_sub(self.max_unacknowledged);
        let acknowledge = unacknowledged.into_iter().take(excess).filter_map(Option::take).collect();
        Released { acknowledge, dropped }
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
        DirectReply { tag: Some(tag), address: SmolStr::default(), body_bytes, message: () }
    }

    fn order(backlog: &mut ReplyBacklog<()>) -> Vec<(Option<u64>, bool)> {
        iter::from_fn(|| pop(backlog)).collect()
    }

    fn pop(backlog: &mut ReplyBacklog<()>) -> Option<(Option<u64>, bool)> {
        let alone = backlog.begins_with_suspect();
        backlog.pop().map(|reply| (reply.tag, alone))
    }

    #[test]
    fn what_broke_a_connection_goes_first_and_alone() {
        let mut backlog = ReplyBacklog::new(10);
        backlog.push(reply(3));
        backlog.push_suspects([reply(1), reply(2)].into_iter());
        backlog.push(reply(4));
        assert_eq!(
            order(&mut backlog),
            [(Some(1), true), (Some(2), true), (Some(3), false), (Some(4), false)]
        );
        assert!(!backlog.begins_with_suspect());
    }

    #[test]
    fn a_broken_connection_holds_only_its_share_of_the_window() {
        let mut backlog = ReplyBacklog::new(2);
        for tag in 1..=5 {
            backlog.push(reply(tag));
        }
        let released = backlog.release(iter::empty());
        assert_eq!((released.acknowledge, released.dropped.len()), (vec![1, 2, 3], 0));
        backlog.push(reply(6));
        assert_eq!(backlog.release(iter::empty()).acknowledge, [4]);
        let tags: Vec<_> = order(&mut backlog).into_iter().map(|(tag, _)| tag).collect();
        assert_eq!(tags, [None, None, None, None, Some(5), Some(6)], "all of them are still sent");
    }

    #[test]
    fn replies_on_their_way_count_among_those_that_hold_a_window() {
        let mut backlog = ReplyBacklog::new(2);
        let mut sent = [reply(1), reply(2), reply(3)];
        backlog.push(reply(4));
        assert_eq!(backlog.release(sent.iter_mut()).acknowledge, [1, 2]);
        assert_eq!(sent.map(|reply| reply.tag), [None, None, Some(3)]);
        assert_eq!(order(&mut backlog), [(Some(4), false)]);
    }

    #[test]
    fn the_oldest_make_way_when_there_are_too_many() {
        let mut backlog = ReplyBacklog::new(0);
        backlog.push_suspects([reply(1), reply(2), reply(3)].into_iter());
        for tag in 4..=MAX_REPLIES as u64 + 2 {
            backlog.push(reply(tag));
        }
        let released = backlog.release(iter::empty());
        let dropped: Vec<_> = released.dropped.iter().map(|reply| reply.tag).collect();
        assert_eq!(dropped, [Some(1), Some(2)], "their requests are still to be acknowledged");
        assert_eq!(released.acknowledge.len(), MAX_REPLIES);
        assert_eq!(pop(&mut backlog).map(|(_, alone)| alone), Some(true));
        assert_eq!(pop(&mut backlog).map(|(_, alone)| alone), Some(false));
    }

    #[test]
    fn large_ones_make_way_sooner() {
        let mut backlog = ReplyBacklog::new(10);
        for tag in 1..=3 {
            backlog.push(reply_of(tag, MAX_BYTES / 2));
        }
        let dropped = |backlog: &mut ReplyBacklog<()>| -> Vec<_> {
            backlog.release(iter::empty()).dropped.iter().map(|reply| reply.tag).collect()
        };
        assert_eq!(dropped(&mut backlog), [Some(1)]);
        backlog.push(reply_of(4, 2 * MAX_BYTES));
        assert_eq!(dropped(&mut backlog), [Some(2), Some(3)], "one alone may be larger");
    }
}
