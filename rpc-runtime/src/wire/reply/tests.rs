//! Replies that are written and read back, and malformed ones.

use std::time::Instant;

use amqp_rpc_transport::{Delivered, Properties, Refusal};
use bytes::Bytes;
use proptest::prelude::*;

use super::{ERROR, FAULT, RESULT, Reading, ReceivedReply, compose};
use crate::{
    codec::AnyCodec,
    error::CallError,
    message::{Execution, Fault, FaultCode, Reply, ReplyKind, Violation},
    secrets::MessageScope,
    test_contract::{Compute, TooLarge},
};

const READING: Reading<'static> =
    Reading { idempotent: true, codec: &AnyCodec::JSON, max_bytes: 1024, scope: MessageScope::NONE };

fn delivered(properties: Properties, body: impl Into<Bytes>) -> Delivered {
    Delivered {
        tag: 1,
        redelivered: false,
        exchange: Default::default(),
        routing_key: "replies".into(),
        properties,
        body: body.into(),
        refusal: None,
        received_at: Instant::now(),
    }
}

fn read(properties: Properties, body: impl Into<Bytes>) -> Result<u64, CallError<TooLarge>> {
    ReceivedReply::read(delivered(properties, body)).1.decode::<Compute>(READING)
}

fn of_type(kind: &str) -> Properties {
    Properties { kind: Some(kind.into()), ..Properties::default() }
}

#[test]
fn a_fault_has_at_most_half_a_mebibyte_whatever_the_request_was() {
    // The worst case of JSON: each of these characters is escaped with six.
    let worst = "\u{1}".repeat(1024 * 1024);
    let violations = (0..1000).map(|_| Violation::new(worst.as_str(), worst.as_str())).collect();
    let of_rules = Fault::of_violations(FaultCode::BadRequest, violations);
    let of_text = Fault::new(FaultCode::BadRequest, worst.as_str()).with_field(worst.as_str());
    for fault in [of_rules, of_text] {
        let (_, body) = compose(None, &AnyCodec::JSON, Err(fault));
        assert!((100_000..512 * 1024).contains(&body.len()), "{}", body.len());
    }
}

#[test]
fn a_hundred_violations_of_a_fault_are_read_and_the_others_skipped() {
    let violations: Vec<_> = (0..5000).map(|n| format!(r#"{{"field":"n{n}","message":"no"}}"#)).collect();
    let body = format!(r#"{{"errors":[{}],"code":"bad_request","message":"many"}}"#, violations.join(","));
    let reading = Reading { max_bytes: body.len(), ..READING };
    let read = ReceivedReply::read(delivered(of_type(FAULT), body)).1.decode::<Compute>(reading);
    let Err(CallError::Fault(fault)) = read else { panic!("{read:?}") };
    assert_eq!((fault.code(), fault.message()), (&FaultCode::BadRequest, "many"));
    assert_eq!(fault.violations().len(), 100);
    assert_eq!(fault.violations()[99].field(), "n99");
}

#[test]
fn a_reply_without_type_is_a_result() {
    assert_eq!(read(Properties::default(), "832040").unwrap(), 832_040);
}

#[test]
fn results_errors_and_faults_survive_the_wire() {
    let result = Reply::new(ReplyKind::Result, "application/json", "7".into());
    let (properties, body) = compose(Some("id".into()), &AnyCodec::JSON, Ok(result));
    assert_eq!(properties.correlation_id.as_deref(), Some("id"));
    assert_eq!(read(properties, body).unwrap(), 7);

    let error = Reply::new(ReplyKind::Error, "application/json", r#"{"limit":90}"#.into());
    let (properties, body) = compose(None, &AnyCodec::JSON, Ok(error));
    assert!(matches!(read(properties, body), Err(CallError::Method(TooLarge { limit: 90 }))));

    let fault = Fault::new(FaultCode::BadRequest, "n is missing").with_field("n");
    let (properties, body) = compose(None, &AnyCodec::JSON, Err(fault.clone()));
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
    for (kind, body) in [("call", "1"), ("result", "\"x\""), ("error", "1"), ("fault", "1"), ("result", "")] {
        let error = read(of_type(kind), body).unwrap_err();
        assert!(matches!(error, CallError::Decode(_)), "{kind} {body}");
        let ran = if matches!(kind, "result" | "error") { Execution::Completed } else { Execution::Unknown };
        assert_eq!(error.execution(), ran, "{kind} {body}");
    }
    let packed = Properties { content_type: Some("application/xml".into()), ..Properties::default() };
    assert!(matches!(read(packed, "1"), Err(CallError::Decode(_))));
    let zipped = Properties { content_encoding: Some("gzip".into()), ..Properties::default() };
    assert!(matches!(read(zipped, "1"), Err(CallError::Decode(_))));
}

#[test]
fn a_reply_that_was_refused_says_why() {
    let refused = |kind, refusal| {
        let delivered = Delivered { refusal: Some(refusal), ..delivered(of_type(kind), "") };
        ReceivedReply::read(delivered).1.decode::<Compute>(READING).unwrap_err()
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
fn a_reply_whose_type_may_have_been_lost_does_not_say_that_its_call_ran() {
    for (refusal, execution) in [
        (Refusal::NotUtf8, Execution::Unknown),
        (Refusal::Malformed, Execution::Unknown),
        (Refusal::TooDeep, Execution::Unknown),
        // Only its body is lost: it has no type, as the reply of a foreign server.
        (Refusal::TooLarge { size: 17, limit: 16 }, Execution::Completed),
    ] {
        let untyped = Delivered { refusal: Some(refusal), ..delivered(Properties::default(), "") };
        let error = ReceivedReply::read(untyped).1.decode::<Compute>(READING).unwrap_err();
        assert_eq!(error.execution(), execution, "{refusal:?}");
    }
    let typed = Delivered { refusal: Some(Refusal::NotUtf8), ..delivered(of_type("error"), "") };
    let error = ReceivedReply::read(typed).1.decode::<Compute>(READING).unwrap_err();
    assert_eq!(error.execution(), Execution::Completed);
}

#[test]
fn a_fault_code_from_the_future_is_kept() {
    match read(of_type("fault"), r#"{"code":"quota","message":"m","more":1}"#) {
        Err(CallError::Fault(fault)) => assert_eq!(fault.code().as_str(), "quota"),
        other => panic!("{other:?}"),
    }
}

/// The body of a valid reply with some bytes changed.
fn nearly_right() -> impl Strategy<Value = Vec<u8>> {
    let written = prop_oneof![
        any::<u64>().prop_map(|n| n.to_string()),
        any::<u64>().prop_map(|limit| format!(r#"{{"limit":{limit}}}"#)),
        ("[a-z_]{0,12}", ".{0,12}").prop_map(|(code, message)| {
            String::from_utf8(AnyCodec::JSON.encode(&(&code, &message)).unwrap().to_vec())
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
        let properties = Properties { kind: kind.map(Into::into), ..Properties::default() };
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
        let (kind, content_type) = (kind.map(Into::into), content_type.map(Into::into));
        let _ = read(Properties { kind, content_type, ..Properties::default() }, body.clone());
        for kind in [RESULT, ERROR, FAULT] {
            let _ = read(of_type(kind), body.clone());
        }
    }
}
