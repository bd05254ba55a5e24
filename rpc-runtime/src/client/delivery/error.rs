//! Why a message was not delivered or has no reply, and the error that its caller gets.

use std::sync::Arc;

use amqp_rpc_transport::{Disconnect, ExchangeError};

use super::{
    message::OutgoingMessage,
    policy::{CallPolicy, RetryState},
    publish::SendError,
};
use crate::{
    client::session::pending::EndReason,
    error::{
        AccessRefused, Blocked, CallError, Disconnected, NoConsumer, Phase, QueueState, TimedOut,
        Unencodable, Unroutable,
    },
    message::{Execution, Fault},
};

/// Why a message was not delivered or has no reply, whatever its method.
#[derive(Debug)]
pub(crate) enum DeliveryError {
    /// Its time was over before it could be sent; perhaps because there was no connection, for this reason.
    NotSentInTime {
        not_connected: Option<Arc<str>>,
    },
    /// It cannot be encoded.
    Unwritable(Box<dyn std::error::Error + Send + Sync>),
    Ended(EndReason),
    Blocked(Arc<str>),
    NoConsumer {
        queue: String,
        waiting: u32,
    },
    AccessRefused {
        exchange: String,
        reason: Arc<str>,
    },
    Unroutable {
        exchange: String,
        routing_key: String,
        exchange_missing: bool,
    },
    /// It was sent, and no reply came in time. `found`: its queue, and who consumes it.
    TimedOut {
        found: Option<(String, QueueState)>,
    },
    Disconnected(Arc<Disconnect>, Phase),
    /// The broker returned it because this queue is full.
    QueueFull(String),
}

impl From<SendError> for DeliveryError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::TooLate | SendError::Congested => Self::NotSentInTime { not_connected: None },
            SendError::Unwritable(source) => Self::Unwritable(source),
            SendError::Blocked(reason) => Self::Blocked(reason),
            SendError::Ended(reason) => Self::Ended(reason),
        }
    }
}

impl DeliveryError {
    pub(crate) fn into_call_error<E>(self, retries: &RetryState) -> CallError<E> {
        let error = self.describe(&retries.policy);
        let Some(disconnect) = retries.lost_before() else { return error };
        match error {
            CallError::Timeout(timeout) => CallError::Timeout(TimedOut { phase: Phase::Sent, ..timeout }),
            CallError::Fault(fault) => CallError::Fault(fault.of_repetition()),
            error if error.execution() == Execution::Never => {
                disconnected(&disconnect.reason, Phase::Sent, &retries.policy)
            }
            error => error,
        }
    }

    /// The error of this attempt alone.
    fn describe<E>(self, policy: &CallPolicy) -> CallError<E> {
        let timeout = |phase, found, not_connected| {
            let CallPolicy { timeout: after, inherited, idempotent, awaited, .. } = *policy;
            CallError::Timeout(TimedOut {
                after,
                inherited,
                phase,
                awaited,
                idempotent,
                found,
                not_connected,
            })
        };
        match self {
            Self::NotSentInTime { not_connected } => timeout(Phase::WaitingToSend, None, not_connected),
            Self::TimedOut { found } => timeout(Phase::Sent, found, None),
            Self::Unwritable(source) => CallError::Encode(Unencodable(source)),
            Self::Ended(EndReason::Closed) => CallError::Closed,
            Self::Ended(EndReason::Disconnected(disconnect)) => {
                disconnected(&disconnect.reason, Phase::WaitingToSend, policy)
            }
            Self::Blocked(reason) => CallError::Blocked(Blocked { reason }),
            Self::NoConsumer { queue, waiting } => CallError::NoConsumer(NoConsumer { queue, waiting }),
            Self::AccessRefused { exchange, reason } => {
                CallError::AccessRefused(AccessRefused { exchange, reason })
            }
            Self::Unroutable { exchange, routing_key, exchange_missing } => {
                CallError::Unroutable(Unroutable { exchange, routing_key, exchange_missing })
            }
            Self::Disconnected(disconnect, phase) => disconnected(&disconnect.reason, phase, policy),
            // What a server answers to the call where the broker hands it what the queue has no room for.
            Self::QueueFull(queue) => {
                CallError::Fault(Fault::queue_full(&queue).of_method(policy.idempotent))
            }
        }
    }

