//! Cyberfusion: an exchange for each method, replies through a binding, two replies, tokens of Fernet.

use std::time::Duration;

use amqp_rpc::{
    CallError, CallOptions, Client, Execution, FaultCode, RunningServer, Secret, Server,
    dialects::Cyberfusion, error::RemoteError, rpc_service, secrets::Keyring,
};
use lapin::{
    BasicProperties,
    options::{ExchangeDeclareOptions, QueueDeclareOptions},
    types::{FieldTable, ShortString},
};
use serde_json::{Value, json};

use super::{client_in, own_error, serve_fib_in};
use crate::{
    services::{FibClient, FibError, FibServer, Fibonacci, start},
    support::{RawPeer, Vhost, await_until, within},
};

/// A service with values that are objects, and without.
#[rpc_service]
trait Users {
    async fn create(&self, name: String, password: Secret<String>) -> Value;
    async fn count(&self) -> u64;
    #[rpc(notify)]
    async fn note(&self, text: String);
}

struct Registry;

impl Users for Registry {
    async fn create(&self, name: String, password: Secret<String>) -> Value {
        json!({"name": name, "length": password.expose_secret().len()})
    }

    async fn count(&self) -> u64 {
        7
    }

    async fn note(&self, _: String) {}
}

/// The dialect that carries every value and every error.
fn whole() -> Cyberfusion {
    Cyberfusion::new("cy").values_in("value").error_data()
}

/// The properties of a call, as the framework's client has them.
fn call_to(reply_to: &str) -> BasicProperties {
    let properties = BasicProperties::default().with_content_type("application/json".into());
    let properties = properties.with_expiration("30000".into()).with_correlation_id("1".into());
    properties.with_reply_to(ShortString::from(reply_to))
}

/// Declares what a consumer of the framework does.
async fn declare_as_peer(peer: &RawPeer, queue: &str, exchange: &str) {
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    peer.declare_queue(queue, durable, FieldTable::default()).await;
    bind_as_peer(peer, queue, exchange).await;
}

/// Declares the exchange of an action, which is not durable, and binds a queue by its name.
async fn bind_as_peer(peer: &RawPeer, queue: &str, exchange: &str) {
    let channel = peer.open_channel().await;
    let (kind, options) = (lapin::ExchangeKind::Direct, ExchangeDeclareOptions::default());
    let declared = channel.exchange_declare(exchange.into(), kind, options, FieldTable::default());
    within("the exchange", declared).await.expect("it is declared the same");
    let bound = channel.queue_bind(
        queue.into(),
        exchange.into(),
        queue.into(),
        Default::default(),
        FieldTable::default(),
    );
    within("the binding", bound).await.expect("it is bound");
}

async fn stop(server: RunningServer, vhost: &Vhost) {
    within("the server to stop", server.shutdown()).await.expect("it stops");
    let queue = vhost.existing_queue("cy").await;
    assert_eq!((queue.ready, queue.unacked), (0, 0), "everything is settled");
}

#[tokio::test]
async fn answers_through_the_default_exchange_and_through_that_of_the_request() {
    for dialect in [whole(), whole().reply_to_exchange()] {
        let vhost = Vhost::create().await;
        let server = serve_fib_in(&vhost, dialect.clone()).await;
        let client = client_in(vhost.uri(), dialect).await;
        let fib = FibClient::new(client.clone());
        assert_eq!(within("a value", fib.compute(30)).await.unwrap(), 832_040);
        let error = within("the error", fib.compute(91)).await.unwrap_err();
        assert_eq!(own_error(error), FibError::TooLarge { limit: 90 });
        let malformed =
            within("a bad request", client.call_json("fib.compute", json!({}))).await.unwrap_err();
        let CallError::Fault(fault) = malformed else { panic!("{malformed:?}") };
        assert_eq!((fault.code(), fault.execution()), (&FaultCode::BadRequest, Execution::Unknown));
        assert!(fault.message().contains("missing field `n`"), "{fault:?}");
        let unknown =
            within("an unknown action", client.call_json("fib.nothing", json!({}))).await.unwrap_err();
        assert!(matches!(unknown, CallError::Unroutable(_)), "{unknown:?}");
        stop(server, &vhost).await;
    }
}

