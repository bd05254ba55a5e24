//! Dialects that fail, and what they cannot say: each ends one request or one call, and nothing else.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use amqp_rpc::{
    CallError, Client, Execution, FaultCode, Headers, Secret, Server,
    codec::MessagePack,
    contract::{MethodDef, ServiceDef},
    dialect::{
        Answer, Answered, ClientDialect, Delivery, Incoming, IncomingRequest, OutgoingRequest, PeerReply,
        Queue, ReplyMessage, RequestMessage, ServerDialect, ServiceTopology, Target, Topology, Unsupported,
    },
    dialects::Nameko,
    rpc_service,
    secrets::Keyring,
};
use lapin::{BasicProperties, types::ShortString};
use serde_json::json;

use super::{client_in, serve_fib_in};
use crate::{
    services::{FibClient, FibServer, Fibonacci, GateServer, Gatekeeper, connect, serve_fib, start},
    support::{Permissions, RawPeer, Vhost, await_until, within},
};

/// A dialect of which one function panics, while it is told to.
#[derive(Clone, Debug)]
struct Panicking {
    function: &'static str,
    panics: Arc<AtomicBool>,
}

impl Panicking {
    fn at(function: &'static str) -> Self {
        Self { function, panics: Arc::new(AtomicBool::new(true)) }
    }

    fn panic_at(&self, function: &str) {
        assert!(
            function != self.function || !self.panics.load(Ordering::SeqCst),
            "told to panic in {function}"
        );
    }
}

impl ServerDialect for Panicking {
    fn name(&self) -> &'static str {
        "panicking"
    }

    fn topology(&self, _: &ServiceDef) -> Result<ServiceTopology, Unsupported> {
        self.panic_at("topology");
        let topology =
            Topology { queues: vec![Queue::durable("foreign", Headers::new())], ..Topology::default() };
        Ok(ServiceTopology { queues: vec!["foreign".into()], topology })
    }

    fn read_request(&self, _: &ServiceDef, delivery: Delivery) -> Incoming {
        self.panic_at("read_request");
        IncomingRequest::json("fib.compute", delivery.body, delivery.properties).into()
    }

    fn allows_reply_to(&self, _: &str) -> bool {
        self.panic_at("allows_reply_to");
        true
    }

    fn answer(&self, answered: &Answered<'_>) -> Answer {
        self.panic_at("answer");
        let exchange = if self.function == "undeclared exchange" { "nobody-s" } else { "" };
        let amqp_rpc::dialect::Outcome::Value { body, .. } = answered.outcome else { return Answer::Reject };
        let properties = amqp_rpc::dialect::Properties {
            correlation_id: answered.correlation_id.map(Into::into),
            ..Default::default()
        };
        ReplyMessage { exchange: exchange.into(), properties, body: body.clone() }.into()
    }
}

impl ClientDialect for Panicking {
    fn name(&self) -> &'static str {
        "panicking"
    }

    fn takes_direct_replies(&self) -> bool {
        false
    }

    fn reply_queue(&self, unique: &str) -> String {
        self.panic_at("reply_queue");
        format!("amqp-rpc.reply.{unique}")
    }

    fn target(&self, _: &'static MethodDef, _: &str) -> Result<Target, Unsupported> {
        self.panic_at("target");
        Ok(Target { exchange: "".into(), routing_key: "foreign".into(), queue: "foreign".into() })
    }

    fn reply_bindings(&self, _: &amqp_rpc::dialect::ReplyBinding<'_>) -> Topology {
        self.panic_at("reply_bindings");
        Topology::default()
    }

    fn write_request(&self, mut request: OutgoingRequest<'_>) -> Result<RequestMessage, Unsupported> {
        self.panic_at("write_request");
        Ok(RequestMessage { body: request.body.clone(), properties: request.properties() })
    }

    fn read_reply(&self, reply: Delivery) -> PeerReply {
        self.panic_at("read_reply");
        PeerReply::Value { content_type: "application/json".into(), body: reply.body }
    }
}

