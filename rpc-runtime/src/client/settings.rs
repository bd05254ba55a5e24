//! Settings of a client, fixed by its builder: of its session, and of each link.

use std::{sync::Arc, time::Duration};

use crate::{
    codec::{AnyCodec, Compression},
    dialect::ClientDialect,
    secrets::Secrets,
    wire::namespace::Namespace,
};

/// The address that replies are sent to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReplyTo {
    /// An exclusive queue, `amqp-rpc.reply.<uuid>`, declared once per connection: the fastest.
    #[default]
    ExclusiveQueue,
    /// RabbitMQ's and LavinMQ's direct reply-to: no queue is declared. For short-lived clients, or a user
    /// that may not declare queues.
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
    /// `None` for the default share.
    pub(crate) deadline_margin: Option<Duration>,
    pub(crate) validates: bool,
    pub(crate) codec: AnyCodec,
    pub(crate) secrets: Secrets,
    pub(crate) namespace: Namespace,
    /// `None` for the protocol of this library.
    pub(crate) dialect: Option<Arc<dyn ClientDialect>>,
}

/// Options of each link of a client.
#[derive(Clone, Debug)]
pub(crate) struct LinkOptions {
    pub(crate) reply_to: ReplyTo,
    pub(crate) sends_user_id: bool,
    pub(crate) app_id: Option<String>,
    pub(crate) compression: Option<Compression>,
    /// The most calls in one message; 1 for no sharing.
    pub(crate) coalesce: u16,
    pub(crate) max_reply_bytes: usize,
    /// `None` for the protocol of this library.
    pub(crate) dialect: Option<Arc<dyn ClientDialect>>,
}