    /// The error of a message that no queue takes.
    pub(in crate::client) fn unroutable(message: &OutgoingMessage, exchange_missing: bool) -> Self {
        Self::Unroutable {
            exchange: message.exchange.clone().into_owned(),
            routing_key: message.routing_key.clone().into_owned(),
            exchange_missing,
        }
    }

    /// The error of a message to `exchange` that was sent over a link that was lost.
    ///
    /// When the broker closed the channel because of that exchange, and this was the only call to it, it was
    /// refused and has not run. Of several the earlier ones may have been taken: a permission, or an
    /// exchange, can go at any time.
    pub(crate) fn of_disconnect(
        disconnect: Arc<Disconnect>,
        exchange: &str,
        routing_key: &str,
        was_alone: bool,
    ) -> Self {
        match disconnect.exchange_error(exchange).filter(|_| was_alone) {
            None => Self::Disconnected(disconnect, Phase::Sent),
            Some(ExchangeError::AccessRefused) => {
                Self::AccessRefused { exchange: exchange.to_owned(), reason: Arc::clone(&disconnect.reason) }
            }
            Some(ExchangeError::Missing) => Self::Unroutable {
                exchange: exchange.to_owned(),
                routing_key: routing_key.to_owned(),
                exchange_missing: true,
            },
        }
    }
}

fn disconnected<E>(reason: &Arc<str>, phase: Phase, policy: &CallPolicy) -> CallError<E> {
    let (reason, idempotent) = (Arc::clone(reason), policy.idempotent);
    CallError::Disconnected(Disconnected { reason, phase, idempotent })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{codec::AnyCodec, error::Awaited};

    fn retries(lost_before: Option<&str>) -> RetryState {
        let policy = CallPolicy {
            timeout: Duration::from_secs(1),
            inherited: false,
            idempotent: true,
            awaited: Awaited::Reply,
            error_maps: None,
            codec: AnyCodec::JSON,
        };
        let mut retries = RetryState::new(policy);
        if let Some(reason) = lost_before {
            retries.count_repetition_after(Arc::new(Disconnect::new(reason)));
        }
        retries
    }

    fn every_error() -> Vec<DeliveryError> {
        let disconnect = || Arc::new(Disconnect::new("now"));
        vec![
            DeliveryError::NotSentInTime { not_connected: None },
            DeliveryError::Unwritable("a header is too long".into()),
            DeliveryError::Ended(EndReason::Closed),
            DeliveryError::Ended(EndReason::Disconnected(disconnect())),
            DeliveryError::Blocked("low on memory".into()),
            DeliveryError::NoConsumer { queue: "fib".into(), waiting: 0 },
            DeliveryError::AccessRefused { exchange: "x".into(), reason: "no".into() },
            DeliveryError::Unroutable {
                exchange: "x".into(),
                routing_key: "k".into(),
                exchange_missing: false,
            },
            DeliveryError::TimedOut { found: None },
            DeliveryError::Disconnected(disconnect(), Phase::WaitingToSend),
            DeliveryError::Disconnected(disconnect(), Phase::Sent),
            DeliveryError::QueueFull("fib".into()),
        ]
    }

    #[test]
    fn a_call_that_was_sent_before_is_never_said_not_to_have_run() {
        for failed in every_error() {
            let text = format!("{failed:?}");
            let error: CallError<()> = failed.into_call_error(&retries(Some("before")));
            assert_eq!(error.execution(), Execution::Unknown, "{text}");
            assert!(error.is_retryable(), "{text}: the method is idempotent");
        }
    }

    #[test]
    fn a_loss_is_blamed_on_a_call_that_was_alone_on_its_exchange() {
        let broker =
            amqp_rpc_transport::BrokerError::new(Some(403), "access to exchange 'x' in vhost '/' refused");
        let disconnect = Arc::new(Disconnect::from(&broker));
        let execution = |exchange, was_alone| {
            let failed = DeliveryError::of_disconnect(Arc::clone(&disconnect), exchange, "k", was_alone);
            failed.into_call_error::<()>(&retries(None)).execution()
        };
        assert_eq!(execution("x", true), Execution::Never);
        assert_eq!(execution("x", false), Execution::Unknown);
        assert_eq!(execution("y", true), Execution::Unknown);
    }
}
