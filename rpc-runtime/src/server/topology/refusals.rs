//! The broker's refusals as the errors that a user can act on.

use amqp_rpc_transport::{Broker, BrokerError, Operation, Reason, TopologyError};

use crate::error::StartError;

/// The error of a question that the broker did not answer.
pub(crate) fn no_answer() -> BrokerError {
    BrokerError::new(None, "the broker did not answer in time")
}

/// Turns a refusal into the error that says what the user can do about it.
pub(crate) fn explain(error: TopologyError, broker: Broker, user: &str) -> StartError {
    let TopologyError { operation, name, source } = error;
    let (what, action) = match operation {
        Operation::DeclareExchange => ("exchange", "declare exchange"),
        Operation::DeclareQueue => ("queue", "declare queue"),
        Operation::BindQueue => ("queue", "bind queue"),
        Operation::ConsumeQueue => ("queue", "consume queue"),
    };
    let is_declared = matches!(operation, Operation::DeclareExchange | Operation::DeclareQueue);
    match (source.reason(), operation) {
        (Reason::Mismatch, Operation::DeclareExchange) => {
            StartError::ExchangeMismatch { exchange: name, source }
        }
        (Reason::Mismatch, Operation::DeclareQueue) => StartError::QueueMismatch { queue: name, source },
        (Reason::BadArgument, _) if is_declared => StartError::BadArgument { what, name, source },
        (Reason::ReservedName, _) => StartError::ReservedName { what, name, source },
        (Reason::Missing, _) => StartError::Missing { what, name, source },
        (Reason::InExclusiveUse, _) => StartError::Locked { queue: name, source },
        (Reason::NoPermission, _) => {
            StartError::AccessRefused { broker, user: user.to_owned(), action, name, source }
        }
        (Reason::LimitReached, _) => StartError::LimitReached { action, name, source },
        (Reason::Unavailable, _) => StartError::Unavailable { action, name, source },
        _ => StartError::Broker { broker, action, name, source },
    }
}

#[cfg(test)]
mod tests {
    use amqp_rpc_transport::AttemptError;

    use super::*;

    use Operation::{BindQueue, ConsumeQueue, DeclareExchange, DeclareQueue};

    /// What a broker says when it refuses a declaration, what the error advises, and whether waiting helps.
    const REFUSALS: [(Operation, u16, &str, &str, bool); 14] = [
        (
            DeclareQueue,
            406,
            "inequivalent arg 'x-max-length' for queue 'fib' in vhost '/'",
            "exists with other arguments",
            false,
        ),
        (
            DeclareQueue,
            406,
            "invalid arg 'x-max-length' for queue 'fib' in vhost '/': {value_negative,-1}",
            "does not take an argument or a property of queue `fib`",
            false,
        ),
        (
            DeclareQueue,
            541,
            "Feature `transient_nonexcl_queues` is deprecated.",
            "does not take an argument or a property of queue `fib`",
            false,
        ),
        (
            DeclareQueue,
            406,
            "cannot declare queue 'fib': queue limit in vhost '/' (3) is reached",
            "a limit is reached",
            true,
        ),
        (DeclareQueue, 403, "queue limit in vhost '/' (3) is reached", "a limit is reached", true),
        (
            DeclareQueue,
            403,
            "queue name 'amq.fib' contains reserved prefix 'amq.*'",
            "choose another name",
            false,
        ),
        (
            DeclareQueue,
            403,
            "access to queue 'fib' in vhost '/' refused for user 'ada'",
            "set_permissions",
            false,
        ),
        (
            DeclareQueue,
            404,
            "home node 'rabbit@a' of durable queue 'fib' in vhost '/' is down or inaccessible",
            "at the moment",
            true,
        ),
        (DeclareQueue, 405, "cannot obtain exclusive access to locked queue 'fib'", "exclusive", false),
        (
            DeclareExchange,
            406,
            "inequivalent arg 'type' for exchange 'fib' in vhost '/'",
            "exists with another type",
            false,
        ),
        (
            DeclareExchange,
            406,
            "cannot declare exchange 'fib': exchange limit of 3 is reached",
            "a limit is reached",
            true,
        ),
        (BindQueue, 404, "no exchange 'x' in vhost '/'", "does not exist", false),
        (ConsumeQueue, 403, "queue 'fib' in vhost '/' in exclusive use", "exclusive", false),
        (
            ConsumeQueue,
            404,
            "failed to perform operation on queue 'fib' in vhost '/' due to timeout",
            "at the moment",
            true,
        ),
    ];

    #[test]
    fn a_refused_declaration_says_what_helps() {
        for (operation, code, text, advice, is_passing) in REFUSALS {
            let source = BrokerError::new(Some(code), text);
            let error =
                explain(TopologyError { operation, name: "fib".into(), source }, Broker::Other, "ada");
            let shown = error.to_string();
            assert!(shown.contains(advice) && shown.contains(text), "{text}: {shown}");
            assert_eq!(error.is_passing(), is_passing, "{text}");
            // Nothing is to be deleted but what exists with other arguments.
            assert_eq!(
                shown.contains("delete"),
                text.contains("inequivalent") && operation == DeclareQueue,
                "{shown}"
            );
        }
    }
}
