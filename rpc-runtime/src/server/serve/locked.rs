//! Runs a call of a method with a lock: reads its key, waits for its turn, and holds the lock until it has ended.

use std::{future::Future, sync::Arc, time::Instant};

use tokio::sync::watch;

use super::{
    dispatch::refuse_expired,
    retry_overloaded::{may_be_retried, retry_while_overloaded},
    run::{run, run_within},
};
use crate::{
    layer::BoxService,
    lock::{Entered, HeldLock, MethodLock, Place},
    message::{Fault, FaultCode, IncomingCall, Reply},
    server::{
        control::Control, large_bodies::LargeBodies, parking::Parking, reply::Unsettled, settings::Settings,
    },
};

/// A call of a method with a lock.
pub(super) struct LockedCall {
    pub(super) lock: MethodLock,
    /// Taken when the request arrived.
    pub(super) place: Place,
    pub(super) service: BoxService,
    pub(super) call: IncomingCall,
    pub(super) unsettled: Unsettled,
}

/// What its task needs of the worker.
pub(super) struct LockedTask {
    pub(super) settings: Arc<Settings>,
    pub(super) parking: Arc<Parking>,
    pub(super) control_rx: watch::Receiver<Control>,
}

impl LockedTask {
    /// Ends when the delivery is settled. Dropped, it gives up its place, or releases the lock, and settles the
    /// delivery as one that has not started or was cancelled.
    ///
    /// The lock is released before the delivery is settled: when the acknowledgement is lost, the redelivered
    /// request finds it free.
    pub(super) async fn run(self, locked: LockedCall) {
        let LockedCall { lock, place, service, call, mut unsettled } = locked;
        let held = match self.hold(&lock, place, &call).await {
            Ok(held) => held,
            Err(fault) => return unsettled.finish(Err(fault)),
        };
        // The method's time limit does not count the time that the call was parked.
        let since = Instant::now();
        let Self { settings, control_rx, .. } = self;
        if may_be_retried(&call, &settings) {
            // It keeps the lock while it is retried, or the next message of its key would overtake it. A shutdown
            // requeues it first, and the lock is released then.
            let running = retry_while_overloaded(unsettled, service, call, since, settings, control_rx);
            let Some((unsettled, outcome)) = held.scope(running).await else { return };
            drop(held);
            return unsettled.finish(outcome);
        }
        let outcome = run_with(&held, &settings, &service, call, since, &mut unsettled).await;
        drop(held);
        unsettled.finish(outcome);
    }

    /// Waits for the lock.
    ///
    /// # Errors
    /// The fault to reply with: the body cannot be decoded, the caller's deadline has passed, or as many calls are
    /// parked as may be. The method did not run.
    async fn hold(&self, lock: &MethodLock, place: Place, call: &IncomingCall) -> Result<HeldLock, Fault> {
        let held = self.enter(lock, place, call);
        until(call.context.deadline(), held).await.unwrap_or_else(|| Err(Fault::expired()))
    }

    /// Reads the key, enters its queue after all calls of the lock that arrived before, and waits for its turn.
    async fn enter(&self, lock: &MethodLock, place: Place, call: &IncomingCall) -> Result<HeldLock, Fault> {
        let key = self.key(lock, call).await?;
        let queued = match place.enter(&key).await {
            Entered::Held(held) => return Ok(held),
            Entered::Queued(queued) => queued,
        };
        drop(key);
        // A message without a caller is not refused, or it would be a dead letter: the prefetch window bounds
        // those that wait.
        let is_bounded = call.context.has_caller();
        let parked = self.parking.park(is_bounded).ok_or_else(|| overflow(call))?;
        let held = queued.turn().await;
        parked.slot().await;
        Ok(held)
    }

    async fn key(&self, lock: &MethodLock, call: &IncomingCall) -> Result<String, Fault> {
        refuse_expired(&call.context)?;
        let Settings { admission, large_bodies, exposes_panics, .. } = &*self.settings;
        if !lock.decodes() {
            return lock.key(call, *exposes_panics);
        }
        // What is decoded here is dropped again: a parked call holds its body as it came.
        match call.encoding {
            None if !LargeBodies::counts(call.body.len()) => lock.key(call, *exposes_panics),
            None => {
                let _alone = large_bodies.decode_alone().await;
                lock.key(call, *exposes_panics)
            }
            Some(encoding) => {
                let _alone = large_bodies.decode_alone().await;
                let inflated = call.again().inflated(encoding, admission.max_request_bytes)?;
                lock.key(&inflated, *exposes_panics)
            }
        }
    }
}

async fn run_with(
    held: &HeldLock,
    settings: &Settings,
    service: &BoxService,
    call: IncomingCall,
    since: Instant,
    unsettled: &mut Unsettled,
) -> Result<Reply, Fault> {
    let call = match call.encoding {
        None => call,
        Some(encoding) => call.inflated(encoding, settings.admission.max_request_bytes)?,
    };
    let _large = settings.large_bodies.hold(call.body.len()).await;
    unsettled.start();
    let limit = settings.time_limits.limit(&call, since);
    // The call is made in the scope, too: a service may look for the lock when it is called.
    let running = async {
        match limit {
            None => run(service, call, settings.exposes_panics).await,
            Some(limit) => run_within(limit, service, call, settings.exposes_panics).await,
        }
    };
    held.scope(running).await
}

async fn until<F: Future>(deadline: Option<Instant>, waiting: F) -> Option<F::Output> {
    match deadline {
        None => Some(waiting.await),
        Some(deadline) => tokio::time::timeout_at(deadline.into(), waiting).await.ok(),
    }
}

fn overflow(call: &IncomingCall) -> Fault {
    let method = call.method();
    let lock = method.lock.map_or(method.full_name, |lock| lock.name);
    Fault::new(FaultCode::Overloaded, format!("too many calls wait for the lock `{lock}`"))
}
