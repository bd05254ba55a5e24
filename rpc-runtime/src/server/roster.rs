//! The calls that a server has and has not finished: what a shutdown that runs out of time must name, and a removal waits for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use slab::Slab;
use tokio::sync::watch;

use super::{composition::MemberId, routes::Route, shutdown::AbandonedCall};

/// Every call between its admission and its settlement. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Roster(Arc<Mutex<Calls>>);

#[derive(Debug, Default)]
struct Calls {
    unfinished: Slab<(MemberId, AbandonedCall)>,
    /// Told of every call that leaves, while somebody waits for that.
    leaving: Option<watch::Sender<()>>,
}

/// A call on the roster, until this is dropped.
#[derive(Debug)]
pub(super) struct Entry {
    roster: Roster,
    key: usize,
}

impl Roster {
    /// `runs_once`: the request is not run again when it comes again.
    pub(super) fn enter(&self, route: &Route, runs_once: bool) -> Entry {
        let call = AbandonedCall { method: route.method.full_name, at_most_once: runs_once };
        Entry { key: self.calls().unfinished.insert((route.member, call)), roster: self.clone() }
    }

    /// The calls that are on it now.
    pub(super) fn list(&self) -> Vec<AbandonedCall> {
        self.calls().unfinished.iter().map(|(_, (_, call))| call.clone()).collect()
    }

    /// Those of one member.
    pub(super) fn list_of(&self, member: MemberId) -> Vec<AbandonedCall> {
        let calls = self.calls();
        let of_member = calls.unfinished.iter().filter(|(_, (of, _))| *of == member);
        of_member.map(|(_, (_, call))| call.clone()).collect()
    }

    /// Waits until no call of `member` is on it.
    pub(super) async fn until_left(&self, member: MemberId) {
        loop {
            let mut left = {
                let mut calls = self.calls();
                if calls.unfinished.iter().all(|(_, (of, _))| *of != member) {
                    return;
                }
                calls.leaving.get_or_insert_with(|| watch::Sender::new(())).subscribe()
            };
            if left.changed().await.is_err() {
                return;
            }
        }
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        // No code panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut calls = self.roster.calls();
        calls.unfinished.remove(self.key);
        if calls.leaving.as_ref().is_some_and(|leaving| leaving.send(()).is_err()) {
            // Nobody waits any more.
            calls.leaving = None;
        }
    }
}
