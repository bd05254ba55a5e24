//! The calls that one worker runs.

use std::future::Future;

use tokio::task::{AbortHandle, JoinSet};

use super::composition::MemberId;

/// Every call is a task. Dropped, it cancels them.
#[derive(Debug, Default)]
pub(super) struct Calls {
    running: JoinSet<()>,
    /// Of queues that several services share: whose calls they are, so that those of one can be cancelled. Some have ended.
    owned: Vec<(MemberId, AbortHandle)>,
}

impl Calls {
    /// `shares`: there are calls of other members here as well.
    pub(super) fn spawn(
        &mut self,
        member: MemberId,
        shares: bool,
        call: impl Future<Output = ()> + Send + 'static,
    ) {
        const FEW: usize = 32;
        let handle = self.running.spawn(call);
        if !shares {
            return;
        }
        if self.owned.len() >= self.running.len().max(FEW) * 2 {
            self.owned.retain(|(_, call)| !call.is_finished());
        }
        self.owned.push((member, handle));
    }

    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    /// `None` when there is none left.
    pub(super) async fn join_next(&mut self) -> Option<()> {
        self.running.join_next().await.map(drop)
    }

    pub(super) fn try_join_next(&mut self) -> Option<()> {
        self.running.try_join_next().map(drop)
    }

    pub(super) fn abort_all(&mut self) {
        self.running.abort_all();
    }

    pub(super) fn abort_those_of(&mut self, member: MemberId) {
        for (_, call) in self.owned.iter().filter(|(of, _)| *of == member) {
            call.abort();
        }
    }
}
