//! The removal of services: waits until their calls have finished.

use std::time::Duration;

use amqp_rpc_transport::BrokerError;

use crate::server::{
    consume::{CANCEL_TIMEOUT, WorkerHandle},
    control::Mode,
    link_failure::LinkFailure,
    reply::InFlightCalls,
    services::{ChangeReply, ServiceId},
    shutdown_report::ShutdownReport,
};

/// Waits for the calls of removed services. Dropped, it tells the caller of the removal which of them did not
/// finish: those that took too long, or all that ran when the connection was lost or the server ended.
pub(super) struct Removal {
    services: Vec<ServiceId>,
    workers: RemovalWorkers,
    in_flight: InFlightCalls,
    reply: Option<ChangeReply<ShutdownReport>>,
}

/// The workers that run calls of the removed services.
pub(super) struct RemovalWorkers {
    /// Workers that end with the removal.
    pub(super) draining: Vec<WorkerHandle>,
    /// Workers whose queue is still consumed for other services.
    pub(super) shared: Vec<WorkerHandle>,
    pub(super) failure: LinkFailure,
}

impl Removal {
    pub(super) fn new(
        services: Vec<ServiceId>,
        workers: RemovalWorkers,
        in_flight: InFlightCalls,
        reply: ChangeReply<ShutdownReport>,
    ) -> Self {
        services.iter().for_each(|service| in_flight.begin_removal(*service));
        Self { services, workers, in_flight, reply: Some(reply) }
    }

    /// Waits for the calls to finish, and cancels them when that takes longer than `drain_timeout`.
    pub(super) async fn complete(self, drain_timeout: Duration) {
        if tokio::time::timeout(drain_timeout, self.finish()).await.is_ok() {
            return;
        }
        for worker in &self.workers.draining {
            worker.enter(Mode::Abort);
        }
        for worker in &self.workers.shared {
            worker.cancel_calls_of(&self.services);
        }
        if tokio::time::timeout(CANCEL_TIMEOUT, self.finish()).await.is_err() {
            for worker in &self.workers.draining {
                if worker.is_of_partition() && !worker.has_ended() {
                    // Its consumer is there, and would keep what is delivered to it for as long as the link lives.
                    let why = "a removed partition was not handed over in time";
                    self.workers.failure.report(BrokerError::new(None, why));
                }
                worker.task.abort();
            }
        }
    }

    async fn finish(&self) {
        for worker in &self.workers.draining {
            worker.ended().await;
        }
        for service in &self.services {
            self.in_flight.until_none_of(*service).await;
        }
    }
}

impl Drop for Removal {
    fn drop(&mut self) {
        let services = self.services.iter();
        let abandoned = services.flat_map(|service| self.in_flight.end_removal(*service)).collect();
        if let Some(reply) = self.reply.take() {
            let _ = reply.send(Ok(ShutdownReport { abandoned }));
        }
    }
}
