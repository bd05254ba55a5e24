//! The calls that a server has and has not finished: what a shutdown that runs out of time must name, and a removal waits for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use slab::Slab;
use tokio::sync::watch;

use crate::server::{
    services::{Route, ServiceId},
    shutdown_report::AbandonedCall,
};

/// Every call between its admission and its settlement. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct InFlightCalls(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    unfinished: Slab<(ServiceId, AbandonedCall)>,
    /// Of members that depart: their calls that were cancelled since.
    cancelled: Vec<(ServiceId, Vec<AbandonedCall>)>,
    /// Told of every call that leaves, while somebody waits for that.
    leaving: Option<watch::Sender<()>>,
}

/// A call on the roster, until this is dropped.
#[derive(Debug)]
pub(crate) struct InFlightGuard {
    in_flight: InFlightCalls,
    key: usize,
    is_cancelled: bool,
}

impl InFlightCalls {
    /// `runs_once`: the request is not run again when it comes again.
    pub(crate) fn enter(&self, route: &Route, runs_once: bool) -> InFlightGuard {
        let call = AbandonedCall { method: route.method.full_name, at_most_once: runs_once };
        let key = self.calls().unfinished.insert((route.member, call));
        InFlightGuard { in_flight: self.clone(), key, is_cancelled: false }
    }

    /// The calls that are on it now.
    pub(crate) fn list(&self) -> Vec<AbandonedCall> {
        self.calls().unfinished.iter().map(|(_, (_, call))| call.clone()).collect()
    }

    /// From now on it is written down which calls of `member` are cancelled.
    pub(crate) fn begin_removal(&self, member: ServiceId) {
        self.calls().cancelled.push((member, Vec::new()));
    }

    /// The calls of `member` that were cancelled since its departure began, and those that are on it still.
    pub(crate) fn end_removal(&self, member: ServiceId) -> Vec<AbandonedCall> {
        let mut calls = self.calls();
        let ended = calls.cancelled.extract_if(.., |(of, _)| *of == member);
        let mut abandoned: Vec<_> = ended.flat_map(|(_, cancelled)| cancelled).collect();
        let unfinished = calls.unfinished.iter().filter(|(_, (of, _))| *of == member);
        abandoned.extend(unfinished.map(|(_, (_, call))| call.clone()));
        abandoned
    }

    /// Waits until no call of `member` is on it.
    pub(crate) async fn until_none_left(&self, member: ServiceId) {
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

    fn calls(&self) -> MutexGuard<'_, Table> {
        // No code panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn write_down(&mut self, member: ServiceId, cancelled: AbandonedCall) {
        if let Some((_, calls)) = self.cancelled.iter_mut().find(|(of, _)| *of == member) {
            calls.push(cancelled);
        }
    }
}

impl InFlightGuard {
    /// The call leaves without an outcome.
    pub(crate) fn cancel(&mut self) {
        self.is_cancelled = true;
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        let mut calls = self.in_flight.calls();
        let (member, call) = calls.unfinished.remove(self.key);
        if self.is_cancelled {
            calls.write_down(member, call);
        }
        if calls.leaving.as_ref().is_some_and(|leaving| leaving.send(()).is_err()) {
            // Nobody waits any more.
            calls.leaving = None;
        }
    }
}
