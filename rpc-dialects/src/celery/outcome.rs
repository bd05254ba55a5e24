//! The bodies of replies.

use std::{borrow::Cow, time::SystemTime};

use amqp_rpc_runtime::{Fault, FaultCode, dialect::PeerReply};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::time;
use crate::json::{array, object, present, quoted};

/// The module of Celery's own exceptions.
const CELERY: &str = "celery.exceptions";
/// The module that faults without an exception of Celery's are said to come from.
const OURS: &str = "amqp_rpc.Fault";
const NOT_REGISTERED: &str = "NotRegistered";
const REVOKED: &str = "TaskRevokedError";
const EXPIRED: &str = "expired";

/// The body of a reply. `result` is JSON; there is never a traceback.
pub(super) fn write(status: &str, result: &str, task_id: &str) -> String {
    let [status, task_id, now] = [status, task_id, &time::write(SystemTime::now())].map(quoted);
    object([
        ("status", status.as_str()),
        ("result", result),
        ("traceback", "null"),
        ("children", "[]"),
        ("date_done", &now),
        ("task_id", &task_id),
    ])
}

/// An exception as the result of a failure. `data` is JSON.
pub(super) fn exception(module: &str, kind: &str, text: &str, data: Option<&str>) -> String {
    let [module, kind, text] = [module, kind, text].map(quoted);
    let arguments = array([text.as_str()]);
    let members = [("exc_type", kind.as_str()), ("exc_message", &arguments), ("exc_module", &module)];
    object(members.into_iter().chain(data.map(|json| ("data", json))))
}

/// The status and the result of a fault.
pub(super) fn of_fault(fault: &Fault) -> (&'static str, String) {
    match fault.code() {
        FaultCode::Expired => ("REVOKED", exception(CELERY, REVOKED, EXPIRED, None)),
        FaultCode::UnknownMethod => ("FAILURE", exception(CELERY, NOT_REGISTERED, fault.message(), None)),
        code => ("FAILURE", exception(OURS, code.as_str(), fault.message(), None)),
    }
}

/// The exception of a reply.
#[derive(Deserialize)]
pub(super) struct Exception<'a> {
    #[serde(borrow, default)]
    exc_type: Cow<'a, str>,
    #[serde(default)]
    exc_message: Value,
    #[serde(borrow, default)]
    exc_module: Option<Cow<'a, str>>,
    /// The method's own error, from a server of this library.
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) data: Option<&'a RawValue>,
}

impl Exception<'_> {
    /// The text of its first argument.
    fn text(&self) -> String {
        let first = match &self.exc_message {
            Value::Array(arguments) => arguments.first().unwrap_or(&Value::Null),
            other => other,
        };
        first.as_str().map_or_else(|| first.to_string(), str::to_owned)
    }

    /// The fault that it stands for; `None` for the task's own.
    pub(super) fn fault(&self) -> Option<PeerReply> {
        let text = self.text();
        let code = match (self.exc_module.as_deref()?, &*self.exc_type) {
            (CELERY, NOT_REGISTERED) => FaultCode::UnknownMethod,
            (CELERY, REVOKED) if text == EXPIRED => FaultCode::Expired,
            (CELERY, _) => FaultCode::Internal,
            (OURS, code) => return Some(PeerReply::Fault(Fault::new(FaultCode::from(code), text))),
            _ => return None,
        };
        // The task may have made a call of its own, whose exception it lets through. One that Celery cannot import, such as
        // a fault of ours, comes out as of this module as well. And an expired task may have begun at a worker that was lost.
        Some(PeerReply::UncertainFault(Fault::new(code, text)))
    }

    /// What a caller gets of the task's own exception.
    pub(super) fn error(&self) -> String {
        let [kind, text] = [&*self.exc_type, &self.text()].map(quoted);
        let module = self.exc_module.as_deref().map_or("null".to_owned(), quoted);
        let arguments = self.exc_message.to_string();
        object([
            ("exc_type", kind.as_str()),
            ("exc_message", &arguments),
            ("exc_module", &module),
            ("message", &text),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(result: &str) -> Exception<'_> {
        serde_json::from_str(result).unwrap()
    }

    /// The fault, and whether it is certain that it is of this call.
    fn fault(result: &str) -> Option<(FaultCode, bool)> {
        match read(result).fault()? {
            PeerReply::Fault(fault) => Some((fault.code().clone(), true)),
            PeerReply::UncertainFault(fault) => Some((fault.code().clone(), false)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn faults_are_read_as_they_were_written() {
        for code in FaultCode::KNOWN {
            let (status, result) = of_fault(&Fault::new(code.clone(), "why"));
            assert_eq!(status == "REVOKED", *code == FaultCode::Expired);
            let is_celery_s = matches!(code, FaultCode::Expired | FaultCode::UnknownMethod);
            assert_eq!(fault(&result), Some((code.clone(), !is_celery_s)));
        }
    }

    #[test]
    fn an_exception_of_celery_may_be_of_a_call_that_the_task_has_made() {
        let of = |kind: &str, text: &str| fault(&exception(CELERY, kind, text, None));
        assert_eq!(of("NotRegistered", "svc.other"), Some((FaultCode::UnknownMethod, false)));
        assert_eq!(of("TaskRevokedError", "expired"), Some((FaultCode::Expired, false)));
        // A task that was revoked while it ran is not one that has expired.
        assert_eq!(of("TaskRevokedError", "terminated"), Some((FaultCode::Internal, false)));
        assert_eq!(of("overloaded", "full"), Some((FaultCode::Internal, false)));
        assert_eq!(fault(&exception(OURS, "overloaded", "full", None)), Some((FaultCode::Overloaded, true)));
    }

    #[test]
    fn an_own_error_of_a_server_of_ours_is_its_json_also_where_that_is_null() {
        for json in ["null", r#"{"TooLarge":90}"#] {
            let result = exception("lib", "TooLarge", "n is above 90", Some(json));
            assert_eq!(read(&result).data.map(RawValue::get), Some(json));
        }
        assert!(read(&exception("lib", "TooLarge", "n is above 90", None)).data.is_none());
    }

    #[test]
    fn what_a_task_throws_is_no_fault() {
        let own =
            read(r#"{"exc_type":"FibError","exc_message":["n is above 90",{"n":91}],"exc_module":"lib"}"#);
        assert!(own.fault().is_none());
        assert_eq!(
            own.error(),
            r#"{"exc_type":"FibError","exc_message":["n is above 90",{"n":91}],"exc_module":"lib","message":"n is above 90"}"#
        );
    }
}
