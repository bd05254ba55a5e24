//! aio-pika: a queue for each method, requests that come back when they are rejected, and tasks for workers.

use amqp_rpc::{
    CallError, Client, Execution, FaultCode, Server,
    client::{CallOptions, ReplyTo},
    dialects::AioPika,
    error::RemoteError,
    rpc_service,
};
use lapin::{
    BasicProperties, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable, LongString, ShortString},
};
use serde_json::json;
use tokio::sync::mpsc;

use super::{client_in, own_error, serve_fib_in};
use crate::{
    services::{FibClient, FibError, GateClient, GateServer, Gatekeeper, start},
    support::{RawPeer, Vhost, await_until, raw_peer::Inbox, within},
};

/// One call, and one task for workers.
#[rpc_service]
trait Notes {
    async fn count(&self) -> u64;
    #[rpc(notify)]
    async fn note(&self, text: String);
}

struct Notebook(mpsc::UnboundedSender<String>);

impl Notes for Notebook {
    async fn count(&self) -> u64 {
        2
    }

    async fn note(&self, text: String) {
        assert_ne!(text, "panic", "a task that fails");
        self.0.send(text).expect("the test listens");
    }
}

both_sides! {
    answers_as_aio_pika_does: answers(AioPika::new());
    answers_through_an_exchange: answers(AioPika::new().exchange("X"));
    serves_beside_the_native_protocol: serves_beside_the_native_protocol(AioPika::new());
    fails_without_a_server: fails_without_a_server(AioPika::new(), AioPika::new().exchange("X"));
    calls_over_the_next_connection: calls_over_the_next_connection(
        AioPika::new(),
        AioPika::new().exchange("X").without_service(),
    );
    survives_the_loss_of_a_server: survives_the_loss_of_a_server(AioPika::new());
}

#[tokio::test]
async fn a_method_s_own_error_comes_back_as_it_was() {
    let vhost = Vhost::create().await;
    let _server = serve_fib_in(&vhost, AioPika::new()).await;
    let fib = FibClient::new(client_in(vhost.uri(), AioPika::new()).await);
    let error = within("the error", fib.compute(91)).await.unwrap_err();
    assert_eq!(own_error(error), FibError::TooLarge { limit: 90 });
}

/// Answers the next request with an error of this type and text, as `JsonRPC` does.
async fn raise(peer: &RawPeer, requests: &mut Inbox, kind: &str, text: &str) {
    let received = requests.next().await;
    let id = ShortString::from(received.correlation_id().expect("it is a call"));
    let properties = request().with_correlation_id(id).with_type(ShortString::from("error"));
    let error = json!({"type": kind, "message": format!("{kind}('{text}')"), "args": [text]});
    let body = json!({"error": error}).to_string();
    peer.publish("", received.reply_to().expect("it is a call"), properties, body.as_bytes()).await;
    received.ack().await;
}

#[tokio::test]
async fn an_exception_is_mapped_and_one_of_arguments_is_a_fault_of_unknown_execution() {
    let vhost = Vhost::create().await;
    // Declares the queue, as the peer does.
    within("the server to stop", serve_fib_in(&vhost, AioPika::new()).await.shutdown()).await.unwrap();
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut requests = peer.consume("fib.compute", 1).await;
    let options = CallOptions::new().map_errors(|error: &RemoteError| {
        (error.code() == Some("TooLarge")).then_some(FibError::TooLarge { limit: 90 })
    });
    let fib = FibClient::new(client_in(vhost.uri(), AioPika::new()).await);
    let above = "n is above 90";
    let (unmapped, ()) = tokio::join!(fib.compute(91), raise(&peer, &mut requests, "TooLarge", above));
    let unmapped = unmapped.unwrap_err();
    let CallError::Decode(unmapped) = &unmapped else { panic!("{unmapped:?}") };
    let remote = unmapped.remote().expect("it has the exception");
    assert_eq!(remote.code(), Some("TooLarge"));
    let fib = fib.with_options(options);
    let (mapped, ()) = tokio::join!(fib.compute(91), raise(&peer, &mut requests, "TooLarge", above));
    assert_eq!(own_error(mapped.unwrap_err()), FibError::TooLarge { limit: 90 });
    let missing = "compute() missing 1 required keyword-only argument: 'n'";
    let (fault, ()) = tokio::join!(fib.compute(91), raise(&peer, &mut requests, "TypeError", missing));
    let CallError::Fault(fault) = fault.unwrap_err() else { panic!("it is a fault") };
    assert_eq!((fault.code(), fault.execution()), (&FaultCode::BadRequest, Execution::Unknown));
}

