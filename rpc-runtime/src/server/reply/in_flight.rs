//! The calls in flight: those that a shutdown must name when its time is over, and that a removal waits for.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use slab::Slab;
use tokio::sync::watch;

use crate::server::{
    services::{Route, ServiceId},
    shutdown_report::AbandonedCall,
};

/// Lists every call between its admission and its settlement. Clones share the list.
#[derive(Clone, Debug, Default)]
pub(crate) struct InFlightCalls(Arc<Mutex<Calls>>);

#[derive(Debug, Default)]
struct Calls {
    unfinished: Slab<InFlightCall>,
    removals: Vec<RemovalRecord>,
    /// Notified whenever a call ends, while a removal waits for that.
    ended: Option<watch::Sender<()>>,
}

#[derive(Debug)]
struct InFlightCall {
    service: ServiceId,
    call: AbandonedCall,
    /// When its caller stops waiting, if there is one and the request says so.
    deadline: Option<Instant>,
    /// It ends without an outcome.
    is_cancelled: bool,
}

/// A service that is being removed, with those of its calls that were cancelled meanwhile.
#[derive(Debug)]
struct RemovalRecord {
    service: ServiceId,
    cancelled: Vec<AbandonedCall>,
}

/// Keeps a call in the list until it is dropped.
#[derive(Debug)]
pub(crate) struct InFlightGuard {
    in_flight: InFlightCalls,
    key: usize,
}

impl InFlightCalls {
    /// Adds a call whose caller waits until `deadline`. With `runs_once` its request is not run again when it is
    /// redelivered.
    pub(crate) fn enter(&self, route: &Route, runs_once: bool, deadline: Option<Instant>) -> InFlightGuard {
        let call = AbandonedCall { method: route.method.full_name, at_most_once: runs_once };
        let entered = InFlightCall { service: route.service_id, call, deadline, is_cancelled: false };
        let key = self.calls().unfinished.insert(entered);
        InFlightGuard { in_flight: self.clone(), key }
    }

    /// The calls that are in flight now.
    pub(crate) fn list(&self) -> Vec<AbandonedCall> {
        self.calls().unfinished.iter().map(|(_, in_flight)| in_flight.call.clone()).collect()
    }

    /// How many calls are in flight whose callers have stopped waiting by `now`.
    pub(crate) fn count_late(&self, now: Instant) -> usize {
        let is_late = |call: &InFlightCall| call.deadline.is_some_and(|deadline| deadline <= now);
        self.calls().unfinished.iter().filter(|(_, call)| is_late(call)).count()
    }

    /// Records from now on which calls of `service` are cancelled.
    pub(crate) fn begin_removal(&self, service: ServiceId) {
        self.calls().removals.push(RemovalRecord { service, cancelled: Vec::new() });
    }

    /// The calls of `service` that were cancelled since its removal began, and those that are still in
    /// flight.
    pub(crate) fn end_removal(&self, service: ServiceId) -> Vec<AbandonedCall> {
        let mut calls = self.calls();
        let ended = calls.removals.extract_if(.., |removal| removal.service == service);
        let mut abandoned: Vec<_> = ended.flat_map(|removal| removal.cancelled).collect();
        let unfinished = calls.unfinished.iter().filter(|(_, in_flight)| in_flight.service == service);
        abandoned.extend(unfinished.map(|(_, in_flight)| in_flight.call.clone()));
        abandoned
    }

    /// Waits until no call of `service` is in flight.
    pub(crate) async fn until_none_of(&self, service: ServiceId) {
        loop {
            let mut ended = {
                let mut calls = self.calls();
                if calls.unfinished.iter().all(|(_, in_flight)| in_flight.service != service) {
                    return;
                }
                calls.ended.get_or_insert_with(|| watch::Sender::new(())).subscribe()
            };
            if ended.changed().await.is_err() {
                return;
            }
        }
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        // No code panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Calls {
    fn record_cancelled(&mut self, cancelled: InFlightCall) {
        if let Some(removal) = self.removals.iter_mut().find(|removal| removal.service == cancelled.service) {
            removal.cancelled.push(cancelled.call);
        }
    }
}

impl InFlightGuard {
    /// Marks the call as one that ends without an outcome.
    pub(super) fn cancel(&self) {
        if let Some(call) = self.in_flight.calls().unfinished.get_mut(self.key) {
            call.is_cancelled = true;
        }
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        let mut calls = self.in_flight.calls();
        let ended = calls.unfinished.remove(self.key);
        if ended.is_cancelled {
            calls.record_cancelled(ended);
        }
        if calls.ended.as_ref().is_some_and(|ended| ended.send(()).is_err()) {
            // No removal waits any more.
            calls.ended = None;
        }
    }
}
