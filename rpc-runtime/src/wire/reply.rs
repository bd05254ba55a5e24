//! The reply as AMQP properties: how the server writes it and the client reads it.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{
    codec,
    contract::{Request, Response},
    error::{CallError, Undecodable},
    message::{
        Answer, Delivered, Execution, Fault, FaultCode, Properties, Refusal, Reply, ReplyKind, Violation,
    },
};

const RESULT: &str = "result";
const ERROR: &str = "error";
const FAULT: &str = "fault";

/// A fault's body.
#[derive(Serialize, Deserialize)]
struct FaultBody<'a> {
    code: std::borrow::Cow<'a, str>,
    #[serde(default)]
    message: std::borrow::Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    field: Option<std::borrow::Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "<[Violation]>::is_empty")]
    errors: std::borrow::Cow<'a, [Violation]>,
}

/// The message that answers a request, whatever became of it.
pub(crate) fn compose(correlation_id: Option<String>, outcome: Result<Reply, Fault>) -> (Properties, Bytes) {
    let (kind, content_type, body) = match outcome {
        Ok(reply) => {
            let kind = match reply.kind {
                ReplyKind::Result => RESULT,
                ReplyKind::Error => ERROR,
            };
            (kind, reply.content_type, reply.body)
        }
        Err(fault) => (FAULT, codec::CONTENT_TYPE.into(), fault_body(&fault)),
    };
    let properties = Properties {
        content_type: Some(content_type.into_owned()),
        correlation_id,
        kind: Some(kind.to_owned()),
        ..Properties::default()
    };
    (properties, body)
}

fn fault_body(fault: &Fault) -> Bytes {
    let body = FaultBody {
        code: fault.code().as_str().into(),
        message: fault.message().into(),
        field: fault.field().map(Into::into),
        errors: fault.violations().into(),
    };
    codec::encode(&body).expect("strings are always JSON")
}

/// A reply as the client received it, not yet decoded.
#[derive(Debug)]
pub(crate) struct RawReply {
    kind: Option<String>,
    content_type: Option<String>,
    content_encoding: Option<String>,
    body: Bytes,
    refusal: Option<Refusal>,
}

impl RawReply {
    /// The correlation id, and the reply.
    pub(crate) fn read(delivered: Delivered) -> (Option<String>, Self) {
        let Delivered { properties, body, refusal, .. } = delivered;
        let Properties { correlation_id, kind, content_type, content_encoding, .. } = properties;
        (correlation_id, Self { kind, content_type, content_encoding, body, refusal })
    }

    /// What the caller of the method receives.
    pub(crate) fn decode<R: Request>(
        self,
        idempotent: bool,
    ) -> Result<<R::Response as Response>::Value, CallError<R::Error>> {
        self.open(idempotent)?.decode::<R>()
    }

    /// What the method has sent back, still encoded.
    pub(crate) fn open<E>(self, idempotent: bool) -> Result<Answer, CallError<E>> {
        self.open_if(codec::check, idempotent)
    }

    /// The same, whatever its content type is.
    pub(crate) fn open_any<E>(self, idempotent: bool) -> Result<Answer, CallError<E>> {
        self.open_if(|_, encoding| codec::check(None, encoding), idempotent)
    }

    fn open_if<E>(
        self,
        check: impl FnOnce(Option<&str>, Option<&str>) -> Result<(), String>,
        idempotent: bool,
    ) -> Result<Answer, CallError<E>> {
        // Servers that know nothing of this protocol set no type: what they send is the result.
        let kind = self.kind.as_deref().filter(|kind| !kind.is_empty()).unwrap_or(RESULT);
        // Only who ran the method has its result or its error.
        let execution =
            if matches!(kind, RESULT | ERROR) { Execution::Completed } else { Execution::Unknown };
        let undecodable =
            |what, source| CallError::Decode(Undecodable { what, execution, source, remote: None });
        if let Some(refusal) = self.refusal {
            return Err(undecodable("reply", refusal.into()));
        }
        if let Err(foreign) = check(self.content_type.as_deref(), self.content_encoding.as_deref()) {
            return Err(undecodable("reply", foreign.into()));
        }
        match kind {
            RESULT => Ok(Answer { kind: ReplyKind::Result, body: self.body }),
            ERROR => Ok(Answer { kind: ReplyKind::Error, body: self.body }),
            FAULT => match codec::decode::<FaultBody<'static>>(&self.body) {
                Ok(body) => Err(CallError::Fault(read_fault(body).of_method(idempotent))),
                Err(malformed) => Err(undecodable("fault", malformed.source.into())),
            },
            kind => Err(undecodable("reply", format!("its type is {kind:?}").into())),
        }
    }
}