both_sides! {
    serves_beside_the_native_protocol: serves_beside_the_native_protocol(whole());
    fails_without_a_server: fails_without_a_server(whole(), whole().action("compute", "fibonacci"));
    survives_the_loss_of_a_server: survives_the_loss_of_a_server(whole());
}

#[tokio::test]
async fn calls_over_the_next_connection() {
    // Only the bindings of the next connection bring the reply.
    super::calls_over_the_next_connection(whole().reply_to_exchange()).await;
    super::calls_over_the_next_connection(whole().reply_to_exchange().exchanges_exist()).await;
}

#[tokio::test]
async fn a_peer_gets_the_replies_of_a_consumer() {
    let vhost = Vhost::create().await;
    let dialect = Cyberfusion::new("cy").success_message("users.create", "User created").reply_to_exchange();
    let keyring = Keyring::without_encryption();
    let server = Server::new().keyring(keyring).service_in(UsersServer::new(Registry), dialect);
    let server = start(server, &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let reply_to = replies.queue().to_owned();
    let invalid = "Request validation failed";
    for (action, body, success, message, data) in [
        (
            "users_create",
            &br#"{"name":"ada","password":"hunter2"}"#[..],
            true,
            "User created",
            json!({"name": "ada", "length": 7}),
        ),
        // No object is made of a number by itself.
        ("users_count", b"{}", false, "An unexpected error occurred", Value::Null),
        (
            "users_create",
            b"[1]",
            false,
            invalid,
            json!({"errors": [{"location": [], "message": "the body is not a JSON object", "type": "value_error"}]}),
        ),
    ] {
        bind_as_peer(&peer, &reply_to, action).await;
        peer.publish(action, "cy", call_to(&reply_to), body).await;
        let reply = replies.next().await;
        assert_eq!(reply.json(), json!({"success": success, "message": message, "data": data}));
        assert_eq!((reply.correlation_id(), reply.content_type()), (Some("1"), Some("application/json")));
    }
    for garbage in [&b"{\"name\":"[..], b"\xff", b"", b"null", b"{}"] {
        peer.publish("users_create", "cy", call_to(&reply_to), garbage).await;
        assert_eq!(replies.next().await.json()["message"], invalid, "one reply, always");
    }
    // Without a reply address it runs, and is settled.
    peer.publish("users_note", "cy", BasicProperties::default(), b"{\"text\":\"x\"}").await;
    peer.publish("users_create", "cy", BasicProperties::default(), b"{").await;
    stop(server, &vhost).await;
}

#[tokio::test]
async fn a_reply_is_never_a_request_to_a_service() {
    let vhost = Vhost::create().await;
    let server = serve_fib_in(&vhost, whole().reply_to_exchange()).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    peer.publish("fib_compute", "cy", call_to("cy"), b"{\"n\":30}").await;
    await_until("the request is refused", || async { server.stats().foreign_reply_addresses == 1 }).await;
    let fib = FibClient::new(client_in(vhost.uri(), whole()).await);
    assert_eq!(within("a value", fib.compute(10)).await.unwrap(), 55);
    stop(server, &vhost).await;
}

#[tokio::test]
async fn of_two_replies_the_first_one_counts_and_a_text_is_mapped() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    declare_as_peer(&peer, "cy", "fib_compute").await;
    let mut requests = peer.consume("cy", 1).await;
    let client = client_in(vhost.uri(), Cyberfusion::new("cy")).await;
    let options = CallOptions::new().map_errors(|error: &RemoteError| {
        (error.message() == Some("n is above 90")).then_some(FibError::TooLarge { limit: 90 })
    });
    let fib = FibClient::new(client.clone()).with_options(options);
    let (invalid, unexpected) = ("Request validation failed", "An unexpected error occurred");
    for texts in [&["n is above 90"][..], &[invalid, unexpected], &[unexpected, unexpected]] {
        let call = tokio::spawn(fib.compute(91));
        let request = requests.next().await;
        let id = ShortString::from(request.correlation_id().expect("it is a call"));
        let reply_to = request.reply_to().expect("it is a call").to_owned();
        for text in texts {
            let body = json!({"success": false, "message": text, "data": null}).to_string();
            let properties = BasicProperties::default().with_correlation_id(id.clone());
            peer.publish("fib_compute", &reply_to, properties, body.as_bytes()).await;
        }
        let error = within("the error", call).await.unwrap().unwrap_err();
        match error {
            CallError::Method(error) => assert_eq!(error, FibError::TooLarge { limit: 90 }),
            CallError::Fault(fault) => {
                let code = if texts[0] == invalid { FaultCode::BadRequest } else { FaultCode::Internal };
                assert_eq!((fault.code(), fault.execution()), (&code, Execution::Unknown));
            }
            error => panic!("{error:?}"),
        }
        request.ack().await;
    }
    await_until("the second replies are late", || async { client.stats().late_replies == 2 }).await;
}

