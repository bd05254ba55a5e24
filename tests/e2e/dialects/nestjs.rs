//! `NestJS`: packets with a pattern, through a plain queue or a topic exchange.

use std::time::Duration;

use amqp_rpc::{
    CallError, Client, Execution, FaultCode, RunningServer, Server,
    client::{CallOptions, ReplyTo},
    dialects::NestJs,
    error::RemoteError,
    rpc_service,
};
use lapin::{
    BasicProperties,
    options::QueueDeclareOptions,
    types::{FieldTable, ShortString},
};
use serde_json::{Value, json};

use super::{client_in, own_error, serve_fib_in};
use crate::{
    services::{FibClient, FibError, FibServer, Fibonacci, Gatekeeper, start},
    support::{RawPeer, Vhost, await_until, within},
};

/// What a peer calls and emits.
#[rpc_service]
trait Board {
    #[rpc(notify)]
    async fn note(&self, tag: u64);
    async fn clear(&self);
}

impl Board for Gatekeeper {
    async fn note(&self, _: u64) {
        self.wait().await;
    }

    async fn clear(&self) {
        self.wait().await;
    }
}

/// The properties of a call, as clients of `NestJS` have them.
fn call_to(reply_to: &str) -> BasicProperties {
    let properties = BasicProperties::default().with_headers(FieldTable::default()).with_delivery_mode(1);
    properties
        .with_correlation_id(ShortString::from("b8a50e7701dbf599d1798"))
        .with_reply_to(ShortString::from(reply_to))
}

/// The queue of `fib` as a peer declares it.
async fn declare_as_peer(peer: &RawPeer, queue: &str) {
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    peer.declare_queue(queue, durable, FieldTable::default()).await;
}

async fn publish(peer: &RawPeer, queue: &str, properties: BasicProperties, packet: &Value) {
    peer.publish("", queue, properties, packet.to_string().as_bytes()).await;
}

async fn stop(server: RunningServer, vhost: &Vhost, queue: &str) {
    within("the server to stop", server.shutdown()).await.expect("the server stops");
    let queue = vhost.existing_queue(queue).await;
    assert_eq!((queue.ready, queue.unacked), (0, 0), "everything is settled");
}

both_sides! {
    answers_as_nestjs_does: answers(NestJs::new(), NestJs::new().patterns_in("cmd").queue("math"));
    serves_beside_the_native_protocol: serves_beside_the_native_protocol(NestJs::new().queue("gate-nestjs"));
    fails_without_a_server: fails_without_a_server(NestJs::new(), NestJs::new().wildcards());
    calls_over_the_next_connection: calls_over_the_next_connection(NestJs::new(), NestJs::new().wildcards());
    survives_the_loss_of_a_server: survives_the_loss_of_a_server(NestJs::new());
}

#[tokio::test]
async fn replies_come_directly_and_by_a_queue() {
    let vhost = Vhost::create().await;
    let _server = serve_fib_in(&vhost, NestJs::new()).await;
    for reply_to in [ReplyTo::Direct, ReplyTo::ExclusiveQueue] {
        let client = Client::builder().reply_to(reply_to).dialect(NestJs::new()).connect(vhost.uri());
        let fib = FibClient::new(within("the client to connect", client).await.unwrap());
        assert_eq!(within("a value", fib.compute(30)).await.unwrap(), 832_040, "{reply_to:?}");
        let error = within("the error", fib.compute(91)).await.unwrap_err();
        assert_eq!(own_error(error), FibError::TooLarge { limit: 90 }, "{reply_to:?}");
    }
}

#[tokio::test]
async fn a_method_that_has_no_route_in_the_exchange_is_unroutable() {
    let vhost = Vhost::create().await;
    let dialect = NestJs::new().patterns_in("cmd").wildcards_in("routes");
    let _server = serve_fib_in(&vhost, dialect.clone()).await;
    let client = client_in(vhost.uri(), dialect).await;
    let fib = FibClient::new(client.clone());
    assert_eq!(within("a value", fib.compute(30)).await.unwrap(), 832_040);
    let unknown = within("the end of the call", client.call_json("fib.nothing", json!({}))).await;
    let unknown = unknown.unwrap_err();
    assert!(matches!(unknown, CallError::Unroutable(_)), "{unknown:?}");
}

