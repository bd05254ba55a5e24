//! How a message is delivered: its time, whether it may be sent again, and how often it was.

use std::{sync::Arc, time::Duration};

use amqp_rpc_transport::Disconnect;

use crate::{
    codec::AnyCodec,
    error::{Awaited, ErrorMaps},
};

/// How often a message is sent again at most: one that is itself the reason why links are lost, or that no
/// server starts, must come to an end without taking all others with it.
const MAX_REPETITIONS: u32 = 8;

/// Says how long a message may take, whether it may be sent again, and how its reply is read.
#[derive(Clone, Debug)]
pub(crate) struct CallPolicy {
    pub(crate) timeout: Duration,
    /// The timeout is what was left of the time of the call that this one is made for.
    pub(crate) inherited: bool,
    pub(crate) idempotent: bool,
    pub(crate) awaited: Awaited,
    /// Makes the method's own errors of other servers' errors.
    pub(crate) error_maps: Option<Arc<ErrorMaps>>,
    /// The codec that the message was written in.
    pub(crate) codec: AnyCodec,
}

/// The policy of a message, and the attempts that were made under it.
#[derive(Debug)]
pub(crate) struct RetryState {
    pub(crate) policy: CallPolicy,
    /// Allocated with the first repetition: most messages are sent once, and every future of a call has room
    /// for this.
    repeated: Option<Box<Repeated>>,
}

/// The attempts after the first.
#[derive(Debug, Default)]
struct Repeated {
    /// How often the message was sent again.
    count: u32,
    /// Why the first link that the message was sent over was lost. It may have run then, whatever the later
    /// attempts come to.
    lost_before: Option<Arc<Disconnect>>,
}

impl RetryState {
    pub(crate) fn new(policy: CallPolicy) -> Self {
        Self { policy, repeated: None }
    }

    fn repetitions(&self) -> u32 {
        self.repeated.as_ref().map_or(0, |repeated| repeated.count)
    }

    pub(super) fn lost_before(&self) -> Option<&Arc<Disconnect>> {
        self.repeated.as_ref()?.lost_before.as_ref()
    }

    /// Returns whether a message that has certainly not run may be sent again.
    pub(super) fn may_repeat(&self) -> bool {
        self.repetitions() < MAX_REPETITIONS
    }

    /// Returns whether a message that may have run may be sent again. The broker closes a channel because of
    /// something that was published on it, most likely one of the pending messages: each of them is sent
    /// again only once.
    pub(super) fn may_repeat_after(&self, disconnect: &Disconnect) -> bool {
        let max = if disconnect.is_channel_error { 1 } else { MAX_REPETITIONS };
        self.policy.idempotent && self.repetitions() < max
    }

    pub(super) fn count_repetition(&mut self) {
        self.repeated.get_or_insert_default().count += 1;
    }

    pub(super) fn count_repetition_after(&mut self, disconnect: Arc<Disconnect>) {
        let repeated = self.repeated.get_or_insert_default();
        repeated.count += 1;
        repeated.lost_before.get_or_insert(disconnect);
    }
}
