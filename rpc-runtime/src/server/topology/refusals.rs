//! The broker's refusals as the errors that a user can act on.

use amqp_rpc_transport::{
    BrokerError, Connection, Operation, TopologyError,
    reply_code::{ACCESS_REFUSED, NOT_FOUND, PRECONDITION_FAILED, RESOURCE_LOCKED},
};

use crate::error::StartError;

/// The error of a question that the broker did not answer.
pub(crate) fn no_answer() -> BrokerError {
    BrokerError::new(None, "the broker did not answer in time")
}

/// Turns a refusal into the error that says what the user can do about it.
pub(crate) fn explain(error: TopologyError, connection: &Connection) -> StartError {
    let broker = connection.broker();
    let TopologyError { operation, name, source } = error;
    let (what, action) = match operation {
        Operation::DeclareExchange => ("exchange", "declare exchange"),
        Operation::DeclareQueue => ("queue", "declare queue"),
        Operation::BindQueue => ("queue", "bind queue"),
        Operation::ConsumeQueue => ("queue", "consume queue"),
    };
    match (source.code(), operation) {
        // LavinMQ's code for it means something else otherwise.
        _ if source.is_low_on_disk() => StartError::Broker { broker, action, name, source },
        (Some(PRECONDITION_FAILED), Operation::DeclareExchange) => {
            StartError::ExchangeMismatch { exchange: name, source }
        }
        (Some(PRECONDITION_FAILED), Operation::DeclareQueue) => {
            StartError::QueueMismatch { queue: name, source }
        }
        (Some(NOT_FOUND), _) => StartError::Missing { what, name, source },
        (Some(RESOURCE_LOCKED), _) => StartError::Locked { queue: name, source },
        (Some(ACCESS_REFUSED), _) => {
            let user = connection.display_user().to_owned();
            StartError::AccessRefused { broker, user, action, name, source }
        }
        _ => StartError::Broker { broker, action, name, source },
    }
}
