//! The settings of a server, which stay the same over all its connections.

use std::{sync::Arc, time::Duration};

use super::{
    begun::RememberedMessages,
    config::{AdmissionRules, ServiceSettings, TimeLimits},
    large_bodies::LargeBodies,
    log::FailureLog,
    outliving_calls::OutlivingCalls,
    stats::Counters,
};
use crate::{
    codec::{AnyCodec, Compression},
    secrets::Secrets,
};

/// The settings of a server. Its services can change while it runs; these cannot.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) services: ServiceSettings,
    /// The most calls in one message; 1 for no sharing.
    pub(crate) coalesce: u16,
    /// The user's codecs.
    pub(crate) codecs: Vec<AnyCodec>,
    /// The keys of secrets.
    pub(crate) secrets: Secrets,
    /// The compression of replies, for callers that read it.
    pub(crate) compression: Option<Compression>,
    pub(crate) admission: AdmissionRules,
    pub(crate) time_limits: TimeLimits,
    /// Shared by all queues, and by all links.
    pub(crate) large_bodies: LargeBodies,
    pub(crate) max_reply_bytes: usize,
    pub(crate) exposes_panics: bool,
    pub(crate) failures: Arc<FailureLog>,
    pub(crate) counters: Arc<Counters>,
    /// Shared by all links and queues.
    pub(crate) remembered: Arc<RememberedMessages>,
    /// Calls that are not cancelled with their link.
    pub(crate) outliving: OutlivingCalls,
    pub(crate) drain_timeout: Duration,
}
