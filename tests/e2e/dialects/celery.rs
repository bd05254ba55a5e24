//! Celery: tasks by a header, three elements in a body, a status in a reply.

use std::sync::atomic::{AtomicU64, Ordering};

use amqp_rpc::{
    CallError, Execution, FaultCode, Server, dialects::Celery, idempotency::MemoryStore, rpc_service,
};
use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable, ShortString},
};
use serde_json::{Value, json};

use super::{client_in, own_error, serve_fib_in};
use crate::{
    services::{FibClient, FibError, FibServer, Fibonacci, start},
    support::{RawPeer, Vhost, await_until, within},
};

const REPLY_QUEUE: &str = "424f99c7-9c3a-41d9-9669-0800200c9a66";
const ID: &str = "0f4c6f25-5b3b-4b0e-8b8a-3c2f7a5c9b11";
const OTHER_ID: &str = "1f4c6f25-5b3b-4b0e-8b8a-3c2f7a5c9b11";

/// Counts the payments of a task.
#[rpc_service]
trait Till {
    #[rpc(deduplicate)]
    async fn pay(&self, cents: u64) -> u64;
}

#[derive(Default)]
struct Counter(AtomicU64);

impl Till for Counter {
    async fn pay(&self, _cents: u64) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// The properties of a task, as Celery's clients have them.
fn task(name: &str, reply_to: &str) -> BasicProperties {
    task_of_id(ID, name, reply_to)
}

fn task_of_id(id: &str, name: &str, reply_to: &str) -> BasicProperties {
    let mut headers = FieldTable::default();
    for (header, value) in [("lang", "py"), ("task", name), ("id", id)] {
        headers.insert(header.into(), AMQPValue::LongString(value.into()));
    }
    let properties = BasicProperties::default().with_headers(headers).with_correlation_id(id.into());
    properties.with_content_type("application/json".into()).with_reply_to(ShortString::from(reply_to))
}

both_sides! {
    answers_as_a_worker_does: answers(Celery::new().queue("tasks"));
    serves_beside_the_native_protocol: serves_beside_the_native_protocol(Celery::new());
    fails_without_a_server: fails_without_a_server(Celery::new());
    calls_over_the_next_connection: calls_over_the_next_connection(Celery::new());
    survives_the_loss_of_a_server: survives_the_loss_of_a_server(Celery::new());
}

#[tokio::test]
async fn a_peer_gets_a_status_and_no_traceback_and_garbage_is_answered() {
    let vhost = Vhost::create().await;
    let server = serve_fib_in(&vhost, Celery::new().task("compute", "math.fib").errors_in("lib")).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    peer.declare_queue(REPLY_QUEUE, Default::default(), FieldTable::default()).await;
    let mut replies = peer.consume(REPLY_QUEUE, 20).await;
    for (name, body, status, kind) in [
        ("math.fib", &b"[[30],{},{}]"[..], "SUCCESS", None),
        ("math.fib", b"[[91],{},{\"chain\":null}]", "FAILURE", Some("TooLarge")),
        ("fib.compute", b"[[30],{},{}]", "FAILURE", Some("NotRegistered")),
        ("math.fib", b"[[30],{}]", "FAILURE", Some("bad_request")),
        ("math.fib", b"\xff", "FAILURE", Some("bad_request")),
    ] {
        // By the exchange, as some clients are configured.
        peer.publish("celery", "celery", task(name, REPLY_QUEUE), body).await;
        let reply = replies.next().await;
        let json = reply.json();
        assert_eq!((&json["status"], &json["task_id"]), (&json!(status), &json!(ID)), "{json}");
        assert_eq!((&json["traceback"], &json["children"]), (&Value::Null, &json!([])), "{json}");
        match kind {
            None => assert_eq!(json["result"], 832_040),
            Some(kind) => assert_eq!(json["result"]["exc_type"], kind, "{json}"),
        }
        assert_eq!((reply.correlation_id(), reply.content_type()), (Some(ID), Some("application/json")));
        reply.ack().await;
    }
    peer.publish("", "celery", task("math.fib", "celery"), b"[[30],{},{}]").await;
    await_until("the request is refused", || async { server.stats().foreign_reply_addresses == 1 }).await;
    let fib = FibClient::new(client_in(vhost.uri(), Celery::new().task("compute", "math.fib")).await);
    let error = within("the error", fib.compute(91)).await.unwrap_err();
    assert_eq!(own_error(error), FibError::TooLarge { limit: 90 });
    within("the server to stop", server.shutdown()).await.unwrap();
    let queue = vhost.existing_queue("celery").await;
    assert_eq!((queue.ready, queue.unacked), (0, 0), "everything is settled");
}

#[tokio::test]
async fn a_task_that_is_sent_again_has_the_reply_of_the_first() {
    let vhost = Vhost::create().await;
    let server = Server::new().service_in(TillServer::new(Counter::default()), Celery::new());
    let _server = start(server.idempotency_store(MemoryStore::new()), &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    peer.declare_queue(REPLY_QUEUE, Default::default(), FieldTable::default()).await;
    let mut replies = peer.consume(REPLY_QUEUE, 20).await;
    for (id, paid) in [(ID, 1), (ID, 1), (OTHER_ID, 2)] {
        peer.publish("", "celery", task_of_id(id, "till.pay", REPLY_QUEUE), b"[[5],{},{}]").await;
        let reply = replies.next().await;
        assert_eq!((&reply.json()["result"], &reply.json()["task_id"]), (&json!(paid), &json!(id)));
        reply.ack().await;
    }
    let till = TillClient::new(client_in(vhost.uri(), Celery::new()).await);
    for (key, paid) in [("order 17", 3), ("order 17", 3), ("order 18", 4)] {
        assert_eq!(within("a value", till.pay(5).idempotency_key(key)).await.unwrap(), paid, "{key}");
    }
}

#[tokio::test]
async fn after_an_exception_of_celery_the_task_may_have_run() {
    let vhost = Vhost::create().await;
    let _server = serve_fib_in(&vhost, Celery::new()).await;
    let client = client_in(vhost.uri(), Celery::new()).await;
    let error = within("the fault", client.call_json("fib.nothing", json!({}))).await.unwrap_err();
    let CallError::Fault(fault) = error else { panic!("{error:?}") };
    assert_eq!((fault.code(), fault.execution()), (&FaultCode::UnknownMethod, Execution::Unknown));
    let error = within("the fault", client.call_json("fib.compute", json!({}))).await.unwrap_err();
    let CallError::Fault(fault) = error else { panic!("{error:?}") };
    assert_eq!((fault.code(), fault.execution()), (&FaultCode::BadRequest, Execution::Never));
}

#[tokio::test]
async fn two_tasks_of_one_name_are_refused() {
    let vhost = Vhost::create().await;
    let dialect = Celery::new().task("compute", "fib.whoami");
    let server = Server::new().service_in(FibServer::new(Fibonacci), dialect).start(vhost.uri());
    let error = within("the refusal", server).await.unwrap_err().to_string();
    assert!(error.contains("have one name there"), "{error}");
}
