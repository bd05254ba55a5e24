//! One call of the load, and the kind of its error.

use amqp_rpc::{CallError, contract::NoError};
use serde_json::Value;

use crate::{caller::Caller, failure::Failure};

/// The body of all calls.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// As it is sent, and replies are not read.
    Bytes(Vec<u8>),
    /// Written by each call in the codec that was chosen.
    Value(Value),
}

impl Body {
    /// Makes a call that is not measured.
    ///
    /// # Errors
    /// Those of the call: the following would have them as well.
    pub(super) async fn first_call(&self, caller: &Caller) -> Result<(), Failure> {
        match self {
            Self::Bytes(body) => {
                caller.raw_call(body.clone()).await.map_err(|error| caller.raw_failure(error))?;
            }
            Self::Value(body) => {
                caller.call(body.clone()).await.map_err(|error| caller.failure(error))?;
            }
        }
        Ok(())
    }

    /// Makes a call. Its error is the kind of what went wrong, by which errors are counted.
    pub(super) async fn call(&self, caller: &Caller) -> Result<(), String> {
        match self {
            Self::Bytes(body) => caller.raw_call(body.clone()).await.map(drop).map_err(kind_of),
            Self::Value(body) => caller.call(body.clone()).await.map(drop).map_err(kind_of),
        }
    }
}

fn kind_of<E>(error: CallError<E>) -> String {
    match error.into_method() {
        Ok(_) => "the method's own error".to_owned(),
        Err(error) => kind(&error),
    }
}

fn kind(error: &CallError<NoError>) -> String {
    let kind = match error {
        CallError::Fault(fault) => return format!("fault {}", fault.code()),
        CallError::Unroutable(_) => "unroutable",
        CallError::NoConsumer(_) => "no consumer",
        CallError::Timeout(_) => "timeout",
        CallError::Disconnected(_) => "disconnected",
        CallError::Blocked(_) => "blocked",
        CallError::AccessRefused(_) => "access refused",
        CallError::TooLarge(_) => "too large",
        CallError::Decode(_) => "unreadable reply",
        _ => "other",
    };
    kind.to_owned()
}
