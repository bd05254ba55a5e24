//! What the refusal of a redelivered request may promise.

use crate::message::{Execution, Fault, FaultCode};

/// A redelivered request that this server did not run may have run on another: the fault must not promise
/// that it did not.
pub(super) fn as_far_as_known(fault: Fault, redelivered: bool, is_coalesced: bool) -> Fault {
    // The server that had the request before refused it for the same reason, if all servers are alike.
    // While another version or other settings are rolled out, one of these may be said of a request that
    // a server of the other kind has run.
    let is_of_the_request = matches!(
        fault.code(),
        FaultCode::BadRequest
            | FaultCode::UnsupportedMediaType
            | FaultCode::RequestTooLarge
            | FaultCode::Unauthorized
    );
    // Another server may have read the calls that this one does not find in the message.
    if !redelivered || (is_of_the_request && !is_coalesced) || fault.execution() != Execution::Never {
        return fault;
    }
    Fault::new(
        FaultCode::MaybeExecuted,
        format!("the request was delivered before and may have run then; now: {fault}"),
    )
}