#[tokio::test]
async fn a_peer_gets_the_packets_of_a_nestjs_server() {
    let vhost = Vhost::create().await;
    let server = serve_fib_in(&vhost, NestJs::new()).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    // As its clients do, with no arguments: others would end them.
    declare_as_peer(&peer, "fib").await;
    let mut replies = peer.open_reply_queue().await;
    let reply_to = replies.queue().to_owned();
    let sentence = "There is no matching message handler defined in the remote service.";
    for (packet, reply) in [
        (
            json!({"pattern": "compute", "data": {"n": 30}, "id": "1"}),
            json!({"response": 832_040, "isDisposed": true}),
        ),
        (
            json!({"pattern": "compute", "data": {"n": 91}, "id": null}),
            json!({"err": {"TooLarge": {"limit": 90}}, "isDisposed": true}),
        ),
        (
            json!({"pattern": "fib.compute", "data": {"n": 30}, "id": "1"}),
            json!({"id": "1", "err": sentence, "status": "error"}),
        ),
    ] {
        publish(&peer, "fib", call_to(&reply_to), &packet).await;
        let message = replies.next().await;
        assert_eq!(message.json(), reply);
        assert_eq!(message.correlation_id(), Some("b8a50e7701dbf599d1798"));
        assert_eq!((message.kind(), message.content_type()), (None, None));
        assert!(message.properties.headers().is_some(), "its clients read headers");
    }
    stop(server, &vhost, "fib").await;
}

#[tokio::test]
async fn an_id_makes_a_call_and_a_packet_without_one_is_an_event() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    gate.open_for(3);
    let server = Server::new().service_in(BoardServer::new(gate.clone()), NestJs::new());
    let server = start(server, &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let reply_to = replies.queue().to_owned();
    // Both run; the second one alone is answered, whatever the reply address.
    publish(&peer, "board", call_to(&reply_to), &json!({"pattern": "clear", "data": ""})).await;
    gate.until_started(1).await;
    publish(&peer, "board", call_to(&reply_to), &json!({"pattern": "clear", "data": "", "id": "1"})).await;
    assert_eq!(replies.next().await.json(), json!({"response": null, "isDisposed": true}));
    let board = BoardClient::new(client_in(vhost.uri(), NestJs::new()).await);
    within("the confirmation", board.note(7)).await.unwrap();
    gate.until_started(3).await;
    // One that fails and one that nobody handles are rejected.
    for event in [json!({"pattern": "note", "data": {}}), json!({"pattern": "nothing", "data": {}})] {
        publish(&peer, "board", BasicProperties::default(), &event).await;
    }
    stop(server, &vhost, "board").await;
}

#[tokio::test]
async fn garbage_is_ignored_and_no_reply_is_a_request() {
    let vhost = Vhost::create().await;
    let server = serve_fib_in(&vhost, NestJs::new()).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    for garbage in [&b"\xff\xfe"[..], b"", b"{\"pattern\":", b"[\"compute\",{\"n\":30},\"1\"]", b"null"] {
        peer.publish("", "fib", call_to("amq.gen-none"), garbage).await;
    }
    let packet = json!({"pattern": "compute", "data": {"n": 30}, "id": "1"});
    publish(&peer, "fib", call_to("fib"), &packet).await;
    await_until("the request is refused", || async { server.stats().foreign_reply_addresses == 1 }).await;
    let fib = FibClient::new(client_in(vhost.uri(), NestJs::new()).await);
    assert_eq!(within("a value", fib.compute(10)).await.unwrap(), 55);
    stop(server, &vhost, "fib").await;
}

#[tokio::test]
async fn of_a_stream_the_first_value_is_the_reply() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    declare_as_peer(&peer, "fib").await;
    let mut requests = peer.consume("fib", 1).await;
    let client = client_in(vhost.uri(), NestJs::new()).await;
    let fib = FibClient::new(client.clone());
    let call = tokio::spawn(async move { fib.compute(30).await });
    let request = requests.next().await;
    let id = request.json()["id"].as_str().expect("it is a call").to_owned();
    assert_eq!(request.correlation_id(), Some(&*id), "a server may answer by either");
    let reply_to = request.reply_to().expect("it is a call").to_owned();
    for packet in [json!({"response": 1}), json!({"response": 2}), json!({"isDisposed": true})] {
        let properties = BasicProperties::default().with_correlation_id(ShortString::from(&*id));
        publish(&peer, &reply_to, properties, &packet).await;
    }
    assert_eq!(within("the value", call).await.unwrap().unwrap(), 1);
    await_until("the others are late", || async { client.stats().late_replies == 2 }).await;
    request.ack().await;
}

