//! Calls by name: JSON and bytes to typed services, and to foreign ones.

use std::time::Duration;

use amqp_rpc::{
    CallError, Client, Execution, FaultCode, Server,
    contract::NoError,
    error::UntypedError,
    middleware::{self, ClientNext, IncomingCall, OutgoingCall, Reply},
};
use bytes::Bytes;
use lapin::{BasicProperties, types::FieldTable};
use serde_json::{Value, json};

use crate::{
    services::{connect, serve_fib, start},
    support::{RawPeer, Vhost, within},
};

mod trees {
    #[amqp_rpc::rpc_service(name = "servers.trees")]
    pub(super) trait Trees {
        async fn plant(&self, name: String, height: u32) -> String;
    }

    pub(super) struct Gardener;

    impl Trees for Gardener {
        async fn plant(&self, name: String, height: u32) -> String {
            format!("{name}, {height} m")
        }
    }
}

#[tokio::test]
async fn a_call_by_name_takes_named_and_positional_arguments_and_nested_names() {
    let vhost = Vhost::create().await;
    let _server = start(Server::new().service(trees::TreesServer::new(trees::Gardener)), &vhost).await;
    let client = connect(&vhost).await;

    for arguments in [json!({"height": 12, "name": "oak"}), json!(["oak", 12])] {
        let planted = within("the reply", client.call_json("servers.trees.plant", arguments)).await;
        assert_eq!(planted.unwrap(), json!("oak, 12 m"));
    }
    let error = client.call_json("servers.trees.plant", json!({"name": "oak"})).await.unwrap_err();
    let CallError::Fault(fault) = &error else { panic!("{error:?}") };
    assert_eq!(*fault.code(), FaultCode::BadRequest);
    assert!(fault.message().contains("height"), "{fault}");
}

#[tokio::test]
async fn an_empty_method_name_is_an_error_at_the_caller() {
    let vhost = Vhost::create().await;
    let client = connect(&vhost).await;
    for name in ["", ".", "fib.", ".compute", "fib..compute"] {
        let error = client.call_json(name, Value::Null).await.unwrap_err();
        assert!(matches!(error, CallError::Encode(_)), "{name:?}: {error:?}");
        assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, false));
        let why = std::error::Error::source(&error).expect("it has a reason").to_string();
        assert!(why.contains("the name of the method"), "{why}");
        assert!(matches!(client.call_bytes(name, "").await, Err(CallError::Encode(_))), "{name:?}");
    }
}

#[tokio::test]
async fn names_longer_than_amqp_allows_are_encode_errors() {
    let vhost = Vhost::create().await;
    let client = connect(&vhost).await;
    let (long, call) = ("x".repeat(256), || client.call_json("fib.compute", json!({"n": 1})));
    for (what, call) in
        [("exchange", call().exchange(&*long)), ("routing key", call().exchange("").routing_key(&*long))]
    {
        let error = call.await.unwrap_err();
        assert!(matches!(error, CallError::Encode(_)), "{what}: {error:?}");
        assert!(!error.is_retryable(), "it would never be sent");
        let why = std::error::Error::source(&error).expect("it has a reason").to_string();
        assert_eq!(why, format!("the {what} is longer than AMQP's 255 bytes"));
    }
}

#[tokio::test]
async fn only_methods_of_the_trait_are_reachable_by_name() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let client = connect(&vhost).await;
    let error = client.call_json("fib.secret", json!({})).await.unwrap_err();
    assert!(matches!(error, CallError::Unroutable(_)), "{error:?}");

    // Published to the queue directly, the request reaches the server, which refuses it.
    let error = client.call_json("fib.secret", json!({})).exchange("").routing_key("fib").await.unwrap_err();
    let CallError::Fault(fault) = &error else { panic!("{error:?}") };
    assert_eq!(*fault.code(), FaultCode::UnknownMethod);
    assert_eq!(error.execution(), Execution::Never);
}

