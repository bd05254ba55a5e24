//! A message on its way out, as the layers of a client see it.

use std::{fmt, time::Duration};

use amqp_rpc_transport::Headers;
use bytes::Bytes;
use tokio::time::Instant;

use super::{message::OutgoingMessage, policy::CallPolicy};
use crate::contract::MethodDef;

#[cfg(feature = "tower")]
use crate::error::{Phase, TimedOut};

/// A call, notification or event on its way from its caller to the broker, as the layers of a client see it.
///
/// It is encoded already. Clones share its deadline: sending two clones sends two requests, within the time
/// of one.
///
/// Its `Debug` shows neither the body nor the values of headers.
#[derive(Clone)]
pub struct OutgoingCall {
    pub(crate) message: OutgoingMessage,
    pub(crate) policy: CallPolicy,
    pub(crate) started_at: Instant,
}

impl OutgoingCall {
    pub(crate) fn new(message: OutgoingMessage, policy: CallPolicy) -> Self {
        Self { message, policy, started_at: Instant::now() }
    }

    /// The name of the method on the wire, such as `fib.compute`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.message.name()
    }

    /// The method that is called. Its `kind` says whether a reply is expected. All untyped calls have the
    /// same method, with empty names.
    #[must_use]
    pub fn method(&self) -> &'static MethodDef {
        self.message.method
    }

    /// The exchange it is published to, namespace included; empty for the default exchange.
    #[must_use]
    pub fn exchange(&self) -> &str {
        &self.message.exchange
    }

    /// The routing key it is published under, with the topic of an event.
    #[must_use]
    pub fn routing_key(&self) -> &str {
        &self.message.routing_key
    }

    /// The headers that travel with it.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.message.headers
    }

    /// The headers that travel with it, to be changed.
    pub fn headers_mut(&mut self) -> &mut Headers {
        &mut self.message.headers
    }

    /// The encoded request.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.message.body
    }

    /// Returns how long its caller waits in all; `Duration::MAX` without a limit.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.policy.timeout
    }

    /// Returns how much of the timeout is left: time that is spent in layers counts.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        match self.policy.timeout {
            Duration::MAX => Duration::MAX,
            timeout => timeout.saturating_sub(self.started_at.elapsed()),
        }
    }

    /// Its errors at the end of its time: when it was not sent, and when that is not known.
    #[cfg(feature = "tower")]
    pub(crate) fn timeouts(&self) -> [TimedOut; 2] {
        [Phase::WaitingToSend, Phase::Sent].map(|phase| TimedOut {
            after: self.policy.timeout,
            inherited: self.policy.inherited,
            phase,
            awaited: self.policy.awaited,
            idempotent: self.policy.idempotent,
            found: None,
            not_connected: None,
        })
    }

    /// Shortens its timeout. It never gets longer than its caller waits.
    pub fn shorten_timeout(&mut self, timeout: Duration) {
        if timeout < self.policy.timeout {
            self.policy.timeout = timeout;
            self.policy.inherited = false;
        }
    }
}

impl fmt::Debug for OutgoingCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingCall")
            .field("method", &self.name())
            .field("routing_key", &self.routing_key())
            .field("headers", &self.headers().names())
            .field("timeout", &self.timeout())
            .field("body_bytes", &self.body().len())
            .finish_non_exhaustive()
    }
}
