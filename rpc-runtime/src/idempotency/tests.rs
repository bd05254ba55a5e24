//! The store in memory, what is stored of an outcome, and what makes two requests equal. Time is paused.

use std::{
    future::pending,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;

use super::{
    Attempt, Begun, IdempotencyKey, IdempotencyOptions, IdempotencyStore, MemoryStore, StoreFuture,
    begin::MAX_UNFINISHED, conformance, fingerprint, store_access::StoreAccess, store_log::StoreLog,
    stored_reply,
};
use crate::{
    contract::MethodDef,
    message::{Execution, Fault, FaultCode, IncomingCall, Reply, ReplyKind, Violation},
    wire::request::ReceivedRequest,
};
use amqp_rpc_transport::{Delivered, Properties};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

fn attempt(key: &str) -> Attempt {
    Attempt::new(IdempotencyKey::new("amqp-rpc", "fib.compute", key), [0; 32], 30 * SECOND, HOUR)
}

#[tokio::test(start_paused = true)]
async fn the_store_in_memory_does_what_a_store_should() {
    conformance::check(MemoryStore::new()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_keys_take_no_more_memory_than_the_store_was_given() {
    const CAPACITY: u64 = 4 * 1024 * 1024;
    let store = MemoryStore::with_capacity(CAPACITY);
    let reply = Bytes::from(vec![7; 1000]);
    let mut most = 0;
    for number in 0..100_000 {
        let attempt = attempt(&number.to_string());
        assert_eq!(store.begin(&attempt).await.unwrap(), Begun::Started);
        store.complete(&attempt, reply.clone()).await.unwrap();
        if number % 100 == 0 {
            most = most.max(store.bytes());
            let latest = store.begin(&self::attempt(&number.to_string())).await.unwrap();
            assert_eq!(
                latest,
                Begun::Replied(reply.clone()),
                "what is new is kept, and what is old is forgotten"
            );
        }
    }
    assert!(most <= CAPACITY && most > CAPACITY / 2, "{most} bytes");
    assert!(store.evicted() > 90_000, "{} were forgotten", store.evicted());
    assert_eq!(store.begin(&attempt("0")).await.unwrap(), Begun::Started, "the oldest is forgotten");
}

#[tokio::test(start_paused = true)]
async fn of_a_reply_that_is_too_large_for_the_store_it_stores_that_the_method_ran() {
    for (capacity, size) in [(0, 4096), (100_000, 25_000), (100_000, 1_000_000)] {
        let store = MemoryStore::with_capacity(capacity);
        let first = attempt(&"k".repeat(255));
        assert_eq!(store.begin(&first).await.unwrap(), Begun::Started);
        store.complete(&first, Bytes::from(vec![7; size])).await.unwrap();
        let begun = store.begin(&attempt(&"k".repeat(255))).await.unwrap();
        let Begun::Replied(stored) = begun else { panic!("{size} bytes in {capacity}: it runs again") };
        let fault = stored_reply::read(&stored).unwrap().unwrap_err();
        assert_eq!(fault.code(), &FaultCode::ReplyTooLarge);
        assert!(store.bytes() > 0, "the cache has taken it");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_runs_is_not_forgotten_when_the_store_is_full() {
    let store = MemoryStore::with_capacity(10_000);
    let running = attempt("running");
    assert_eq!(store.begin(&running).await.unwrap(), Begun::Started);
    for number in 0..1000 {
        let attempt = attempt(&number.to_string());
        store.begin(&attempt).await.unwrap();
        store.complete(&attempt, Bytes::from(vec![7; 1000])).await.unwrap();
    }
    assert_eq!(store.begin(&attempt("running")).await.unwrap(), Begun::InProgress);
}

#[tokio::test(start_paused = true)]
async fn abandoned_keys_leave_the_memory_after_their_time() {
    for (capacity, remembers) in [(10_000, false), (1_000_000, true)] {
        let store = MemoryStore::with_capacity(capacity);
        for number in 0..1000 {
            assert_eq!(store.begin(&attempt(&number.to_string())).await.unwrap(), Begun::Started);
        }
        tokio::time::advance(31 * SECOND).await;
        assert_eq!(store.begin(&attempt("another")).await.unwrap(), Begun::Started);
        assert!(store.bytes() > 0 && store.bytes() <= capacity, "they count towards its bound now");
        assert_eq!(store.evicted() == 0, remembers);
    }
    let store = MemoryStore::new();
    assert_eq!(store.begin(&attempt("999")).await.unwrap(), Begun::Started);
    tokio::time::advance(31 * SECOND).await;
    assert_eq!(store.begin(&attempt("999")).await.unwrap(), Begun::Abandoned);
    tokio::time::advance(HOUR).await;
    assert_eq!(store.begin(&attempt("999")).await.unwrap(), Begun::Started);
}

#[tokio::test(start_paused = true)]
async fn the_longest_times_do_not_overflow() {
    let store = MemoryStore::new();
    let key = IdempotencyKey::new("amqp-rpc", "fib.compute", "key");
    let attempt = Attempt::new(key, [0; 32], Duration::MAX, Duration::MAX);
    assert_eq!(store.begin(&attempt).await.unwrap(), Begun::Started);
    store.complete(&attempt, Bytes::new()).await.unwrap();
    assert_eq!(store.begin(&attempt).await.unwrap(), Begun::Replied(Bytes::new()));
}

#[test]
fn invalid_options_are_named() {
    let options = IdempotencyOptions::new();
    assert_eq!(options.check(), Ok(()));
    assert!(options.clone().ttl(Duration::ZERO).check().unwrap_err().contains("`ttl`"));
    assert!(options.clone().lease(Duration::ZERO).check().unwrap_err().contains("`lease`"));
    assert!(options.clone().store_timeout(Duration::ZERO).check().unwrap_err().contains("`store_timeout`"));
    let at_least_twice = options.lease(SECOND);
    assert_eq!(at_least_twice.clone().ttl(2 * SECOND).check(), Ok(()));
    let shorter = at_least_twice.ttl(Duration::from_millis(1999)).check().unwrap_err();
    assert!(shorter.contains("`ttl` must be at least twice as long as `lease`"), "{shorter}");
}

#[test]
fn an_outcome_is_read_as_it_was_stored() {
    let result =
        Reply::new(ReplyKind::Result, "application/msgpack", Bytes::from_static(b"\x93\x01\x02\x03"));
    let error = Reply::error(&"no").unwrap();
    for reply in [result, error, Reply::bytes(Bytes::new())] {
        let stored = stored_reply::write(&Ok(reply.clone()), 100).unwrap();
        let read = stored_reply::read(&stored).unwrap().unwrap();
        assert_eq!(
            (read.kind(), read.content_type(), read.body()),
            (reply.kind(), reply.content_type(), reply.body())
        );
    }
    let fault = Fault::new(FaultCode::InvalidResult, "two").with_field("n").with_detail("for the log");
    let fault = fault.with_violations(vec![Violation::new("n", "greater than 90")]);
    let read =
        stored_reply::read(&stored_reply::write(&Err(fault.clone()), 100).unwrap()).unwrap().unwrap_err();
    assert_eq!((read.code(), read.message(), read.field()), (fault.code(), fault.message(), fault.field()));
    assert_eq!((read.violations(), read.detail()), (fault.violations(), None));
}

#[test]
fn what_certainly_did_not_run_is_not_stored() {
    for code in FaultCode::KNOWN {
        let stored = stored_reply::write(&Err(Fault::new(code.clone(), "")), 100);
        assert_eq!(stored.is_none(), code.execution() == Execution::Never, "{code}");
    }
}

#[test]
fn of_a_large_reply_it_is_stored_that_the_method_ran() {
    let reply = Reply::bytes(vec![7; 101]);
    let stored = stored_reply::write(&Ok(reply), 100).unwrap();
    let fault = stored_reply::read(&stored).unwrap().unwrap_err();
    assert_eq!(fault.code(), &FaultCode::ReplyTooLarge);
    assert!(fault.message().contains("101 bytes"), "{fault}");
}

#[test]
fn what_a_later_version_has_stored_is_not_read() {
    for stored in
        [&b""[..], b"\x20\0\0", b"\x10", b"\x10\0", b"\x10\0\x05json", b"\x10\0\x01\xff", b"\x12\0\0{"]
    {
        assert!(stored_reply::read(&Bytes::copy_from_slice(stored)).is_none(), "{stored:?}");
    }
}

const METHOD: &MethodDef = &MethodDef::new("fib", "fib.compute");

fn call(body: &str, content_type: Option<&str>, user: Option<&str>) -> IncomingCall {
    let properties = Properties {
        content_type: content_type.map(Into::into),
        user_id: user.map(Into::into),
        ..Properties::default()
    };
    let delivered = Delivered {
        tag: 1,
        redelivered: false,
        exchange: "amqp-rpc".into(),
        routing_key: "fib.compute".into(),
        properties,
        body: Bytes::copy_from_slice(body.as_bytes()),
        refusal: None,
        received_at: Instant::now(),
    };
    let request = ReceivedRequest::read(delivered, &[]);
    request.into_call(METHOD, Instant::now()).expect("it is a call")
}

#[test]
fn requests_are_equal_in_body_content_type_and_user() {
    let json = Some("application/json");
    let fingerprint = |call: &IncomingCall| fingerprint::of(call).unwrap();
    let first = fingerprint(&call("30", json, None));
    assert_eq!(first, fingerprint(&call("30", json, None)));
    for other in [call("31", json, None), call("30", None, None), call("30", json, Some("ada"))] {
        assert_ne!(first, fingerprint(&other));
    }
}

#[cfg(feature = "secrets")]
#[test]
fn secrets_are_left_out_of_what_must_be_equal_and_all_else_is_not() {
    use crate::secrets::{Keyring, RequestSecrets, Secrets};

    let keyring = Keyring::new(&Keyring::generate_key()).unwrap();
    let encrypt = |value: &str| keyring.encrypt(&value.into()).unwrap();
    let secrets = Secrets::from(keyring.clone());
    let fingerprint = |name: &str, token: &str| {
        let mut call = call(&format!(r#"{{"name":"{name}","password":"{token}","n":1}}"#), None, None);
        call.secrets = RequestSecrets::received(&secrets, call.headers_mut(), None);
        fingerprint::of(&call).unwrap()
    };
    let first = fingerprint("ada", &encrypt("hunter2"));
    assert_eq!(first, fingerprint("ada", &encrypt("hunter2")), "another token of the same secret");
    assert_ne!(first, fingerprint("bob", &encrypt("hunter2")));
    let long = "a secret of another length, which is the length of its token";
    assert_ne!(first, fingerprint("ada", &encrypt(long)));

    // Values that only begin as tokens do are compared.
    assert_ne!(fingerprint("gAAAAAda", "t"), fingerprint("gAAAAAbob", "t"));
    assert_ne!(fingerprint(&"gAAAAAda".repeat(12), "t"), fingerprint(&"gAAAAAbe".repeat(12), "t"));
    for length in 1..100 {
        let secret = "s".repeat(length);
        let (one, other) = (encrypt(&secret), encrypt(&secret));
        assert_eq!(fingerprint("ada", &one), fingerprint("ada", &other), "{length} bytes");
        // In MessagePack a number may follow as a letter, and in text a sign.
        for after in ["A", "=", "7\"", "AB"] {
            let with = |token: &str| fingerprint("ada", &format!("{token}{after}"));
            assert_eq!(with(&one), with(&other), "{length} bytes and {after}");
        }
        assert_ne!(fingerprint("ada", &format!("{one}A")), fingerprint("ada", &format!("{one}B")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_is_logged_now_and_then() {
    let log = StoreLog::default();
    assert_eq!(log.next(), Some(0));
    for _ in 0..1000 {
        assert_eq!(log.next(), None);
    }
    tokio::time::advance(10 * SECOND).await;
    assert_eq!(log.next(), Some(1000));
    assert_eq!(log.next(), None);
}

/// A store that never answers.
struct Silent;

impl IdempotencyStore for Silent {
    fn begin<'a>(&'a self, _: &'a Attempt) -> StoreFuture<'a, Begun> {
        Box::pin(pending())
    }

    fn extend<'a>(&'a self, _: &'a Attempt) -> StoreFuture<'a, ()> {
        Box::pin(pending())
    }

    fn complete<'a>(&'a self, _: &'a Attempt, _: Bytes) -> StoreFuture<'a, ()> {
        Box::pin(pending())
    }

    fn release<'a>(&'a self, _: &'a Attempt) -> StoreFuture<'a, ()> {
        Box::pin(pending())
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_is_told_the_end_of_a_bounded_number_of_attempts() {
    let access = Arc::new(StoreAccess::new(Arc::new(Silent), IdempotencyOptions::new()));
    for number in 0..MAX_UNFINISHED + 100 {
        access.later(attempt(&number.to_string()), None);
    }
    assert_eq!(access.unfinished.lock().unwrap().len(), MAX_UNFINISHED);
    access.settle().await;
    assert_eq!(access.stats.store_failures.read(), 3 * MAX_UNFINISHED as u64);
}
