//! What the builder decides: for the session, and for each of its links.

use std::time::Duration;

use bytes::Bytes;

use super::options::CallOptions;
use crate::{
    codec::{AnyCodec, Compression},
    error::TooLarge,
    message::Inherited,
    wire::address::Namespace,
};

/// Where replies come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReplyTo {
    /// An exclusive queue of this client's own, `amqp-rpc.reply.<uuid>`, made once per connection: the fastest.
    #[default]
    ExclusiveQueue,
    /// RabbitMQ's and LavinMQ's direct reply-to: no queue is declared. For clients that come and go, or whose user may not
    /// declare queues.
    Direct,
}

/// Settings of a session, fixed by the builder.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) timeout: Duration,
    pub(crate) max_in_flight: usize,
    pub(crate) max_request_bytes: usize,
    pub(crate) max_reply_bytes: usize,
    pub(crate) fails_fast: bool,
    pub(crate) waits_while_blocked: bool,
    pub(crate) detached: bool,
    pub(crate) validates: bool,
    pub(crate) codec: AnyCodec,
    pub(crate) namespace: Namespace,
}

impl Settings {
    /// Refuses a body that is larger than this client sends.
    pub(crate) fn check_size(&self, body: &Bytes) -> Result<(), TooLarge> {
        let (size, limit) = (body.len(), self.max_request_bytes);
        if size > limit { Err(TooLarge { size, limit }) } else { Ok(()) }
    }

    /// What a call with these options takes over from the call that is being served.
    pub(crate) fn inherited(&self, options: &CallOptions) -> Inherited {
        if options.detached || self.detached { Inherited::default() } else { Inherited::current() }
    }
}

/// Options of each link of a client.
#[derive(Clone, Debug)]
pub(crate) struct LinkOptions {
    pub(crate) reply_to: ReplyTo,
    pub(crate) sends_user_id: bool,
    pub(crate) app_id: Option<String>,
    pub(crate) compression: Option<Compression>,
}
