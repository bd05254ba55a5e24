//! Faults as errors of aio-pika, and back.

use std::borrow::Cow;

use amqp_rpc_runtime::{Fault, FaultCode, HeaderValue, Headers, dialect::PeerReply};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{RPC_EXCEPTION, TYPE_ERROR};
use crate::json::{ErrorParts, array, object, present, quoted};

/// The body of an error's reply.
#[derive(Deserialize)]
pub(super) struct ErrorBody<'a> {
    #[serde(borrow)]
    pub(super) error: &'a RawValue,
}

/// The error in it, if it has the form of aio-pika's.
#[derive(Deserialize)]
pub(super) struct Described<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(default)]
    message: Value,
    #[serde(default)]
    args: Vec<Value>,
    /// Of faults of this library alone.
    #[serde(default)]
    code: Value,
    /// The method's own error, from a server of this library.
    #[serde(borrow, default, deserialize_with = "present")]
    pub(super) data: Option<&'a RawValue>,
}

/// The body of a fault.
pub(super) fn of_fault(fault: &Fault) -> String {
    let kind = if *fault.code() == FaultCode::BadRequest { TYPE_ERROR } else { RPC_EXCEPTION };
    described(kind, fault.message(), ("code", &quoted(fault.code().as_str())))
}

/// The body of a method's own error with this JSON.
pub(super) fn of_error(json: &str, text: Option<&str>) -> String {
    let ErrorParts { kind, text } = ErrorParts::of(json, text);
    described(kind.as_deref().unwrap_or(RPC_EXCEPTION), &text, ("data", json))
}

fn described(kind: &str, text: &str, more: (&str, &str)) -> String {
    let (kind, text) = (quoted(kind), quoted(text));
    let args = array([text.as_str()]);
    let error = object([("type", &*kind), ("message", &*text), ("args", &*args), more]);
    object([("error", &*error)])
}

impl Described<'_> {
    /// The fault that it stands for; `None` for a method's own.
    pub(super) fn fault(&self) -> Option<PeerReply> {
        // The message is Python's `repr`, where the first argument has the text.
        let text = self.args.first().and_then(Value::as_str).or(self.message.as_str()).unwrap_or_default();
        match (&*self.kind, self.code.as_str()) {
            (TYPE_ERROR | RPC_EXCEPTION, Some(code)) => {
                Some(PeerReply::Fault(Fault::new(FaultCode::from(code), text)))
            }
            // Python may say so of a function that the method has called.
            (TYPE_ERROR, None) if self.data.is_none() && is_signature(text) => {
                Some(PeerReply::UncertainFault(Fault::new(FaultCode::BadRequest, text)))
            }
            _ => None,
        }
    }
}

/// Returns whether Python says so of arguments that do not fit a function. Other `TypeError`s come from inside of it.
fn is_signature(text: &str) -> bool {
    let is_call = text.split_once("() ").is_some_and(|(function, said)| {
        let begins = ["missing ", "got an unexpected keyword argument", "takes "];
        !function.contains(' ') && begins.iter().any(|begin| said.starts_with(begin))
    });
    is_call || text.contains("argument after ** must be a mapping")
}

/// The fault of a request that came back, by what the broker says of its death. It may have run before: that of a lost server
/// returns to its queue, where it expires or has to make room.
pub(super) fn fault_of_returned(headers: Option<&Headers>) -> PeerReply {
    let deaths = headers.and_then(|headers| headers.get("x-death"));
    let reason = match deaths {
        Some(HeaderValue::List(deaths)) => match deaths.first() {
            Some(HeaderValue::Table(last)) => last.text("reason"),
            _ => None,
        },
        _ => None,
    };
    PeerReply::UncertainFault(match reason {
        Some("expired") | None => Fault::new(FaultCode::Expired, "the request expired in its queue"),
        Some("maxlen") => Fault::new(FaultCode::Overloaded, "the queue was full"),
        Some(reason) => {
            Fault::new(FaultCode::Internal, format!("the request came back from its queue: {reason}"))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The code of a fault of this call, or of one that the method may have made.
    #[derive(Debug, PartialEq)]
    enum Code {
        Certain(FaultCode),
        Uncertain(FaultCode),
    }

    fn code_of(reply: &PeerReply) -> Code {
        match reply {
            PeerReply::Fault(fault) => Code::Certain(fault.code().clone()),
            PeerReply::UncertainFault(fault) => Code::Uncertain(fault.code().clone()),
            other => panic!("{other:?}"),
        }
    }

    fn fault_of(error: &str) -> Option<PeerReply> {
        serde_json::from_str::<Described<'_>>(error).ok()?.fault()
    }

    #[test]
    fn what_python_says_of_arguments_is_a_fault_and_what_a_method_raises_is_none() {
        let code = |error: &str| fault_of(error).as_ref().map(code_of);
        for text in [
            "compute() missing 1 required keyword-only argument: 'n'",
            "Methods.compute() got an unexpected keyword argument 'x'",
            "compute() takes 0 positional arguments but 1 was given",
            "__main__.compute() argument after ** must be a mapping, not list",
        ] {
            let error =
                format!(r#"{{"type":"TypeError","message":"TypeError()","args":[{}]}}"#, quoted(text));
            assert_eq!(code(&error), Some(Code::Uncertain(FaultCode::BadRequest)), "{text}");
        }
        for error in [
            r#"{"type":"TypeError","message":"","args":["unsupported operand type(s) for +: 'int' and 'str'"]}"#,
            r#"{"type":"TypeError","message":"","args":["the call of compute() missing 1 x"]}"#,
            r#"{"type":"FibError","message":"FibError()","args":["compute() missing 1 x"]}"#,
            r#"{"type":"FibError","message":"","code":"overloaded"}"#,
            // Of a server of ours.
            r#"{"type":"TypeError","message":"","args":["compute() missing 1 x"],"data":"TypeError"}"#,
            r#"{"message":"FibError()"}"#,
            "30",
        ] {
            assert_eq!(code(error), None, "{error}");
        }
    }

    #[test]
    fn faults_come_back_as_they_were() {
        for known in FaultCode::KNOWN {
            let body = of_fault(&Fault::new(known.clone(), "the \"text\""));
            let ErrorBody { error } = serde_json::from_str(&body).unwrap();
            let PeerReply::Fault(fault) = fault_of(error.get()).unwrap() else { panic!("{known}") };
            assert_eq!((fault.code(), fault.message()), (known, "the \"text\""));
        }
    }

    #[test]
    fn a_request_that_came_back_may_have_run() {
        let death = |reason: Option<&str>| {
            let mut headers = Headers::new();
            if let Some(reason) = reason {
                let mut death = Headers::new();
                death.insert("reason", reason);
                headers.insert("x-death", HeaderValue::List(vec![HeaderValue::Table(death)]));
            }
            code_of(&fault_of_returned(Some(&headers)))
        };
        assert_eq!(death(Some("expired")), Code::Uncertain(FaultCode::Expired));
        assert_eq!(death(None), Code::Uncertain(FaultCode::Expired));
        assert_eq!(death(Some("maxlen")), Code::Uncertain(FaultCode::Overloaded));
        assert_eq!(death(Some("rejected")), Code::Uncertain(FaultCode::Internal));
    }
}