#[tokio::test]
async fn a_panic_is_a_fault_of_unknown_execution() {
    let vhost = Vhost::create().await;
    let server = Server::new().service_in(GateServer::new(Gatekeeper::closed()), AioPika::new());
    let _server = start(server, &vhost).await;
    let gate = GateClient::new(client_in(vhost.uri(), AioPika::new()).await);
    let error = within("the fault", gate.panic("the text".to_owned())).await.unwrap_err();
    let CallError::Fault(fault) = error else { panic!("{error:?}") };
    assert_eq!((fault.code(), fault.execution()), (&FaultCode::Panicked, Execution::Unknown));
}

#[tokio::test]
async fn tasks_are_run_by_a_worker_and_those_that_fail_are_rejected() {
    let vhost = Vhost::create().await;
    let (noted, mut notes) = mpsc::unbounded_channel();
    let server = Server::new().service_in(NotesServer::new(Notebook(noted)), AioPika::new());
    let server = start(server, &vhost).await;
    assert_eq!(server.queues(), ["notes.count", "notes.note"]);
    // The queue of a worker that was created with `durable=True`.
    let peer = RawPeer::connect(&vhost.uri()).await;
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    peer.declare_queue("notes.note", durable, FieldTable::default()).await;
    let client = NotesClient::new(client_in(vhost.uri(), AioPika::new()).await);
    within("a confirm", client.note("panic".to_owned())).await.unwrap();
    within("a confirm", client.note("one".to_owned())).await.unwrap();
    peer.publish("", "notes.note", request(), br#"{"text": "two"}"#).await;
    peer.publish("", "notes.note", request(), b"garbage").await;
    for text in ["one", "two"] {
        assert_eq!(within("a note", notes.recv()).await.as_deref(), Some(text));
    }
    assert_eq!(within("a value", client.count()).await.unwrap(), 2);
    within("the server to stop", server.shutdown()).await.unwrap();
    let queue = vhost.existing_queue("notes.note").await;
    assert_eq!((queue.ready, queue.unacked), (0, 0), "all tasks are settled");
}

#[tokio::test]
async fn a_rejected_request_comes_back_to_its_caller() {
    let vhost = Vhost::create().await;
    let server = serve_fib_in(&vhost, AioPika::new()).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    bind_to_dead_letters(&peer, replies.queue()).await;
    let pickled = request()
        .with_content_type(ShortString::from("application/python-pickle"))
        .with_reply_to(ShortString::from(replies.queue()))
        .with_headers(from(replies.queue()));
    peer.publish("", "fib.compute", pickled, b"\x80\x04\x95\x0a").await;
    let returned = replies.next().await;
    assert_eq!((returned.exchange.as_str(), returned.kind()), ("rpc.dlx", Some("call")));
    let garbage =
        request().with_reply_to(ShortString::from(replies.queue())).with_headers(from(replies.queue()));
    peer.publish("", "fib.compute", garbage, b"[30").await;
    let answer = replies.next().await;
    assert_eq!((answer.kind(), answer.json()["error"]["type"].as_str()), (Some("error"), Some("TypeError")));
    within("the server to stop", server.shutdown()).await.unwrap();
    let queue = vhost.existing_queue("fib.compute").await;
    assert_eq!((queue.ready, queue.unacked), (0, 0), "both are settled");
}

#[tokio::test]
async fn a_client_whose_request_comes_back_learns_of_it_at_once() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut arguments = FieldTable::default();
    let dead_letters = AMQPValue::LongString(LongString::from("rpc.dlx"));
    arguments.insert(ShortString::from("x-dead-letter-exchange"), dead_letters);
    peer.declare_queue("fib.compute", QueueDeclareOptions::default(), arguments).await;
    let mut requests = peer.consume("fib.compute", 1).await;
    let fib = FibClient::new(client_in(vhost.uri(), AioPika::new()).await);
    let call = tokio::spawn(async move { fib.compute(30).await });
    let received = requests.next().await;
    let sender = received.text_header("From").expect("it says where it is from");
    assert_eq!((received.reply_to(), received.kind()), (Some(sender.as_str()), Some("call")));
    received.reject().await;
    let error = within("the end of the call", call).await.unwrap().unwrap_err();
    let CallError::Fault(fault) = error else { panic!("{error:?}") };
    assert_eq!((fault.code(), fault.execution()), (&FaultCode::Internal, Execution::Unknown));
}

