//! Why a call has no reply, and what its caller is told.

use std::{sync::Arc, time::Duration};

use amqp_rpc_transport::{Disconnect, ExchangeError};

use crate::{
    client::session::pending::Ended,
    codec::AnyCodec,
    error::{
        AccessRefused, Awaited, Blocked, CallError, Disconnected, ErrorMaps, NoConsumer, Phase, Served,
        Timeout, Unencodable, Unroutable,
    },
    message::Execution,
};

/// Why a call has no reply, whatever its method.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Its time was over before it could be sent; perhaps for want of a connection, for this reason.
    NotSentInTime {
        not_connected: Option<Arc<str>>,
    },
    /// It cannot be written at all.
    Unwritable(Box<dyn std::error::Error + Send + Sync>),
    Ended(Ended),
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
    /// It was sent and not answered; this was found of its queue.
    TimedOut {
        found: Option<(String, Served)>,
    },
    Lost(Arc<Disconnect>, Phase),
}

/// What an error says of the call it belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) timeout: Duration,
    /// It is what was left of the time of the call that this one is made for.
    pub(crate) inherited: bool,
    pub(crate) idempotent: bool,
    pub(crate) awaited: Awaited,
    /// How often it was sent again.
    pub(crate) repetitions: u32,
    /// Why the link that it was sent over before was lost. It may have run then, whatever becomes of it now.
    pub(crate) lost_before: Option<Arc<Disconnect>>,
    /// What becomes of errors that are not the method's own.
    pub(crate) error_maps: Option<Arc<ErrorMaps>>,
    /// What it was written in.
    pub(crate) codec: AnyCodec,
}

impl Failure {
    pub(crate) fn into_error<E>(self, terms: &Terms) -> CallError<E> {
        let error = self.describe(terms);
        let Some(lost) = &terms.lost_before else { return error };
        match error {
            CallError::Timeout(timeout) => CallError::Timeout(Timeout { phase: Phase::Sent, ..timeout }),
            error if error.execution() == Execution::Never => disconnected(&lost.reason, Phase::Sent, terms),
            error => error,
        }
    }

    /// The error of this attempt alone.
    fn describe<E>(self, terms: &Terms) -> CallError<E> {
        let timeout = |phase, found, not_connected| {
            let Terms { timeout: after, inherited, idempotent, awaited, .. } = *terms;
            CallError::Timeout(Timeout { after, inherited, phase, awaited, idempotent, found, not_connected })
        };
        match self {
            Self::NotSentInTime { not_connected } => timeout(Phase::WaitingToSend, None, not_connected),
            Self::TimedOut { found } => timeout(Phase::Sent, found, None),
            Self::Unwritable(source) => CallError::Encode(Unencodable(source)),
            Self::Ended(Ended::Closed) => CallError::Closed,
            Self::Ended(Ended::Disconnected(lost)) => disconnected(&lost.reason, Phase::WaitingToSend, terms),
            Self::Blocked(reason) => CallError::Blocked(Blocked { reason }),
            Self::NoConsumer { queue, waiting } => CallError::NoConsumer(NoConsumer { queue, waiting }),
            Self::AccessRefused { exchange, reason } => {
                CallError::AccessRefused(AccessRefused { exchange, reason })
            }
            Self::Unroutable { exchange, routing_key, exchange_missing } => {
                CallError::Unroutable(Unroutable { exchange, routing_key, exchange_missing })
            }
            Self::Lost(lost, phase) => disconnected(&lost.reason, phase, terms),
        }
    }

    /// The failure of a call to `exchange` that was sent over a link that was lost.
    ///
    /// When the broker closed the channel because of that exchange, and this was the only call to it, it was refused and has not run. Of
    /// several the earlier ones may have been taken: a permission, or an exchange, can go at any time.
    pub(crate) fn of_loss(lost: Arc<Disconnect>, exchange: &str, routing_key: &str, was_alone: bool) -> Self {
        match lost.exchange_error(exchange).filter(|_| was_alone) {
            None => Self::Lost(lost, Phase::Sent),
            Some(ExchangeError::AccessRefused) => {
                Self::AccessRefused { exchange: exchange.to_owned(), reason: Arc::clone(&lost.reason) }
            }
            Some(ExchangeError::Missing) => Self::Unroutable {
                exchange: exchange.to_owned(),
                routing_key: routing_key.to_owned(),
                exchange_missing: true,
            },
        }
    }
}

fn disconnected<E>(reason: &Arc<str>, phase: Phase, terms: &Terms) -> CallError<E> {
    let (reason, idempotent) = (Arc::clone(reason), terms.idempotent);
    CallError::Disconnected(Disconnected { reason, phase, idempotent })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(lost_before: Option<&str>) -> Terms {
        Terms {
            timeout: Duration::from_secs(1),
            inherited: false,
            idempotent: true,
            awaited: Awaited::Reply,
            repetitions: 0,
            lost_before: lost_before.map(|reason| Arc::new(Disconnect::new(reason))),
            error_maps: None,
            codec: AnyCodec::JSON,
        }
    }

    fn every_failure() -> Vec<Failure> {
        let lost = || Arc::new(Disconnect::new("now"));
        vec![
            Failure::NotSentInTime { not_connected: None },
            Failure::Unwritable("a header is too long".into()),
            Failure::Ended(Ended::Closed),
            Failure::Ended(Ended::Disconnected(lost())),
            Failure::Blocked("low on memory".into()),
            Failure::NoConsumer { queue: "fib".into(), waiting: 0 },
            Failure::AccessRefused { exchange: "x".into(), reason: "no".into() },
            Failure::Unroutable { exchange: "x".into(), routing_key: "k".into(), exchange_missing: false },
            Failure::TimedOut { found: None },
            Failure::Lost(lost(), Phase::WaitingToSend),
            Failure::Lost(lost(), Phase::Sent),
        ]
    }

    #[test]
    fn a_call_that_was_sent_before_is_never_said_not_to_have_run() {
        for failure in every_failure() {
            let shown = format!("{failure:?}");
            let error: CallError<()> = failure.into_error(&terms(Some("before")));
            assert_eq!(error.execution(), Execution::Unknown, "{shown}");
            assert!(error.is_retryable(), "{shown}: the method is idempotent");
        }
    }

    #[test]
    fn a_loss_is_blamed_on_a_call_that_was_alone_on_its_exchange() {
        let broker =
            amqp_rpc_transport::BrokerError::new(Some(403), "access to exchange 'x' in vhost '/' refused");
        let lost = Arc::new(Disconnect::from(&broker));
        let execution = |exchange, was_alone| {
            let failure = Failure::of_loss(Arc::clone(&lost), exchange, "k", was_alone);
            failure.into_error::<()>(&terms(None)).execution()
        };
        assert_eq!(execution("x", true), Execution::Never);
        assert_eq!(execution("x", false), Execution::Unknown);
        assert_eq!(execution("y", true), Execution::Unknown);
    }
}
