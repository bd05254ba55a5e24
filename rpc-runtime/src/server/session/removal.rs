//! The calls that what was removed has still to finish.

use std::time::Duration;

use crate::server::{
    consume::{Mode, WorkerHandle},
    reply::InFlightCalls,
    services::{Done, ServiceId},
    shutdown_report::ShutdownReport,
};

/// How long cancelled calls may take to let go. One that blocks its thread does not.
pub(crate) const CANCEL_TIMEOUT: Duration = Duration::from_secs(1);

/// What was removed, and has calls to finish. Dropped, it tells whoever asked for it which of them did not: those that took too long, or
/// all that ran when the connection was lost or the server ended.
pub(crate) struct Removal {
    leaving: Vec<ServiceId>,
    /// Of workers that end with it.
    let_go: Vec<WorkerHandle>,
    /// Of workers that stay.
    shared: Vec<WorkerHandle>,
    in_flight: InFlightCalls,
    done: Option<Done<ShutdownReport>>,
}

impl Removal {
    pub(crate) fn new(
        leaving: Vec<ServiceId>,
        let_go: Vec<WorkerHandle>,
        shared: Vec<WorkerHandle>,
        in_flight: InFlightCalls,
        done: Done<ShutdownReport>,
    ) -> Self {
        leaving.iter().for_each(|member| in_flight.begin_removal(*member));
        Self { leaving, let_go, shared, in_flight, done: Some(done) }
    }

    /// Waits for the calls to finish, and cancels them when that takes longer than `drain_timeout`.
    pub(crate) async fn complete(self, drain_timeout: Duration) {
        if tokio::time::timeout(drain_timeout, self.finish()).await.is_ok() {
            return;
        }
        for post in &self.let_go {
            post.mode(Mode::Abort);
        }
        for post in &self.shared {
            post.told.send_modify(|told| told.given_up.extend(&self.leaving));
        }
        if tokio::time::timeout(CANCEL_TIMEOUT, self.finish()).await.is_err() {
            for post in &self.let_go {
                post.worker.abort();
            }
        }
    }

    async fn finish(&self) {
        for post in &self.let_go {
            post.told.closed().await;
        }
        for member in &self.leaving {
            self.in_flight.until_none_left(*member).await;
        }
    }
}

impl Drop for Removal {
    fn drop(&mut self) {
        let leaving = self.leaving.iter();
        let abandoned = leaving.flat_map(|member| self.in_flight.end_removal(*member)).collect();
        if let Some(done) = self.done.take() {
            let _ = done.send(Ok(ShutdownReport { abandoned }));
        }
    }
}
