//! golevelup: bare JSON through an exchange, silence for errors.

use std::time::Duration;

use amqp_rpc::{
    CallError, Client, Execution, FaultCode, RunningServer, Server, client::ReplyTo, dialects::Golevelup,
    rpc_service,
};
use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable, ShortString},
};
use serde_json::json;

use super::{client_in, own_error, serve_fib_in};
use crate::{
    services::{FibClient, FibError, FibServer, Fibonacci, start},
    support::{RawPeer, Vhost, await_until, within},
};

/// What a peer replies with an empty body.
#[rpc_service]
trait Shelf {
    async fn clear(&self);
    async fn find(&self, name: String) -> Option<u64>;
    async fn count(&self) -> u64;
    #[rpc(notify)]
    async fn note(&self, text: String);
}

struct EmptyShelf;

impl Shelf for EmptyShelf {
    async fn clear(&self) {}

    async fn find(&self, name: String) -> Option<u64> {
        (name == "one").then_some(1)
    }

    async fn count(&self) -> u64 {
        0
    }

    async fn note(&self, _: String) {}
}

/// A dialect with replies for errors, as the generic checks need them.
fn with_errors() -> Golevelup {
    Golevelup::new().errors_in("error")
}

/// The properties of a call, as clients of golevelup have them.
fn call_to(reply_to: &str) -> BasicProperties {
    let mut headers = FieldTable::default();
    for (name, value) in [("X-Request-ID", "r-1"), ("authorization", "Bearer t0p")] {
        headers.insert(name.into(), AMQPValue::LongString(value.into()));
    }
    let properties = BasicProperties::default().with_headers(headers).with_expiration("2000".into());
    properties.with_correlation_id(ShortString::from("1")).with_reply_to(ShortString::from(reply_to))
}

async fn stop(server: RunningServer, vhost: &Vhost, queue: &str) {
    within("the server to stop", server.shutdown()).await.expect("the server stops");
    let queue = vhost.existing_queue(queue).await;
    assert_eq!((queue.ready, queue.unacked), (0, 0), "everything is settled");
}

#[tokio::test]
async fn answers_where_the_user_has_named_an_error() {
    let vhost = Vhost::create().await;
    let server = serve_fib_in(&vhost, with_errors()).await;
    let client = client_in(vhost.uri(), with_errors()).await;
    let fib = FibClient::new(client.clone());
    assert_eq!(within("a value", fib.compute(30)).await.unwrap(), 832_040);
    let error = within("the error", fib.compute(91)).await.unwrap_err();
    assert_eq!(own_error(error), FibError::TooLarge { limit: 90 });
    let malformed = within("a bad request", client.call_json("fib.compute", json!({}))).await.unwrap_err();
    let CallError::Fault(fault) = malformed else { panic!("{malformed:?}") };
    assert_eq!((fault.code(), fault.execution()), (&FaultCode::BadRequest, Execution::Unknown));
    // No queue is bound for it.
    let unknown = within("an unknown method", client.call_json("fib.nothing", json!({}))).await.unwrap_err();
    assert!(matches!(unknown, CallError::Unroutable(_)), "{unknown:?}");
    stop(server, &vhost, "golevelup.fib").await;
}

#[tokio::test]
async fn a_fault_that_the_method_may_have_passed_on_is_uncertain_and_the_call_is_not_repeated() {
    let vhost = Vhost::create().await;
    // Declares the exchange and the queue, as the peer does.
    within("the server to stop", serve_fib_in(&vhost, with_errors()).await.shutdown()).await.unwrap();
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut requests = peer.consume("golevelup.fib", 1).await;
    let fib = FibClient::new(client_in(vhost.uri(), with_errors()).await);
    let call = tokio::spawn(async move { fib.compute(30).await });
    let request = requests.next().await;
    let id = ShortString::from(request.correlation_id().expect("it is a call"));
    let reply_to = request.reply_to().expect("it is a call").to_owned();
    let reply = json!({"error": {"fault": "shutting_down", "message": "the server is stopping"}}).to_string();
    peer.publish("", &reply_to, BasicProperties::default().with_correlation_id(id), reply.as_bytes()).await;
    let error = within("the fault", call).await.unwrap().unwrap_err();
    let CallError::Fault(fault) = error else { panic!("{error:?}") };
    assert_eq!((fault.code(), fault.execution()), (&FaultCode::ShuttingDown, Execution::Unknown));
    // The inbox would take the next request as soon as this one is acknowledged.
    let queue = vhost.existing_queue("golevelup.fib").await;
    assert_eq!((queue.ready, queue.unacked), (0, 1), "it is not sent again");
    request.ack().await;
}

both_sides! {
    serves_beside_the_native_protocol: serves_beside_the_native_protocol(Golevelup::new());
    fails_without_a_server: fails_without_a_server(Golevelup::new());
    calls_over_the_next_connection: calls_over_the_next_connection(
        Golevelup::new().topic_exchange().full_names(),
    );
    survives_the_loss_of_a_server: survives_the_loss_of_a_server(Golevelup::new());
}

