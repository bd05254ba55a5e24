//! The tasks of the calls that one worker runs.

#[cfg(all(test, not(shuttle)))]
mod tests;

use std::{
    future::{Future, poll_fn},
    task::{Context, Poll},
};

use tokio::task::JoinSet;

use crate::server::{
    control::{Control, Mode},
    services::ServiceId,
};

/// Runs each call in a task. Dropping it cancels them.
#[derive(Debug, Default)]
pub(crate) struct CallTasks {
    /// Kept apart, so that the calls of one service can be cancelled although others share its queue. Nearly
    /// always there is one.
    by_service: Vec<ServiceCalls>,
}

#[derive(Debug)]
struct ServiceCalls {
    service: ServiceId,
    tasks: JoinSet<()>,
}

impl CallTasks {
    pub(super) fn spawn(&mut self, service: ServiceId, call: impl Future<Output = ()> + Send + 'static) {
        let found = self.by_service.iter().position(|calls| calls.service == service);
        let index = found.unwrap_or_else(|| self.add_service(service));
        self.by_service[index].tasks.spawn(call);
    }

    /// The place of a service that had no call here.
    fn add_service(&mut self, service: ServiceId) -> usize {
        // Services are added and removed while the worker stays.
        self.by_service.retain(|calls| !calls.tasks.is_empty());
        self.by_service.push(ServiceCalls { service, tasks: JoinSet::new() });
        self.by_service.len() - 1
    }

    pub(crate) fn len(&self) -> usize {
        self.by_service.iter().map(|calls| calls.tasks.len()).sum()
    }

    /// Waits until a call has ended. `None` when there is none left.
    pub(crate) async fn join_next(&mut self) -> Option<()> {
        poll_fn(|cx| self.poll_join_next(cx)).await
    }

    fn poll_join_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        let mut next = Poll::Ready(None);
        for calls in &mut self.by_service {
            match calls.tasks.poll_join_next(cx) {
                Poll::Ready(Some(_)) => return Poll::Ready(Some(())),
                Poll::Ready(None) => {}
                Poll::Pending => next = Poll::Pending,
            }
        }
        next
    }

    pub(crate) fn try_join_next(&mut self) -> Option<()> {
        self.by_service.iter_mut().find_map(|calls| calls.tasks.try_join_next()).map(drop)
    }

    pub(crate) fn abort_all(&mut self) {
        self.by_service.iter_mut().for_each(|calls| calls.tasks.abort_all());
    }

    /// Cancels the calls that new instructions end. `before`: the mode until now.
    pub(crate) fn follow(&mut self, control: &Control, before: Mode) {
        control.cancelled.iter().for_each(|service| self.abort_calls_of(*service));
        if control.mode == Mode::Abort && before < Mode::Abort {
            self.abort_all();
        }
    }

    fn abort_calls_of(&mut self, service: ServiceId) {
        let of_service = self.by_service.iter_mut().filter(|calls| calls.service == service);
        of_service.for_each(|calls| calls.tasks.abort_all());
    }
}
