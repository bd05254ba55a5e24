//! The builder of a server.

mod options;
mod services;
mod start;

use std::{fmt, time::Duration};

use super::{
    config::{
        AdmissionRules, Declare, QueueOptions, RedeliveryPolicy, ReplyPolicy, ServerLayers, TimeLimits,
    },
    log::FailureLog,
    services::{Registration, ServiceFilter},
};
use crate::{
    codec::{AnyCodec, Compression},
    idempotency::ChosenStore,
    lock::Locks,
    secrets::Secrets,
};

#[cfg(all(test, not(shuttle)))]
pub(super) use self::start::Checked;

/// Builder of a server: its services and options; [`start`](Self::start) runs it.
#[must_use = "a server does nothing until `start`"]
pub struct Server {
    services: Vec<Registration>,
    filter: ServiceFilter,
    layers: ServerLayers,
    concurrency: u16,
    max_parked: u16,
    locks: Locks,
    coalesce: u16,
    drain_timeout: Duration,
    codecs: Vec<AnyCodec>,
    secrets: Secrets,
    compression: Option<Compression>,
    admission: AdmissionRules,
    max_bytes_in_flight: usize,
    max_reply_bytes: usize,
    exposes_panics: bool,
    failures: FailureLog,
    time_limits: TimeLimits,
    store: ChosenStore,
    namespace: Option<String>,
    declare: Declare,
    queue_options: QueueOptions,
    reflects: bool,
    version: Option<String>,
}

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}

impl Server {
    /// A server without services.
    pub fn new() -> Self {
        const MIB: usize = 1024 * 1024;
        Self {
            services: Vec::new(),
            filter: ServiceFilter::default(),
            layers: ServerLayers::default(),
            concurrency: 64,
            max_parked: 256,
            locks: Locks::new(),
            coalesce: 64,
            drain_timeout: Duration::from_secs(30),
            codecs: Vec::new(),
            secrets: Secrets::NONE,
            compression: None,
            admission: AdmissionRules {
                max_request_bytes: MIB,
                reply_policy: ReplyPolicy::default(),
                redelivered: RedeliveryPolicy::default(),
                authorization: None,
            },
            max_bytes_in_flight: 4 * MIB,
            max_reply_bytes: 16 * MIB,
            exposes_panics: false,
            failures: FailureLog::default(),
            time_limits: TimeLimits::default(),
            store: ChosenStore::default(),
            namespace: None,
            declare: Declare::default(),
            queue_options: QueueOptions::default(),
            reflects: true,
            version: None,
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services: Vec<_> = self.services.iter().map(|service| service.definition.name).collect();
        f.debug_struct("Server")
            .field("services", &services)
            .field("layers", &self.layers.0.len())
            .field("concurrency", &self.concurrency)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}
