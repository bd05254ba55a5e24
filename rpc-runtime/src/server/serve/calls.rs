//! The calls that one worker runs.

#[cfg(all(test, not(shuttle)))]
mod tests;

use std::{
    future::{Future, poll_fn},
    task::{Context, Poll},
};

use tokio::task::JoinSet;

use crate::server::services::ServiceId;

/// Every call is a task. Dropped, it cancels them.
#[derive(Debug, Default)]
pub(crate) struct CallTasks {
    /// Apart, so that those of one member can be cancelled, whoever shared its queue when they began. Nearly always there is one.
    by_member: Vec<(ServiceId, JoinSet<()>)>,
}

impl CallTasks {
    pub(crate) fn spawn(&mut self, member: ServiceId, call: impl Future<Output = ()> + Send + 'static) {
        let found = self.by_member.iter().position(|(of, _)| *of == member);
        let index = found.unwrap_or_else(|| self.begin(member));
        self.by_member[index].1.spawn(call);
    }

    /// The place of a member that had no call here.
    fn begin(&mut self, member: ServiceId) -> usize {
        // Members come and go, and their worker stays.
        self.by_member.retain(|(_, calls)| !calls.is_empty());
        self.by_member.push((member, JoinSet::new()));
        self.by_member.len() - 1
    }

    pub(crate) fn len(&self) -> usize {
        self.by_member.iter().map(|(_, calls)| calls.len()).sum()
    }

    /// `None` when there is none left.
    pub(crate) async fn join_next(&mut self) -> Option<()> {
        poll_fn(|cx| self.poll_join_next(cx)).await
    }

    fn poll_join_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        let mut next = Poll::Ready(None);
        for (_, calls) in &mut self.by_member {
            match calls.poll_join_next(cx) {
                Poll::Ready(Some(_)) => return Poll::Ready(Some(())),
                Poll::Ready(None) => {}
                Poll::Pending => next = Poll::Pending,
            }
        }
        next
    }

    pub(crate) fn try_join_next(&mut self) -> Option<()> {
        self.by_member.iter_mut().find_map(|(_, calls)| calls.try_join_next()).map(drop)
    }

    pub(crate) fn abort_all(&mut self) {
        self.by_member.iter_mut().for_each(|(_, calls)| calls.abort_all());
    }

    pub(crate) fn abort_those_of(&mut self, member: ServiceId) {
        let its = self.by_member.iter_mut().filter(|(of, _)| *of == member);
        its.for_each(|(_, calls)| calls.abort_all());
    }
}
