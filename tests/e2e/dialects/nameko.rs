//! nameko: requests and replies through one topic exchange.

use amqp_rpc::{
    CallError, Client, Server,
    client::{CallOptions, ReplyTo},
    dialects::Nameko,
    error::RemoteError,
};
use lapin::{BasicProperties, types::ShortString};
use serde_json::json;

use super::{client_in, own_error, serve_fib_in};
use crate::{
    services::{FibClient, FibError, FibServer, Fibonacci},
    support::{RawPeer, Vhost, await_until, raw_peer::Inbox, within},
};

both_sides! {
    answers_as_nameko_does: answers(Nameko::new());
    serves_beside_the_native_protocol: serves_beside_the_native_protocol(Nameko::new());
    fails_without_a_server: fails_without_a_server(Nameko::new());
    calls_over_the_next_connection: calls_over_the_next_connection(Nameko::new());
    survives_the_loss_of_a_server: survives_the_loss_of_a_server(Nameko::new());
}

#[tokio::test]
async fn a_method_s_own_error_comes_back_as_it_was() {
    let vhost = Vhost::create().await;
    let _server = serve_fib_in(&vhost, Nameko::new().errors_in("lib")).await;
    let fib = FibClient::new(client_in(vhost.uri(), Nameko::new()).await);
    let error = within("the error", fib.compute(91)).await.unwrap_err();
    assert_eq!(own_error(error), FibError::TooLarge { limit: 90 });
}

/// Answers the next request with an exception, as a nameko service does.
async fn raise(peer: &RawPeer, requests: &mut Inbox) {
    let request = requests.next().await;
    let properties = BasicProperties::default()
        .with_content_type(ShortString::from("application/json"))
        .with_correlation_id(ShortString::from(request.correlation_id().expect("it is a call")));
    let (kind, text) = ("TooLarge", "n is above 90");
    let exception = json!({"exc_type": kind, "exc_path": "lib.TooLarge", "exc_args": [text], "value": text});
    let body = json!({"result": null, "error": exception}).to_string();
    let reply_to = request.reply_to().expect("it is a call");
    peer.publish("nameko-rpc", reply_to, properties, body.as_bytes()).await;
    request.ack().await;
}

#[tokio::test]
async fn an_exception_of_a_nameko_service_is_mapped() {
    let vhost = Vhost::create().await;
    // Declares the queue, as the peer does.
    within("the server to stop", serve_fib_in(&vhost, Nameko::new()).await.shutdown()).await.unwrap();
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut requests = peer.consume("rpc-fib", 1).await;
    let options = CallOptions::new().map_errors(|error: &RemoteError| {
        (error.code() == Some("TooLarge")).then_some(FibError::TooLarge { limit: 90 })
    });
    let fib = FibClient::new(client_in(vhost.uri(), Nameko::new()).await);
    let (unmapped, ()) = tokio::join!(fib.compute(91), raise(&peer, &mut requests));
    let unmapped = unmapped.unwrap_err();
    let CallError::Decode(unmapped) = &unmapped else { panic!("{unmapped:?}") };
    let remote = unmapped.remote().expect("it has the exception");
    assert_eq!((remote.code(), remote.message()), (Some("TooLarge"), Some("n is above 90")));
    let fib = fib.with_options(options);
    let (mapped, ()) = tokio::join!(fib.compute(91), raise(&peer, &mut requests));
    assert_eq!(own_error(mapped.unwrap_err()), FibError::TooLarge { limit: 90 });
}

#[tokio::test]
async fn a_reply_is_never_a_request_to_a_service() {
    let vhost = Vhost::create().await;
    let server = serve_fib_in(&vhost, Nameko::new()).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let properties = BasicProperties::default()
        .with_content_type(ShortString::from("application/json"))
        .with_correlation_id(ShortString::from("1"))
        .with_reply_to(ShortString::from("fib.compute"));
    peer.publish("nameko-rpc", "fib.compute", properties, br#"{"args": [30], "kwargs": {}}"#).await;
    await_until("the request is refused", || async { server.stats().foreign_reply_addresses == 1 }).await;
    let fib = FibClient::new(client_in(vhost.uri(), Nameko::new()).await);
    assert_eq!(within("a value", fib.compute(10)).await.unwrap(), 55);
    within("the server to stop", server.shutdown()).await.unwrap();
    let queue = vhost.existing_queue("rpc-fib").await;
    assert_eq!((queue.ready, queue.unacked), (0, 0), "nothing was looped");
}

#[tokio::test]
async fn options_that_the_wire_does_not_have_are_refused() {
    let vhost = Vhost::create().await;
    for (builder, option) in [
        (Client::builder().coalesce(8), "coalesce"),
        (Client::builder().namespace("test"), "namespace"),
        (Client::builder().reply_to(ReplyTo::Direct), "ReplyTo::Direct"),
    ] {
        let error = builder.dialect(Nameko::new()).connect(vhost.uri()).await.unwrap_err().to_string();
        assert!(error.contains("nameko") && error.contains(option), "{error}");
    }
    let twice = Server::new()
        .service_in(FibServer::new(Fibonacci), Nameko::new())
        .service_in(FibServer::new(Fibonacci), Nameko::new());
    let error = twice.start(vhost.uri()).await.unwrap_err().to_string();
    assert!(error.contains("queue `rpc-fib` is consumed already"), "{error}");
}
