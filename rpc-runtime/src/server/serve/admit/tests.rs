//! Any message whatever, from its delivery to the answer that its caller reads. `PROPTEST_CASES` sets how
//! many.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use amqp_rpc_transport::{Delivered, Headers, Properties};
use bytes::Bytes;
use futures_util::FutureExt;
use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    codec::AnyCodec,
    contract::{Request, Response, ServeFuture, Service, ServiceDef},
    error::CallError,
    layer::{BoxService, RpcService},
    lock::Locks,
    message::Execution,
    secrets::MessageScope,
    server::{
        config::{RedeliveryPolicy, ReplyPolicy},
        serve::serve,
        services::{
            ServiceId,
            routes::{RoutedService, by_queue},
        },
    },
    test_contract::{Compute, Computed, TooLarge},
    wire::{
        namespace::Namespace,
        reply::{self, Reading, ReceivedReply},
    },
};

/// Computes nothing, and knows whether it was run.
struct Fib(Arc<AtomicBool>);

impl Service for Fib {
    const DEFINITION: &'static ServiceDef = &ServiceDef::new("fib", &[Compute::METHOD]);

    fn dispatch(&self, call: IncomingCall) -> ServeFuture {
        let ran = Arc::clone(&self.0);
        serve::<Compute, _, _>(call, |request, _| async move {
            ran.store(true, Ordering::Relaxed);
            match request.n {
                0..100 => Ok(Computed::from_value(request.n)),
                _ => Err(TooLarge { limit: 100 }),
            }
        })
    }
}

fn text() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(".{0,12}")
}

/// One of these, or anything.
fn one_of(known: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    let known = prop::sample::select(known).prop_map(|text| Some(text.to_owned()));
    prop_oneof![2 => known, 1 => text(), 1 => Just(None)]
}

fn body() -> impl Strategy<Value = Bytes> {
    let written = prop_oneof![
        any::<u64>().prop_map(|n| format!("{{\"n\":{n}}}")),
        (0..200u64).prop_map(|n| format!("{{\"n\":{n}}}")),
        any::<f64>().prop_map(|n| format!("{{\"n\":{n},\"m\":[]}}")),
        (1..3000usize).prop_map(|depth| format!("{{\"n\":{}", "[".repeat(depth))),
    ];
    let spoiled =
        (written, vec((any::<prop::sample::Index>(), any::<u8>()), 0..2)).prop_map(|(text, changes)| {
            let mut bytes = text.into_bytes();
            for (place, byte) in changes {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            bytes
        });
    prop_oneof![1 => any::<Vec<u8>>(), 3 => spoiled].prop_map(Bytes::from)
}

fn properties() -> impl Strategy<Value = Properties> {
    let media = (one_of(&["application/json", "text/plain"]), one_of(&["utf-8", "gzip"]));
    let headers = proptest::option::of(vec((".{0,8}", ".{0,8}"), 0..3));
    let ids = (text(), text(), text(), one_of(&["fib.compute", "fib.nothing"]));
    let expiration =
        one_of(&["0", "1", "60000", "2147483647", "4294967295", "18446744073709551615", "+7", "-1", "1e3"]);
    (media, headers, ids, expiration, any::<Option<u8>>()).prop_map(
        |(
            (content_type, content_encoding),
            headers,
            (correlation_id, user_id, app_id, kind),
            expiration,
            priority,
        )| {
            Properties {
                content_type: content_type.map(Into::into),
                content_encoding: content_encoding.map(Into::into),
                headers: headers.map(Headers::from_iter),
                priority,
                correlation_id: correlation_id.map(Into::into),
                reply_to: Some("replies".into()),
                expiration: expiration.map(Into::into),
                kind: kind.map(Into::into),
                user_id: user_id.map(Arc::from),
                app_id: app_id.map(Arc::from),
                ..Properties::default()
            }
        },
    )
}

fn delivered() -> impl Strategy<Value = Delivered> {
    let refusal = prop_oneof![
        8 => Just(None),
        1 => Just(Some(Refusal::TooDeep)),
        1 => any::<u64>().prop_map(|size| Some(Refusal::TooLarge { size, limit: 1000 })),
    ];
    let routing_key = prop_oneof![Just("fib.compute".to_owned()), Just("fib".to_owned()), ".{0,12}"];
    (any::<bool>(), routing_key, properties(), body(), refusal).prop_map(
        |(redelivered, routing_key, properties, body, refusal)| Delivered {
            tag: 1,
            redelivered,
            exchange: "amqp-rpc".into(),
            routing_key: routing_key.into(),
            properties,
            body,
            refusal,
            received_at: Instant::now(),
        },
    )
}

/// As the caller would read it.
fn read(outcome: Result<crate::message::Reply, Fault>) -> Result<u64, CallError<TooLarge>> {
    let (properties, body) = reply::compose(Some("id".into()), &AnyCodec::JSON, outcome);
    let reply = Delivered {
        tag: 1,
        redelivered: false,
        exchange: Default::default(),
        routing_key: "replies".into(),
        properties,
        body,
        refusal: None,
        received_at: Instant::now(),
    };
    ReceivedReply::read(reply).1.decode::<Compute>(Reading {
        idempotent: false,
        codec: &AnyCodec::JSON,
        max_bytes: 1024,
        scope: MessageScope::NONE,
    })
}

proptest! {
    #[test]
    fn whatever_is_delivered_is_run_or_refused_and_its_caller_is_told_which(
        delivered in delivered(), waited in 0..100u64,
    ) {
        let ran = Arc::new(AtomicBool::new(false));
        let service = BoxService::innermost(Fib(Arc::clone(&ran)));
        let routed = RoutedService { id: ServiceId::default(), definition: Fib::DEFINITION, service: &service, locked: &[], counters: None };
        let queues = by_queue([routed], &Namespace::default(), &Locks::new()).unwrap();
        let rules = AdmissionRules {
            max_request_bytes: 1000,
            reply_policy: ReplyPolicy::default(),
            redelivered: RedeliveryPolicy::default(),
            authorization: None,
        };
        let received_at = Instant::now().checked_sub(Duration::from_millis(waited)).unwrap();
        let origin = MessageOrigin { tag: 1, queue: "fib", reply_to: Some("replies"), is_part: false };
        let delivery = Delivery { received_at, origin, begun: None };
        let outcome = match admit(&rules, ReceivedRequest::read(delivered, &[]), &queues["fib"], delivery) {
            Ok(Admitted { route, call, .. }) => route.service.call(call).now_or_never().expect("it waits for nothing"),
            Err(refused) => Err(refused.fault),
        };
        let execution = match read(outcome) {
            Ok(_) => Execution::Completed,
            Err(CallError::Decode(undecodable)) => panic!("the caller cannot read the answer: {undecodable:?}"),
            Err(error) => error.execution(),
        };
        let expected = if ran.load(Ordering::Relaxed) { Execution::Completed } else { Execution::Never };
        prop_assert_eq!(execution, expected);
    }
}
