//! Starts a server: checks its settings, connects, declares and consumes.

use std::sync::Arc;

use amqp_rpc_transport::{ConnectOptions, Inbound, connect_first};

use super::Server;
use crate::{
    error::StartError,
    server::{
        config::{ServiceSettings, TimeLimits},
        handle::RunningServer,
        large_bodies::LargeBodies,
        outliving_calls::OutlivingCalls,
        reflection::Instance,
        services::ServiceSet,
        session::Link,
        settings::Settings,
    },
    wire::namespace::Namespace,
};

/// A server whose settings are valid.
pub(crate) struct Checked {
    pub(crate) settings: Settings,
    pub(crate) services: ServiceSet,
}

impl Server {
    /// Connects, declares queues and exchanges, and returns when every consumer is live. Dropping the future
    /// ends the attempt and closes its connection: requests that were delivered over it stay in their queues;
    /// what was declared stays declared.
    ///
    /// # Errors
    /// See [`StartError`]; each variant says what to do.
    pub async fn start(self, options: impl Into<ConnectOptions>) -> Result<RunningServer, StartError> {
        let (Checked { settings, services }, options) = (self.check()?, options.into());
        let settings = Arc::new(settings);
        // Nothing that a server publishes is mandatory, so no message is returned.
        let inbound =
            Inbound { max_body_bytes: settings.admission.max_request_bytes, on_return: Arc::default() };
        let first = connect_first(&options, &inbound, |connection| {
            let (settings, services) = (Arc::clone(&settings), &services);
            async move { Link::first(&settings, services, connection).await }
        });
        let first = first.await?;
        log_what_becomes_of_late_calls(&settings, &services);
        Ok(RunningServer::supervise(settings, services, options, inbound, first))
    }

    /// Validates the settings, without a connection.
    pub(crate) fn check(self) -> Result<Checked, StartError> {
        if self.concurrency == 0 {
            // For AMQP zero means without limit, which is never intended.
            return Err(StartError::InvalidOption("concurrency must be at least 1".into()));
        }
        if self.concurrency.checked_add(self.max_parked).is_none() {
            // They are prefetched together.
            return Err(StartError::InvalidOption(
                "concurrency and max_parked must be at most 65535 together".into(),
            ));
        }
        if self.coalesce == 0 {
            return Err(StartError::InvalidOption("coalesce must be at least 1".into()));
        }
        if self.max_bytes_in_flight == 0 {
            return Err(StartError::InvalidOption("max_bytes_in_flight must be at least 1".into()));
        }
        if self.time_limits.handler_timeout.is_some_and(|timeout| timeout.is_zero()) {
            return Err(StartError::InvalidOption("handler_timeout must be longer than zero".into()));
        }
        let namespace = match &self.namespace {
            Some(name) => Namespace::parse(name).map_err(StartError::InvalidOption)?,
            None => Namespace::default(),
        };
        let deduplication =
            self.store.open(&namespace, self.exposes_panics).map_err(StartError::InvalidOption)?;
        let settings = Settings {
            services: ServiceSettings {
                namespace,
                layers: self.layers,
                queue_options: self.queue_options,
                declare: self.declare,
                deduplication,
                concurrency: self.concurrency,
                max_parked: self.max_parked,
                locks: self.locks,
                reflection: self.reflects.then(|| Arc::new(Instance::new(self.version))),
            },
            coalesce: self.coalesce,
            codecs: self.codecs,
            secrets: self.secrets,
            compression: self.compression,
            admission: self.admission,
            time_limits: self.time_limits,
            large_bodies: LargeBodies::new(self.max_bytes_in_flight),
            max_reply_bytes: self.max_reply_bytes,
            exposes_panics: self.exposes_panics,
            failures: Arc::new(self.failures),
            counters: Arc::default(),
            remembered: Arc::default(),
            outliving: OutlivingCalls::default(),
            drain_timeout: self.drain_timeout,
        };
        let services = ServiceSet::new(self.filter.select(self.services)?, &settings.services)?;
        services.show(&settings.services);
        Ok(Checked { settings, services })
    }
}

/// Logs that calls run on after their callers have stopped waiting. When they fill a server it answers nothing, and
/// this line tells why, and what ends them.
fn log_what_becomes_of_late_calls(settings: &Settings, services: &ServiceSet) {
    let TimeLimits { handler_timeout, cancels_late } = settings.time_limits;
    if handler_timeout.is_none() && !cancels_late && services.has_calls_that_may_be_abandoned() {
        tracing::info!(
            concurrency = settings.services.concurrency,
            "calls run to their end also when their callers have stopped waiting, and take up `concurrency` until \
             then; `RunningServer::stats` counts them (`abandoned_calls`), `handler_timeout` and \
             `cancel_when_late` end them"
        );
    }
}