#[tokio::test]
async fn secrets_travel_as_the_tokens_that_the_framework_reads() {
    let vhost = Vhost::create().await;
    let keyring = Keyring::new(&Keyring::generate_key()).unwrap().accept_bare().write_bare();
    let dialect = Cyberfusion::new("cy");
    let peer = RawPeer::connect(&vhost.uri()).await;
    declare_as_peer(&peer, "cy", "users_create").await;
    let mut requests = peer.consume("cy", 1).await;
    let client = Client::builder().timeout(Duration::from_secs(30)).keyring(keyring.clone());
    let client = within("the client", client.dialect(dialect.clone()).connect(vhost.uri())).await.unwrap();
    let users = UsersClient::new(client);
    let call = tokio::spawn(users.create("ada".into(), Secret::from("hunter2")));
    let request = requests.next().await;
    let token = request.json()["password"].as_str().expect("a token is a text").to_owned();
    assert!(token.starts_with("gAAAAA"), "{token}");
    // As the framework does: the token alone, with plain Fernet.
    assert_eq!(keyring.decrypt(&token).expect("it is a bare token").expose_secret(), "hunter2");
    let id = ShortString::from(request.correlation_id().expect("it is a call"));
    let reply = json!({"success": true, "message": "", "data": {"id": 1}}).to_string();
    let properties = BasicProperties::default().with_correlation_id(id);
    peer.publish("users_create", request.reply_to().expect("it is a call"), properties, reply.as_bytes())
        .await;
    assert_eq!(within("the value", call).await.unwrap().unwrap(), json!({"id": 1}));
    request.ack().await;
    drop(requests);

    let server = Server::new().keyring(keyring.clone()).service_in(UsersServer::new(Registry), dialect);
    let vhost = Vhost::create().await;
    let server = start(server, &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let token = keyring.encrypt(&Secret::from("correct horse")).unwrap();
    let body = json!({"name": "ada", "password": token}).to_string();
    peer.publish("users_create", "cy", call_to(replies.queue()), body.as_bytes()).await;
    assert_eq!(replies.next().await.json()["data"], json!({"name": "ada", "length": 13}));
    let clear = json!({"name": "ada", "password": "in the clear"}).to_string();
    peer.publish("users_create", "cy", call_to(replies.queue()), clear.as_bytes()).await;
    let refused = replies.next().await;
    assert_eq!(refused.json()["message"], "Request validation failed");
    assert!(!refused.text().contains("in the clear"), "{}", refused.text());
    stop(server, &vhost).await;
}

#[tokio::test]
async fn what_ends_a_consumer_is_refused() {
    let vhost = Vhost::create().await;
    let dialect = Cyberfusion::new("cy").action("compute", "same").action("whoami", "same");
    let server = Server::new().service_in(FibServer::new(Fibonacci), dialect).start(vhost.uri());
    let error = within("the refusal", server).await.unwrap_err().to_string();
    assert!(error.contains("have one name there"), "{error}");

    let peer = RawPeer::connect(&vhost.uri()).await;
    for action in ["users_note", "users_create"] {
        declare_as_peer(&peer, "cy", action).await;
    }
    let client = client_in(vhost.uri(), Cyberfusion::new("cy")).await;
    let error = within("the refusal", UsersClient::new(client.clone()).note("x".into())).await.unwrap_err();
    assert!(format!("{error:?}").contains("make it a call"), "{error:?}");
    for body in [json!([1]), json!(null), json!("x")] {
        let error = within("the refusal", client.call_json("users.create", body)).await.unwrap_err();
        assert!(
            matches!(&error, CallError::Encode(_)) && format!("{error:?}").contains("is no object"),
            "{error:?}"
        );
    }
    assert_eq!(vhost.existing_queue("cy").await.ready, 0, "nothing is sent");
}