#[tokio::test]
async fn a_dialect_that_panics_at_a_call_fails_that_call_alone() {
    let vhost = Vhost::create().await;
    let _server = serve_fib_in(&vhost, Panicking::at("")).await;
    for function in ["target", "reply_bindings", "write_request", "read_reply"] {
        let dialect = Panicking::at(function);
        let fib = FibClient::new(client_in(vhost.uri(), dialect.clone()).await);
        let error = within(function, fib.compute(10)).await.unwrap_err();
        let expected = if function == "read_reply" { Execution::Unknown } else { Execution::Never };
        assert_eq!(error.execution(), expected, "{function}: {error:?}");
        dialect.panics.store(false, Ordering::SeqCst);
        assert_eq!(within("the next call", fib.compute(10)).await.unwrap(), 55, "{function}");
    }
    let error =
        Client::builder().dialect(Panicking::at("reply_queue")).connect(vhost.uri()).await.unwrap_err();
    assert!(error.to_string().contains("the dialect `panicking` panicked"), "{error}");
}

#[tokio::test]
async fn a_dialect_that_panics_at_a_request_settles_it_and_serves_the_next() {
    let vhost = Vhost::create().await;
    for function in ["read_request", "allows_reply_to", "answer", "undeclared exchange"] {
        let dialect = Panicking::at(function);
        let server = serve_fib_in(&vhost, dialect.clone()).await;
        let peer = RawPeer::connect(&vhost.uri()).await;
        let properties = BasicProperties::default()
            .with_correlation_id(ShortString::from("1"))
            .with_reply_to(ShortString::from("amq.gen-nobody"));
        peer.publish("", "foreign", properties, br#"{"n": 30}"#).await;
        await_until("the request is settled", || async {
            vhost.existing_queue("foreign").await.unacked == 0
                && vhost.existing_queue("foreign").await.ready == 0
        })
        .await;
        dialect.panics.store(false, Ordering::SeqCst);
        if function != "undeclared exchange" {
            let fib = FibClient::new(client_in(vhost.uri(), Panicking::at("")).await);
            assert_eq!(within("the next call", fib.compute(10)).await.unwrap(), 55, "{function}");
        }
        within("the server to stop", server.shutdown()).await.unwrap();
    }
    let server = Server::new().service_in(FibServer::new(Fibonacci), Panicking::at("topology"));
    let error = server.start(vhost.uri()).await.unwrap_err().to_string();
    assert!(error.contains("the dialect panicked"), "{error}");
}

/// The user may declare the exchange of replies and not publish to it: the first reply costs the connection, and no
/// other does.
#[tokio::test]
async fn replies_that_the_broker_refuses_cost_one_connection() {
    let mut vhost = Vhost::create().await;
    let permissions = Permissions { write: "^(amqp-rpc|fib|rpc-fib|amq.default|$)", ..Permissions::ALL };
    let uri = vhost.add_user("server", "secret", permissions).await;
    let server =
        Server::new().service(FibServer::new(Fibonacci)).service_in(FibServer::new(Fibonacci), Nameko::new());
    let server = within("the server to start", server.start(uri)).await.expect("the server starts");
    let foreign = FibClient::new(client_in(vhost.uri(), Nameko::new()).await);
    let call = tokio::spawn(async move { foreign.compute(10).await });
    crate::services::until_epoch(&server, 2).await;
    let native = FibClient::new(connect(&vhost).await);
    for n in 0..20 {
        within("a native call", native.compute(n)).await.unwrap();
    }
    assert_eq!(server.state().epoch(), Some(2), "the queue of the dialect is not served any more");
    call.abort();
}

#[tokio::test]
async fn what_replies_need_and_the_broker_refuses_is_asked_for_once_in_a_while() {
    let mut vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    // It may not declare the exchange, which is not there.
    let permissions = Permissions { configure: "^[0-9a-f-]{36}$", ..Permissions::ALL };
    let uri = vhost.add_user("client", "secret", permissions).await;
    let fib = FibClient::new(client_in(uri, Nameko::new()).await);
    for _ in 0..50 {
        let error = within("the refusal", fib.compute(10)).await.unwrap_err();
        assert!(matches!(error, CallError::AccessRefused(_)), "{error:?}");
    }
    // One of the client, and perhaps that of an attempt.
    assert!(vhost.connections().await <= 4, "{:?}", vhost.connection_names().await);
}

#[tokio::test]
async fn a_client_s_options_that_a_dialect_does_not_have_are_refused() {
    let vhost = Vhost::create().await;
    let error =
        Client::builder().dialect(Nameko::new()).codec(MessagePack).connect(vhost.uri()).await.unwrap_err();
    assert!(error.to_string().contains("leave `codec` out"), "{error}");
    let in_process =
        Client::builder().dialect(Nameko::new()).in_process().service(FibServer::new(Fibonacci)).build();
    let error = in_process.unwrap_err();
    assert!(error.to_string().contains("leave the dialect `nameko` out"), "{error}");
    let client = client_in(vhost.uri(), Nameko::new()).await;
    let error = client.call_json("fib.compute", json!({})).exchange("mine").await.unwrap_err();
    assert!(matches!(error, CallError::Encode(_)), "{error:?}");
    let why = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    assert!(why.contains("addresses its calls"), "{why}");
}

#[rpc_service]
trait Vault {
    async fn keep(&self, user: String, pin: Secret<String>) -> String;
}

struct Kept;

impl Vault for Kept {
    async fn keep(&self, user: String, pin: Secret<String>) -> String {
        format!("{user} {}", amqp_rpc::Secret::expose_secret(&pin).len())
    }
}

#[tokio::test]
async fn secrets_travel_as_the_bare_tokens_that_peers_read() {
    let vhost = Vhost::create().await;
    let ring = || Keyring::new("cHJvdmlkZWQgYnkgdGhlIHRlc3RzIGFuZCBubyBzZWM=").expect("it is a key");
    let server =
        Server::new().service_in(VaultServer::new(Kept), Nameko::new()).keyring(ring().accept_bare());
    let _server = start(server, &vhost).await;
    let connect = async |ring| {
        let client = Client::builder().dialect(Nameko::new()).keyring(ring).connect(vhost.uri());
        VaultClient::new(within("the client to connect", client).await.expect("the client connects"))
    };
    let bare = connect(ring().write_bare()).await;
    assert_eq!(within("the reply", bare.keep("ada".into(), Secret::from("1234"))).await.unwrap(), "ada 4");
    let sealed = connect(ring()).await;
    let error = within("the refusal", sealed.keep("ada".into(), Secret::from("1234"))).await.unwrap_err();
    assert!(matches!(error, CallError::Encode(_)), "{error:?}");
}

#[tokio::test]
async fn a_service_is_added_in_a_dialect_and_removed_with_the_others() {
    let vhost = Vhost::create().await;
    let server = start(Server::new().service(GateServer::new(Gatekeeper::closed())), &vhost).await;
    within("the addition", server.add_in(FibServer::new(Fibonacci), Nameko::new())).await.unwrap();
    let fib = FibClient::new(client_in(vhost.uri(), Nameko::new()).await);
    assert_eq!(within("a value", fib.compute(10)).await.unwrap(), 55);
    let again =
        within("the refusal", server.add_in(FibServer::new(Fibonacci), Nameko::new())).await.unwrap_err();
    assert!(again.to_string().contains("queue `rpc-fib` is consumed already"), "{again}");
    within("the removal", server.remove("fib")).await.unwrap();
    assert_eq!(server.queues(), ["gate"]);
}

#[tokio::test]
async fn an_exception_of_nameko_s_may_be_of_a_call_that_the_method_made() {
    let vhost = Vhost::create().await;
    let _server = serve_fib_in(&vhost, Nameko::new()).await;
    let client = client_in(vhost.uri(), Nameko::new()).await;
    let error = within("the fault", client.call_json("fib.absent", json!({}))).await.unwrap_err();
    let CallError::Fault(fault) = &error else { panic!("{error:?}") };
    assert_eq!((fault.code(), error.execution()), (&FaultCode::UnknownMethod, Execution::Unknown));
    assert!(!error.is_retryable());
}
