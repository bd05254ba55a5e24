//! Calls that run on when their link is lost.

use std::{
    future::{Future, poll_fn},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::{AbortHandle, JoinSet},
    time::timeout,
};

use super::{
    reply::{InFlightCalls, InFlightGuard},
    services::Route,
    shutdown_report::AbandonedCall,
};

/// The most calls that run although their links were lost. What is lost beyond it is cancelled.
const MAX_DETACHED: usize = 1024;

/// How long cancelled calls may take to end. A call that blocks its thread takes longer.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(1);

/// Owns the tasks of these calls. Clones share them; the last one that is dropped cancels them, and none is in a task.
#[derive(Clone, Debug)]
pub(crate) struct OutlivingCalls {
    /// All of them, also those whose links are open.
    tasks: Arc<Mutex<JoinSet<()>>>,
    /// Those whose links were lost: the link lists the others.
    detached: InFlightCalls,
    may_detach: Arc<Semaphore>,
}

/// Lists a call whose link was lost until it is dropped.
#[derive(Debug)]
pub(crate) struct DetachedCall {
    _listed: InFlightGuard,
    _permit: OwnedSemaphorePermit,
}

impl Default for OutlivingCalls {
    fn default() -> Self {
        Self::new(MAX_DETACHED)
    }
}

impl OutlivingCalls {
    fn new(max_detached: usize) -> Self {
        let may_detach = Arc::new(Semaphore::new(max_detached));
        Self { tasks: Arc::default(), detached: InFlightCalls::default(), may_detach }
    }

    pub(crate) fn spawn(&self, call: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        let mut tasks = self.tasks();
        while tasks.try_join_next().is_some() {}
        tasks.spawn(call)
    }

    /// Lists a call whose link was lost. `None` if too many run so: it is to be cancelled.
    pub(crate) fn detach(&self, route: &Route) -> Option<DetachedCall> {
        let permit = Arc::clone(&self.may_detach).try_acquire_owned().ok()?;
        Some(DetachedCall { _listed: self.detached.enter(route, false, None), _permit: permit })
    }

    /// Waits until all have ended, and cancels them after `drain_timeout`. Returns those without a link that were
    /// cancelled.
    pub(crate) async fn finish(&self, drain_timeout: Duration) -> Vec<AbandonedCall> {
        if timeout(drain_timeout, self.all_ended()).await.is_ok() {
            return Vec::new();
        }
        let abandoned = self.detached.list();
        self.tasks().abort_all();
        // What blocks its thread runs on, and is in the list.
        let _ = timeout(CANCEL_TIMEOUT, self.all_ended()).await;
        abandoned
    }

    async fn all_ended(&self) {
        while poll_fn(|cx| self.tasks().poll_join_next(cx)).await.is_some() {}
    }

    fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
        // No code panics while it holds the lock.
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use std::future::pending;

    use super::*;
    use crate::{
        contract::MethodDef,
        layer::{BoxService, RpcService},
        message::{Fault, IncomingCall, Reply},
        server::services::ServiceId,
    };

    const METHOD: &MethodDef = &MethodDef::new("fib", "fib.compute");

    struct Nothing;

    impl RpcService for Nothing {
        async fn call(&self, _: IncomingCall) -> Result<Reply, Fault> {
            Ok(Reply::bytes(Vec::new()))
        }
    }

    fn route() -> Route {
        Route {
            method: METHOD,
            service: BoxService::new(Nothing),
            service_id: ServiceId(0),
            lock: None,
            counters: None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_calls_without_a_link_count_towards_the_bound_and_are_reported() {
        let calls = OutlivingCalls::new(2);
        let tasks: Vec<_> = (0..10).map(|_| calls.spawn(pending())).collect();
        let first = calls.detach(&route());
        let second = calls.detach(&route());
        assert!(first.is_some() && second.is_some(), "those with a link do not count");
        assert!(calls.detach(&route()).is_none(), "it is one too many");
        drop(first);
        let third = calls.detach(&route());
        assert!(third.is_some(), "the first has ended");

        let abandoned = calls.finish(Duration::from_secs(1)).await;
        let expected = AbandonedCall { method: "fib.compute", at_most_once: false };
        assert_eq!(abandoned, [expected.clone(), expected], "their links report the others");
        assert!(tasks.iter().all(AbortHandle::is_finished));
    }
}