#[tokio::test]
async fn the_method_s_own_error_is_json_and_works_with_the_question_mark_operator() {
    async fn compute(client: &Client, n: u64) -> Result<Value, Box<dyn std::error::Error>> {
        Ok(client.call_json("fib.compute", json!({"n": n})).await?)
    }
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let client = connect(&vhost).await;
    assert_eq!(compute(&client, 30).await.unwrap(), json!(832_040));

    let error = client.call_json("fib.compute", json!({"n": 91})).await.unwrap_err();
    let CallError::Method(UntypedError(value)) = &error else { panic!("{error:?}") };
    assert_eq!(*value, json!({"TooLarge": {"limit": 90}}));
    assert_eq!(error.execution(), Execution::Completed);
    let shown = compute(&client, 91).await.unwrap_err().to_string();
    assert_eq!(shown, r#"the method's own error: {"TooLarge":{"limit":90}}"#);
}

#[tokio::test]
async fn bytes_are_sent_and_received_unchanged_with_the_given_content_type() {
    let vhost = Vhost::create().await;
    let echo = |call: IncomingCall| async move {
        let content_type = call.context().content_type().unwrap_or("none").to_owned();
        let reply = Reply::bytes(call.body().clone()).with_content_type(content_type.clone());
        if content_type == "text/error" { Ok(reply.into_error()) } else { Ok(reply) }
    };
    let _server = start(Server::new().raw("bytes.echo", echo), &vhost).await;
    let client = connect(&vhost).await;
    let body = Bytes::from_static(b"\x00\xff no json");

    assert_eq!(client.call_bytes("bytes.echo", body.clone()).await.unwrap(), body);
    let packed = client.call_bytes("bytes.echo", body.clone()).content_type("application/msgpack");
    assert_eq!(packed.await.unwrap(), body);
    let refused = client.call_bytes("bytes.echo", "no").content_type("text/error").await.unwrap_err();
    let CallError::Method(UntypedError(error)) = &refused else { panic!("{refused:?}") };
    assert_eq!(error, "no");

    // A reply that is no JSON is an error for a call that expects JSON.
    let error = client.call_json("bytes.echo", json!(1)).await;
    assert_eq!(error.unwrap(), json!(1));
    let octets = |_: IncomingCall| async { Ok(Reply::bytes("1")) };
    let image = |_: IncomingCall| async { Ok(Reply::bytes("1").with_content_type("image/png")) };
    let server = Server::new().raw("octets.one", octets).raw("image.one", image);
    let _server = start(server, &vhost).await;
    assert_eq!(client.call_json("octets.one", json!(1)).await.unwrap(), json!(1), "bytes may be JSON");
    let error = client.call_json("image.one", json!(1)).await.unwrap_err();
    assert!(matches!(error, CallError::Decode(_)), "{error:?}");
}

#[tokio::test]
async fn an_untyped_call_carries_its_options_to_a_foreign_server() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    peer.declare_queue("legacy", lapin::options::QueueDeclareOptions::default(), FieldTable::default()).await;
    let mut inbox = peer.consume("legacy", 1).await;
    let client = connect(&vhost).await;

    let call = client
        .call_json("sum", json!([1, 2]))
        .exchange("")
        .routing_key("legacy")
        .header("tenant", "acme")
        .priority(3)
        .timeout(Duration::from_secs(20))
        .fail_fast();
    let call = tokio::spawn(call);
    let request = within("the request", inbox.next()).await;
    assert_eq!((request.exchange.as_str(), request.routing_key.as_str()), ("", "legacy"));
    assert_eq!((request.kind(), request.content_type()), (Some("sum"), Some("application/json")));
    assert_eq!(
        (request.text_header("tenant").as_deref(), *request.properties.priority()),
        (Some("acme"), Some(3))
    );
    assert_eq!(request.text(), "[1,2]");
    let id = request.correlation_id().expect("it has an id").to_owned();
    let reply_to = request.reply_to().expect("the call waits for a reply").to_owned();
    let properties = BasicProperties::default().with_correlation_id(id.into());
    peer.publish("", &reply_to, properties, b"3").await;
    request.ack().await;
    assert_eq!(within("the reply", call).await.unwrap().unwrap(), json!(3));
}

#[tokio::test]
async fn an_untyped_call_fails_fast_and_times_out_like_a_typed_one() {
    let vhost = Vhost::create().await;
    serve_fib(&vhost).await.shutdown().await.expect("it stops");
    let client = connect(&vhost).await;
    let error = client.call_json("fib.compute", json!({"n": 1})).fail_fast().await.unwrap_err();
    assert!(matches!(&error, CallError::NoConsumer(none) if none.queue() == "fib"), "{error:?}");
    assert!(error.is_retryable());

    let late = Duration::from_millis(20);
    let error = client.call_json("fib.compute", json!({"n": 1})).timeout(late).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)) && !error.is_retryable(), "{error:?}");
    let error =
        client.call_json("fib.compute", json!({"n": 1})).timeout(late).idempotent().await.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
}

#[tokio::test]
async fn layers_of_a_client_see_the_name_of_an_untyped_call() {
    async fn in_capitals(mut call: OutgoingCall, next: ClientNext) -> Result<Reply, CallError<NoError>> {
        let name = call.name().to_uppercase();
        call.headers_mut().insert("name", name);
        next.run(call).await
    }
    let vhost = Vhost::create().await;
    let header = |call: IncomingCall| async move { Reply::json(&call.context().headers().text("name")) };
    let _server = start(Server::new().raw("legacy.name", header), &vhost).await;
    let layer = middleware::client_from_fn(in_capitals);
    let client = Client::builder().layer(layer).connect(vhost.uri()).await.expect("the client connects");
    assert_eq!(client.call_json("legacy.name", json!(null)).await.unwrap(), json!("LEGACY.NAME"));
    let bytes = client.call_bytes("legacy.name", "").await.unwrap();
    assert_eq!(bytes, r#""LEGACY.NAME""#);
}
