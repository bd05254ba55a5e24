//! Runs a call in a task of the server, so that it is not cancelled when its link is lost.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
    time::Instant,
};

use tokio::{
    sync::{oneshot, watch},
    task::AbortHandle,
};

use super::run::{run, run_within};
use crate::{
    contract::{LockScope, Repetition},
    layer::{BoxService, RpcService},
    lock::held,
    message::{Fault, FaultCode, IncomingCall, Reply},
    server::{
        control::{Control, Mode},
        outliving_calls::DetachedCall,
        services::Route,
        settings::Settings,
    },
};

/// The service of one call whose method is deduplicated, with its layers.
///
/// The broker delivers the request again, and the store has its reply by then. So the call is cancelled only where it
/// would be without a loss: at its time limit, by a shutdown, and by the removal of its service while the link is open.
/// A removal does not find it later.
pub(super) struct OutliveLink {
    pub(super) route: Route,
    pub(super) settings: Arc<Settings>,
    pub(super) control_rx: watch::Receiver<Control>,
}

impl OutliveLink {
    /// The service of the route; in this, if the method is deduplicated.
    pub(super) fn service(
        route: &Route,
        settings: &Arc<Settings>,
        control_rx: &watch::Receiver<Control>,
    ) -> BoxService {
        let method = route.method;
        // A lock in the cluster is lost with the link: the next holder may be another process.
        let loses_lock = method.lock.is_some_and(|lock| lock.scope == LockScope::Cluster);
        if method.repetition != Repetition::Deduplicated || loses_lock {
            return route.service.clone();
        }
        let (settings, control_rx) = (Arc::clone(settings), control_rx.clone());
        BoxService::new(Self { route: route.clone(), settings, control_rx })
    }
}

impl RpcService for OutliveLink {
    fn call(&self, call: IncomingCall) -> impl Future<Output = Result<Reply, Fault>> + Send {
        let Self { route, settings, control_rx } = self;
        let (sender, outcome) = oneshot::channel();
        let (detached, held) = (Arc::new(OnceLock::new()), held());
        let lists_it = Arc::clone(&detached);
        // The task must not hold the settings, which own it.
        let (service, exposes_panics) = (route.service.clone(), settings.exposes_panics);
        let limit = settings.time_limits.limit(&call, Instant::now());
        let task = settings.outliving.spawn(async move {
            let _lists_it = lists_it;
            let running = async {
                match limit {
                    None => run(&service, call, exposes_panics).await,
                    Some(limit) => run_within(limit, &service, call, exposes_panics).await,
                }
            };
            // The task that took the lock ends with the link.
            let outcome = match held {
                None => running.await,
                Some(held) => held.scope(running).await,
            };
            // The link may be lost.
            let _ = sender.send(outcome);
        });
        let (route, settings) = (route.clone(), Arc::clone(settings));
        RunningCall { outcome, task: Some(task), detached, route, settings, control_rx: control_rx.clone() }
    }
}

/// Waits for the outcome. Dropped, because the link was lost, the call runs on.
struct RunningCall {
    outcome: oneshot::Receiver<Result<Reply, Fault>>,
    /// `None` when it has ended.
    task: Option<AbortHandle>,
    /// Shared with the task: the call is listed until it has ended.
    detached: Arc<OnceLock<DetachedCall>>,
    route: Route,
    settings: Arc<Settings>,
    control_rx: watch::Receiver<Control>,
}

impl Future for RunningCall {
    type Output = Result<Reply, Fault>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Poll::Ready(outcome) = Pin::new(&mut self.outcome).poll(cx) else { return Poll::Pending };
        self.task = None;
        Poll::Ready(outcome.unwrap_or_else(|_| {
            let message = "the method was cancelled while it ran; it may have run in part";
            Err(Fault::new(FaultCode::MaybeExecuted, message))
        }))
    }
}

impl Drop for RunningCall {
    fn drop(&mut self) {
        let Some(task) = self.task.take() else { return };
        let is_cancelled = {
            let control = self.control_rx.borrow();
            control.mode == Mode::Abort || control.cancelled.contains(&self.route.service_id)
        };
        let listed = if is_cancelled { None } else { self.settings.outliving.detach(&self.route) };
        match listed {
            Some(listed) => drop(self.detached.set(listed)),
            None => task.abort(),
        }
    }
}