#[tokio::test]
async fn an_exception_of_another_form_is_mapped() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    declare_as_peer(&peer, "fib").await;
    let mut requests = peer.consume("fib", 1).await;
    let options = CallOptions::new().map_errors(|error: &RemoteError| {
        (error.code() == Some("TOO_LARGE")).then_some(FibError::TooLarge { limit: 90 })
    });
    let fib = FibClient::new(client_in(vhost.uri(), NestJs::new()).await).with_options(options);
    let call = tokio::spawn(async move { fib.compute(91).await });
    let request = requests.next().await;
    let id = ShortString::from(request.correlation_id().expect("it is a call"));
    let reply_to = request.reply_to().expect("it is a call").to_owned();
    let packet = json!({"err": {"code": "TOO_LARGE", "message": "n is above 90"}, "isDisposed": true});
    publish(&peer, &reply_to, BasicProperties::default().with_correlation_id(id), &packet).await;
    let error = within("the error", call).await.unwrap().unwrap_err();
    assert_eq!(own_error(error), FibError::TooLarge { limit: 90 });
    request.ack().await;
}

#[tokio::test]
async fn a_fault_is_certain_and_an_error_that_a_method_passes_on_is_its_own() {
    let vhost = Vhost::create().await;
    let server = serve_fib_in(&vhost, NestJs::new()).await;
    let client = client_in(vhost.uri(), NestJs::new()).await;
    for (method, code) in [("fib.compute", FaultCode::BadRequest), ("fib.nothing", FaultCode::UnknownMethod)]
    {
        let error = within("the fault", client.call_json(method, json!({}))).await.unwrap_err();
        let CallError::Fault(fault) = error else { panic!("{error:?}") };
        assert_eq!((fault.code(), fault.execution()), (&code, Execution::Never));
    }
    within("the server to stop", server.shutdown()).await.expect("the server stops");

    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut requests = peer.consume("fib", 1).await;
    let fib = FibClient::new(client);
    let call = tokio::spawn(async move { fib.compute(30).await });
    let request = requests.next().await;
    let id = ShortString::from(request.correlation_id().expect("it is a call"));
    let reply_to = request.reply_to().expect("it is a call").to_owned();
    let err = json!({"status": "error", "message": "the server is stopping", "code": "shutting_down"});
    let properties = BasicProperties::default().with_correlation_id(id);
    publish(&peer, &reply_to, properties, &json!({"err": err, "isDisposed": true})).await;
    let error = within("the error", call).await.unwrap().unwrap_err();
    let CallError::Decode(error) = error else { panic!("{error:?}") };
    assert_eq!(error.remote().and_then(RemoteError::code), Some("shutting_down"));
    // The inbox would take the next request as soon as this one is acknowledged.
    let queue = vhost.existing_queue("fib").await;
    assert_eq!((queue.ready, queue.unacked), (0, 1), "it is not sent again");
    request.ack().await;
}

#[tokio::test]
async fn what_the_wire_cannot_say_is_refused() {
    let vhost = Vhost::create().await;
    for (dialect, why) in [
        (NestJs::new().pattern("compute", "whoami"), "have one name there"),
        (NestJs::new().pattern("compute", "math.*").wildcards(), "has a wildcard"),
        (NestJs::new().pattern("compute", r#"{"cmd":"x","Role":"y"}"#).wildcards(), "in another way"),
        (NestJs::new().pattern("compute", "x".repeat(1025)), "more than 1024 bytes"),
    ] {
        let server = Server::new().service_in(FibServer::new(Fibonacci), dialect).start(vhost.uri());
        let error = within("the refusal", server).await.unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    let client = client_in(vhost.uri(), NestJs::new()).await;
    let call = client.call_bytes("fib.compute", &b"\xff"[..]).timeout(Duration::from_secs(30));
    let error = within("the refusal", call).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Encode(_)) && format!("{error:?}").contains("JSON alone"),
        "{error:?}"
    );
}
