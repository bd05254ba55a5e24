//! Requests that are written by a client and read by a server.

use std::time::{Duration, Instant};

use amqp_rpc_transport::{Delivered, HeaderValue, Headers, Properties};
use bytes::Bytes;
use proptest::prelude::*;
use smol_str::SmolStr;

use super::{CallRequest, Caller, ReceivedRequest, expiration};
use crate::{contract::MethodDef, message::FaultCode};

const METHOD: &MethodDef = &MethodDef::new("fib", "fib.compute");

fn received(properties: Properties) -> ReceivedRequest {
    let delivered = Delivered {
        tag: 1,
        redelivered: false,
        exchange: "amqp-rpc".into(),
        routing_key: "fib.compute".into(),
        properties,
        body: Bytes::new(),
        refusal: None,
        received_at: Instant::now(),
    };
    ReceivedRequest::read(delivered, &[])
}

#[test]
fn the_remaining_time_is_rounded_up_and_clamped() {
    assert_eq!(expiration::write(Duration::from_nanos(1)), 1);
    assert_eq!(expiration::write(Duration::from_millis(250)), 250);
    assert_eq!(expiration::write(Duration::from_micros(250_001)), 251);
    let days = |days: u64| Duration::from_secs(days * 24 * 60 * 60);
    assert_eq!(expiration::write(days(24)), 2_073_600_000);
    for clamped in [days(25), days(60), Duration::MAX] {
        assert_eq!(expiration::write(clamped), 2_147_483_647, "LavinMQ accepts no more");
    }
}

#[test]
fn the_longest_expiration_is_no_limit() {
    let deadline = |milliseconds: &str| {
        let properties = Properties { expiration: Some(milliseconds.into()), ..Properties::default() };
        received(properties).into_call(METHOD, Instant::now()).unwrap().context.deadline()
    };
    assert!(deadline("2147483646").is_some());
    assert_eq!(deadline("2147483647"), None);
    assert_eq!(deadline("4294967295"), None, "older clients wrote this maximum");
}

#[test]
fn where_expiry_is_rounded_down_the_server_still_gets_the_exact_time() {
    let step = Some(Duration::from_millis(100));
    for (milliseconds, expiration) in
        [(1, "200"), (5, "200"), (100, "200"), (101, "300"), (250, "400"), (u64::MAX, "2147483647")]
    {
        let outgoing = CallRequest {
            name: METHOD.full_name,
            content_type: "application/json",
            content_encoding: None,
            correlation_id: "id".into(),
            reply_to: &SmolStr::new_static("replies"),
            remaining: Some(Duration::from_millis(milliseconds)),
            expiration_step: step,
            priority: None,
            message_id: None,
            headers: Headers::from_iter([("tenant", "acme")]),
        };
        let properties = outgoing.properties(&Caller { user_id: None, app_id: None });
        assert_eq!(properties.expiration.as_deref(), Some(expiration), "{milliseconds}");
        let now = Instant::now();
        let context = received(properties).into_call(METHOD, now).unwrap().context;
        let expected = (milliseconds < 1000).then(|| now + Duration::from_millis(milliseconds));
        assert_eq!(context.deadline(), expected, "{milliseconds}");
        assert_eq!(context.headers(), &Headers::from_iter([("tenant", "acme")]), "it is not passed on");
    }
}

#[test]
fn the_header_of_the_remaining_time_never_extends_the_expiration() {
    let deadline = |expiration: Option<&str>, header: HeaderValue, now: Instant| {
        let headers = Headers::from_iter([("remaining-ms", header)]);
        let expiration = expiration.map(Into::into);
        let properties = Properties { expiration, headers: Some(headers), ..Properties::default() };
        received(properties).into_call(METHOD, now).unwrap().context.deadline()
    };
    let now = Instant::now();
    let after = |milliseconds| Some(now + Duration::from_millis(milliseconds));
    assert_eq!(deadline(Some("200"), HeaderValue::Int(5), now), after(5));
    assert_eq!(deadline(Some("200"), HeaderValue::Int(5000), now), after(200));
    assert_eq!(deadline(Some("200"), HeaderValue::Int(-1), now), after(200));
    assert_eq!(deadline(Some("200"), HeaderValue::Text("5".into()), now), after(200));
    assert_eq!(deadline(None, HeaderValue::Int(5), now), None, "a call without limit stays one");
}

#[test]
fn a_context_does_not_show_the_values_of_headers() {
    let headers = Headers::from_iter([("authorization", "secret")]);
    let received = received(Properties { headers: Some(headers), ..Properties::default() });
    let shown = format!("{:?}", received.into_call(METHOD, Instant::now()).unwrap());
    assert!(shown.contains("authorization") && !shown.contains("secret"), "{shown}");
}

#[test]
fn the_server_reads_the_request_that_the_client_writes() {
    let headers: Headers = [("tenant", "acme")].into_iter().collect();
    let outgoing = CallRequest {
        name: METHOD.full_name,
        content_type: "application/json",
        content_encoding: None,
        correlation_id: "id".into(),
        reply_to: &SmolStr::new_static("replies"),
        remaining: Some(Duration::from_secs(2)),
        expiration_step: None,
        priority: Some(3),
        message_id: Some("key".into()),
        headers: headers.clone(),
    };
    let caller = Caller { user_id: Some("guest".into()), app_id: Some("app".into()) };
    let received = received(outgoing.properties(&caller));
    assert_eq!(received.return_address.reply_to.as_deref(), Some("replies"));
    assert_eq!(received.kind.as_deref(), Some("fib.compute"));

    let now = Instant::now();
    let context = received.into_call(METHOD, now).unwrap().context;
    assert_eq!(context.deadline(), Some(now + Duration::from_secs(2)));
    assert_eq!(context.headers(), &headers);
    assert_eq!((context.user_id(), context.app_id()), (Some("guest"), Some("app")));
    assert_eq!((context.correlation_id(), context.priority()), (Some("id"), Some(3)));
    assert_eq!((context.message_id(), context.idempotency_key()), (Some("key"), Some("key")));
}

#[test]
fn an_empty_reply_address_is_none() {
    let request = received(Properties { reply_to: Some(Default::default()), ..Properties::default() });
    assert_eq!(request.return_address.reply_to, None);
}

#[test]
fn foreign_encodings_are_refused_by_name() {
    let br = received(Properties { content_encoding: Some("br".into()), ..Properties::default() });
    let fault = br.into_call(METHOD, Instant::now()).unwrap_err();
    assert_eq!(fault.code(), &FaultCode::UnsupportedMediaType);
    assert!(fault.message().contains("br"));
    received(Properties { content_encoding: Some("UTF-8".into()), ..Properties::default() })
        .into_call(METHOD, Instant::now())
        .unwrap();
}

proptest! {
    #[test]
    fn any_expiration_is_a_budget_or_a_fault(expiration: String) {
        let request = received(Properties { expiration: Some(expiration.clone().into()), ..Properties::default() });
        match request.into_call(METHOD, Instant::now()) {
            Ok(_) => prop_assert!(expiration.parse::<u64>().is_ok()),
            Err(fault) => prop_assert_eq!(fault.code(), &FaultCode::BadRequest),
        }
    }
}