#[tokio::test]
async fn nothing_is_an_empty_body_in_both_directions() {
    let vhost = Vhost::create().await;
    let server = Server::new().service_in(ShelfServer::new(EmptyShelf), Golevelup::new().exchange("X"));
    let server = start(server, &vhost).await;
    for reply_to in [ReplyTo::Direct, ReplyTo::ExclusiveQueue] {
        let builder = Client::builder().reply_to(reply_to).dialect(Golevelup::new().exchange("X"));
        let client = within("the client to connect", builder.connect(vhost.uri())).await.unwrap();
        let shelf = ShelfClient::new(client.clone());
        within("nothing", shelf.clear()).await.unwrap();
        assert_eq!(within("nothing", shelf.find("two".into())).await.unwrap(), None);
        assert_eq!(within("a value", shelf.find("one".into())).await.unwrap(), Some(1));
        within("the confirmation", shelf.note("x".into())).await.unwrap();
        let untyped = within("nothing", client.call_json("shelf.find", json!({"name": "two"}))).await;
        assert_eq!(untyped.unwrap(), json!(null));
    }
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    // `undefined` is an empty body as well.
    peer.publish("X", "clear", call_to(replies.queue()), b"").await;
    let reply = replies.next().await;
    assert_eq!((reply.text(), reply.correlation_id()), ("", Some("1")));
    assert_eq!(
        reply.text_header("X-Request-ID").as_deref(),
        Some("r-1"),
        "without it the peer drops the reply"
    );
    assert_eq!(reply.text_header("authorization"), None, "headers are not reflected");
    stop(server, &vhost, "golevelup.shelf").await;
}

#[tokio::test]
async fn a_request_that_fails_is_rejected_without_a_reply() {
    let vhost = Vhost::create().await;
    let server = serve_fib_in(&vhost, Golevelup::new()).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let reply_to = replies.queue().to_owned();
    for failing in [&b"{\"n\":91}"[..], b"{\"n\":", b"\xff", b"[30]"] {
        peer.publish("fib", "compute", call_to(&reply_to), failing).await;
    }
    peer.publish("fib", "compute", call_to(&reply_to).with_content_type("text/xml".into()), b"<n/>").await;
    peer.publish("fib", "compute", call_to(&reply_to), b"{\"n\":30}").await;
    assert_eq!(replies.next().await.text(), "832040", "the others had no reply");
    let fib = FibClient::new(client_in(vhost.uri(), Golevelup::new()).await);
    let error = within("the end", fib.compute(91).timeout(Duration::from_millis(300))).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error:?}");
    stop(server, &vhost, "golevelup.fib").await;
}

#[tokio::test]
async fn a_reply_is_never_a_request_to_a_service() {
    let vhost = Vhost::create().await;
    let server = serve_fib_in(&vhost, Golevelup::new()).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    peer.publish("fib", "compute", call_to("golevelup.fib"), b"{\"n\":30}").await;
    await_until("the request is refused", || async { server.stats().foreign_reply_addresses == 1 }).await;
    let fib = FibClient::new(client_in(vhost.uri(), Golevelup::new()).await);
    assert_eq!(within("a value", fib.compute(10)).await.unwrap(), 55);
    stop(server, &vhost, "golevelup.fib").await;
}

#[tokio::test]
async fn requests_have_an_end_so_that_a_failing_peer_does_not_run_them_for_ever() {
    let vhost = Vhost::create().await;
    let dialect = Golevelup::new().expire_notifications(Duration::from_secs(60));
    let server = Server::new().service_in(ShelfServer::new(EmptyShelf), dialect.clone());
    // Declares the exchange and the queue, as the peer does.
    within("the server to stop", start(server, &vhost).await.shutdown()).await.unwrap();
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut requests = peer.consume("golevelup.shelf", 2).await;
    let client = client_in(vhost.uri(), dialect).await;
    let shelf = ShelfClient::new(client.clone());
    within("the confirmation", shelf.note("x".into())).await.unwrap();
    let call = tokio::spawn(async move { shelf.count().await });
    for (body, limit) in [(json!({"text": "x"}), 60_000), (json!({}), 30_000)] {
        let request = requests.next().await;
        let expiration = request.properties.expiration().as_ref().expect("it has an end").as_str();
        let expiration: u64 = expiration.parse().expect("it is a number");
        assert_eq!(request.json(), body);
        assert!((limit - 10_000..=limit + 100).contains(&expiration), "{expiration}");
        if let Some(reply_to) = request.reply_to() {
            let id = ShortString::from(request.correlation_id().expect("it is a call"));
            peer.publish("", reply_to, BasicProperties::default().with_correlation_id(id), b"7").await;
        }
        request.ack().await;
    }
    assert_eq!(within("the value", call).await.unwrap().unwrap(), 7);
    let endless = ShelfClient::new(client).count().timeout(Duration::MAX);
    let error = within("the refusal", endless).await.unwrap_err();
    assert!(matches!(error, CallError::Encode(_)), "{error:?}");
}

#[tokio::test]
async fn what_the_wire_cannot_say_is_refused() {
    let vhost = Vhost::create().await;
    for (dialect, why) in [
        (Golevelup::new().routing_key("compute", "whoami"), "have one name there"),
        (Golevelup::new().routing_key("compute", "math.#").topic_exchange(), "has a wildcard"),
    ] {
        let server = Server::new().service_in(FibServer::new(Fibonacci), dialect).start(vhost.uri());
        let error = within("the refusal", server).await.unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}
