//! Faults as exceptions of nameko, and back.

use amqp_rpc_runtime::{Fault, FaultCode, dialect::PeerReply};

/// The module of nameko's own exceptions.
const NAMEKO: &str = "nameko.exceptions.";
/// The module that faults without an exception of nameko's are said to come from.
const OURS: &str = "amqp_rpc.Fault.";

/// The full name of the exception that stands for a fault.
pub(super) fn exception_of(fault: &Fault) -> String {
    let is_signature = ["missing field", "unknown field", "takes ", "got multiple"];
    match fault.code() {
        FaultCode::UnknownMethod => format!("{NAMEKO}MethodNotFound"),
        FaultCode::BadRequest if fault.message().starts_with(MALFORMED) => {
            format!("{NAMEKO}MalformedRequest")
        }
        FaultCode::BadRequest if is_signature.iter().any(|begin| fault.message().starts_with(begin)) => {
            format!("{NAMEKO}IncorrectSignature")
        }
        FaultCode::BadRequest => "builtins.TypeError".to_owned(),
        code => format!("{OURS}{code}"),
    }
}

/// The fault that an exception stands for; `None` for a method's own.
pub(super) fn fault_of(path: &str, message: &str) -> Option<PeerReply> {
    let code = match path.strip_prefix(NAMEKO) {
        Some("MethodNotFound") => FaultCode::UnknownMethod,
        Some("IncorrectSignature" | "MalformedRequest") => FaultCode::BadRequest,
        // `UnknownService` among them: only a client raises it, so the method has made a call that failed.
        Some(_) => FaultCode::Internal,
        None => {
            return Some(PeerReply::Fault(Fault::new(FaultCode::from(path.strip_prefix(OURS)?), message)));
        }
    };
    // It may be of a call that the method has made, whose exception it lets through.
    Some(PeerReply::UncertainFault(Fault::new(code, message)))
}

/// The beginning of the text for a body that has not both `args` and `kwargs`.
pub(super) const MALFORMED: &str = "Message missing `args` or `kwargs`";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_exceptions_that_nameko_raises_itself() {
        for (code, message, path) in [
            (FaultCode::UnknownMethod, "", "nameko.exceptions.MethodNotFound"),
            (FaultCode::BadRequest, "missing field `n`", "nameko.exceptions.IncorrectSignature"),
            (FaultCode::BadRequest, "invalid type: string", "builtins.TypeError"),
            (FaultCode::BadRequest, MALFORMED, "nameko.exceptions.MalformedRequest"),
            (FaultCode::Overloaded, "", "amqp_rpc.Fault.overloaded"),
        ] {
            assert_eq!(exception_of(&Fault::new(code, message)), path);
        }
    }

    #[test]
    fn what_the_framework_says_is_a_fault_and_what_the_method_says_is_none() {
        let fault = |path| match fault_of(path, "")? {
            PeerReply::Fault(fault) => Some((fault.code().clone(), true)),
            PeerReply::UncertainFault(fault) => Some((fault.code().clone(), false)),
            other => panic!("{other:?}"),
        };
        assert_eq!(fault("nameko.exceptions.MethodNotFound"), Some((FaultCode::UnknownMethod, false)));
        assert_eq!(fault("nameko.exceptions.IncorrectSignature"), Some((FaultCode::BadRequest, false)));
        assert_eq!(fault("nameko.exceptions.UnknownService"), Some((FaultCode::Internal, false)));
        assert_eq!(fault("amqp_rpc.Fault.overloaded"), Some((FaultCode::Overloaded, true)));
        assert_eq!(fault("lib.FibError"), None);
    }
}