fn read_fault(body: FaultBody<'_>) -> Fault {
    let fault = Fault::new(FaultCode::from(&*body.code), body.message);
    let fault = match body.field {
        Some(field) => fault.with_field(field),
        None => fault,
    };
    fault.with_violations(body.errors.into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::test_contract::{Compute, TooLarge};

    fn delivered(properties: Properties, body: impl Into<Bytes>) -> Delivered {
        Delivered {
            tag: 1,
            redelivered: false,
            exchange: String::new(),
            routing_key: "replies".into(),
            properties,
            body: body.into(),
            refusal: None,
        }
    }

    fn read(properties: Properties, body: impl Into<Bytes>) -> Result<u64, CallError<TooLarge>> {
        RawReply::read(delivered(properties, body)).1.decode::<Compute>(true)
    }

    fn of_type(kind: &str) -> Properties {
        Properties { kind: Some(kind.into()), ..Properties::default() }
    }

    #[test]
    fn a_reply_without_type_is_a_result() {
        assert_eq!(read(Properties::default(), "832040").unwrap(), 832_040);
    }

    #[test]
    fn results_errors_and_faults_survive_the_wire() {
        let result =
            Reply { kind: ReplyKind::Result, content_type: codec::CONTENT_TYPE.into(), body: "7".into() };
        let (properties, body) = compose(Some("id".into()), Ok(result));
        assert_eq!(properties.correlation_id.as_deref(), Some("id"));
        assert_eq!(read(properties, body).unwrap(), 7);

        let error = Reply {
            kind: ReplyKind::Error,
            content_type: codec::CONTENT_TYPE.into(),
            body: r#"{"limit":90}"#.into(),
        };
        let (properties, body) = compose(None, Ok(error));
        assert!(matches!(read(properties, body), Err(CallError::Method(TooLarge { limit: 90 }))));

        let fault = Fault::new(FaultCode::BadRequest, "n is missing").with_field("n");
        let (properties, body) = compose(None, Err(fault.clone()));
        match read(properties, body) {
            Err(CallError::Fault(received)) => {
                assert_eq!(
                    (received.code(), received.message(), received.field()),
                    (fault.code(), fault.message(), fault.field())
                );
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_reply_of_another_kind_or_shape_is_undecodable() {
        for (kind, body) in
            [("call", "1"), ("result", "\"x\""), ("error", "1"), ("fault", "1"), ("result", "")]
        {
            let error = read(of_type(kind), body).unwrap_err();
            assert!(matches!(error, CallError::Decode(_)), "{kind} {body}");
            let ran =
                if matches!(kind, "result" | "error") { Execution::Completed } else { Execution::Unknown };
            assert_eq!(error.execution(), ran, "{kind} {body}");
        }
        let packed = Properties { content_type: Some("application/msgpack".into()), ..Properties::default() };
        assert!(matches!(read(packed, "1"), Err(CallError::Decode(_))));
        let zipped = Properties { content_encoding: Some("gzip".into()), ..Properties::default() };
        assert!(matches!(read(zipped, "1"), Err(CallError::Decode(_))));
    }

    #[test]
    fn a_reply_that_was_refused_says_why() {
        let refused = |kind, refusal| {
            let delivered = Delivered { refusal: Some(refusal), ..delivered(of_type(kind), "") };
            RawReply::read(delivered).1.decode::<Compute>(true).unwrap_err()
        };
        let large = refused("result", Refusal::TooLarge { size: 17, limit: 16 });
        assert_eq!(large.execution(), Execution::Completed);
        match large {
            CallError::Decode(undecodable) => {
                assert_eq!(undecodable.source.to_string(), "the body has 17 bytes, the limit is 16");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(refused("fault", Refusal::TooDeep).execution(), Execution::Unknown);
    }

    #[test]
    fn a_fault_code_from_the_future_is_kept() {
        match read(of_type("fault"), r#"{"code":"quota","message":"m","more":1}"#) {
            Err(CallError::Fault(fault)) => assert_eq!(fault.code().as_str(), "quota"),
            other => panic!("{other:?}"),
        }
    }

    /// A body that some reply has, with a byte changed here and there.
    fn nearly_right() -> impl Strategy<Value = Vec<u8>> {
        let written = prop_oneof![
            any::<u64>().prop_map(|n| n.to_string()),
            any::<u64>().prop_map(|limit| format!(r#"{{"limit":{limit}}}"#)),
            ("[a-z_]{0,12}", ".{0,12}").prop_map(|(code, message)| {
                String::from_utf8(codec::encode(&(&code, &message)).unwrap().to_vec())
                    .unwrap()
                    .replacen('[', r#"{"code":"#, 1)
                    .replacen(',', r#","message":"#, 1)
                    .replace(']', "}")
            }),
        ];
        let changes = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
        (written, changes).prop_map(|(text, changes)| {
            let mut bytes = text.into_bytes();
            for (place, byte) in changes {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            bytes
        })
    }

    proptest! {
        #[test]
        fn a_reply_that_is_nearly_right_says_no_more_than_its_type_does(
            kind in prop::sample::select(vec![None, Some(RESULT), Some(ERROR), Some(FAULT), Some("else")]),
            body in nearly_right(),
        ) {
            let properties = Properties { kind: kind.map(str::to_owned), ..Properties::default() };
            match (kind, read(properties, body)) {
                (None | Some(RESULT), Ok(_)) => {}
                (Some(ERROR), Err(CallError::Method(_))) | (Some(FAULT), Err(CallError::Fault(_))) => {}
                (kind, Err(CallError::Decode(undecodable))) => {
                    let ran = !matches!(kind, Some(FAULT | "else"));
                    prop_assert_eq!(undecodable.execution == Execution::Completed, ran);
                }
                (kind, other) => prop_assert!(false, "{:?}: {:?}", kind, other),
            }
        }

        #[test]
        fn arbitrary_replies_never_panic(kind: Option<String>, content_type: Option<String>, body: Vec<u8>) {
            let _ = read(Properties { kind, content_type, ..Properties::default() }, body.clone());
            for kind in [RESULT, ERROR, FAULT] {
                let _ = read(of_type(kind), body.clone());
            }
        }
    }
}