#[tokio::test]
async fn a_reply_is_never_a_request_to_a_service() {
    let vhost = Vhost::create().await;
    let server = serve_fib_in(&vhost, AioPika::new()).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let looped = request().with_reply_to(ShortString::from("fib.compute"));
    peer.publish("", "fib.compute", looped, br#"{"n": 30}"#).await;
    await_until("the request is refused", || async { server.stats().foreign_reply_addresses == 1 }).await;
    // A reply of another server, which had this queue as the address.
    let reply = request().with_type(ShortString::from("result"));
    peer.publish("", "fib.compute", reply, br#"{"n": 30}"#).await;
    let fib = FibClient::new(client_in(vhost.uri(), AioPika::new()).await);
    assert_eq!(within("a value", fib.compute(10)).await.unwrap(), 55);
    within("the server to stop", server.shutdown()).await.unwrap();
    let queue = vhost.existing_queue("fib.compute").await;
    assert_eq!((queue.ready, queue.unacked), (0, 0), "nothing was looped");
}

#[tokio::test]
async fn what_the_wire_does_not_have_is_refused_before_it_is_sent() {
    let vhost = Vhost::create().await;
    let direct = Client::builder().reply_to(ReplyTo::Direct).dialect(AioPika::new());
    let error = direct.connect(vhost.uri()).await.unwrap_err().to_string();
    assert!(error.contains("aio-pika") && error.contains("ReplyTo::Direct"), "{error}");
    let client = client_in(vhost.uri(), AioPika::new()).await;
    let error = within("the call", client.call_json("fib.compute", json!(30))).await.unwrap_err();
    assert!(matches!(error, CallError::Encode(_)), "{error:?}");
    let why = std::error::Error::source(&error).expect("it says why").to_string();
    assert!(why.contains("fib.compute") && why.contains("by name"), "{why}");
}

fn request() -> BasicProperties {
    BasicProperties::default()
        .with_content_type(ShortString::from("application/json"))
        .with_correlation_id(ShortString::from("1"))
        .with_type(ShortString::from("call"))
}

fn from(queue: &str) -> FieldTable {
    let mut headers = FieldTable::default();
    headers.insert(ShortString::from("From"), AMQPValue::LongString(LongString::from(queue)));
    headers
}

/// Binds a caller's queue as aio-pika does.
async fn bind_to_dead_letters(peer: &RawPeer, queue: &str) {
    let channel = peer.open_channel().await;
    let options = ExchangeDeclareOptions { auto_delete: true, ..ExchangeDeclareOptions::default() };
    let mut arguments = FieldTable::default();
    arguments.insert(ShortString::from("From"), AMQPValue::LongString(LongString::from(queue)));
    arguments.insert(ShortString::from("x-match"), AMQPValue::LongString(LongString::from("any")));
    let bound = async {
        let (kind, none) = (ExchangeKind::Headers, FieldTable::default());
        channel.exchange_declare("rpc.dlx".into(), kind, options, none).await?;
        let options = QueueBindOptions::default();
        channel.queue_bind(queue.into(), "rpc.dlx".into(), "".into(), options, arguments).await
    };
    within("the binding", bound).await.expect("the queue is bound");
}
