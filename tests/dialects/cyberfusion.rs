//! Cyberfusion's consumer 3 and 2, and its client.
//!
//! What the wire cannot say, and no test asks for: notifications and events.

use amqp_rpc::{
    CallError, Client, FaultCode, Secret, Server, dialects::Cyberfusion, rpc_service, secrets::Keyring,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    peer::{Outcome, Peer},
    support::{Vhost, within},
    table::{MathClient, Mathematician, OurCalls, Received, TheirCalls, mixed_fleet, serve},
};

const FERNET_KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

/// The contract as the framework writes it: a value is an object or nothing.
#[rpc_service(name = "math")]
trait ObjectMath {
    async fn add(&self, a: i64, b: i64) -> Sum;
    async fn nothing(&self);
    async fn greet(&self, name: Secret<String>) -> Greeting;
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sum {
    value: i64,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Greeting {
    value: String,
}

struct Adder;

impl ObjectMath for Adder {
    async fn add(&self, a: i64, b: i64) -> Sum {
        Sum { value: a + b }
    }

    async fn nothing(&self) {}

    async fn greet(&self, name: Secret<String>) -> Greeting {
        Greeting { value: format!("hello {}", name.expose_secret()) }
    }
}

/// The queue has the name of the service, as the peer names it, and values are the member that its models have.
fn dialect() -> Cyberfusion {
    Cyberfusion::new("math").values_in("value")
}

/// What the framework reads and writes: tokens of nothing but the value.
fn keyring() -> Keyring {
    Keyring::new(FERNET_KEY).expect("it is a key").accept_bare().write_bare()
}

const UNEXPECTED: &str = "An unexpected error occurred";

async fn we_call(peer: Option<Peer>, bad_arguments: fn(&Received) -> bool) {
    let Some(peer) = peer else { return };
    let checks = OurCalls {
        own_error: |received| received.is_error("", "n is above 90"),
        // No queue is bound to its exchange, which our client has declared.
        unknown_method: |received| matches!(received, Received::Unroutable),
        bad_arguments,
        crash: |received| matches!(received, Received::Fault(FaultCode::Internal)),
        // The queue is there: the request waits in it.
        server_down: |received| matches!(received, Received::TimedOut),
        redelivers: true,
    };
    checks.run(&peer, dialect()).await;
}

/// Values that are objects, and secrets, as the peer's server has them.
async fn we_call_with_secrets(peer: Option<Peer>) {
    let Some(peer) = peer.map(|peer| peer.with(&["--fernet-key", FERNET_KEY])) else { return };
    let vhost = Vhost::create().await;
    let mut server = peer.serve(&vhost, "math").await;
    let client = Client::builder().keyring(keyring()).dialect(Cyberfusion::new("math")).connect(vhost.uri());
    let math = ObjectMathClient::new(within("the client to connect", client).await.expect("it connects"));
    assert_eq!(within("an object", math.add(1, 2)).await.expect("a value"), Sum { value: 3 });
    within("nothing", math.nothing()).await.expect("a value");
    let greeting = within("a greeting", math.greet(Secret::from("ada ü"))).await.expect("a value");
    assert_eq!(greeting, Greeting { value: "hello ada ü".into() });
    server.line_with("ran greet {").await;
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn cyberfusion_calls() {
    let Some(peer) = Peer::cyberfusion3().map(|peer| peer.with(&["--values-in", "value"])) else { return };
    let checks = TheirCalls {
        own_error: |outcome| outcome.is_error("unsuccessful", "n is above 90"),
        // Its client has declared the exchange, and nothing is bound to it.
        unknown_method: |outcome| *outcome == Outcome::TimedOut,
        bad_arguments: |outcome| outcome.is_error("unsuccessful", "Request validation failed"),
        crash: |outcome| outcome.is_error("unsuccessful", UNEXPECTED),
        // The queue is there: the request waits in it.
        server_down: |outcome| *outcome == Outcome::TimedOut,
    };
    checks.run(&peer, dialect()).await;
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn cyberfusion_calls_a_server_with_the_options_of_consumer_2() {
    let Some(peer) = Peer::cyberfusion3() else { return };
    let vhost = Vhost::create().await;
    let dialect = dialect().consumer_2().reply_to_exchange().error_data();
    let _server = serve(&vhost.uri(), Mathematician::default(), dialect).await;
    let call = |method, arguments| peer.call(&vhost, "math", method, arguments);
    assert_eq!(call("add", json!({"a": 1, "b": 2})).await, Outcome::Value(json!({"value": 3})));
    let refused = call("compute", json!({"n": "x"})).await;
    assert!(refused.is_error("unsuccessful", UNEXPECTED), "{refused:?}");
    let own = call("compute", json!({"n": 91})).await;
    assert!(own.is_error("unsuccessful", "n is above 90"), "{own:?}");
    // Its JSON is a text, and its client reads objects.
    assert!(matches!(&own, Outcome::Error { more, .. } if more["data"].is_null()), "{own:?}");
    let unroutable = peer.clone().with(&["--mandatory"]).call(&vhost, "math", "absent", json!({})).await;
    assert!(unroutable.is_error("MessageUnroutable", ""), "{unroutable:?}");
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn cyberfusion_calls_with_secrets() {
    let Some(peer) = Peer::cyberfusion3() else { return };
    let vhost = Vhost::create().await;
    let server = Server::new().keyring(keyring());
    let server = server.service_in(ObjectMathServer::new(Adder), Cyberfusion::new("math")).start(vhost.uri());
    let _server = within("the server to start", server).await.expect("the server starts");
    let call = |method, arguments| peer.call(&vhost, "math", method, arguments);
    assert_eq!(call("add", json!({"a": 1, "b": 2})).await, Outcome::Value(json!({"value": 3})));
    assert_eq!(call("nothing", json!({})).await, Outcome::Value(Value::Null));
    // Its users encrypt by themselves.
    let token = keyring().encrypt(&Secret::from("ada ü")).expect("it has a key");
    assert_eq!(call("greet", json!({"name": token})).await, Outcome::Value(json!({"value": "hello ada ü"})));
    let clear = call("greet", json!({"name": "in the clear"})).await;
    assert!(clear.is_error("unsuccessful", "Request validation failed"), "{clear:?}");
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn cyberfusion_3_is_called() {
    we_call(Peer::cyberfusion3(), |received| matches!(received, Received::Fault(FaultCode::BadRequest)))
        .await;
}

peer_tests! {
    cyberfusion_3_is_called_with_secrets: we_call_with_secrets(Peer::cyberfusion3());
    // It says the same of bad arguments and of a crash.
    cyberfusion_2_is_called: we_call(Peer::cyberfusion2(), |received| matches!(received, Received::Fault(FaultCode::Internal)));
    cyberfusion_2_is_called_with_secrets: we_call_with_secrets(Peer::cyberfusion2());
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn cyberfusion_3_shares_a_queue() {
    let Some(peer) = Peer::cyberfusion3() else { return };
    mixed_fleet(&peer, dialect()).await;
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn cyberfusion_3_with_locks_is_called() {
    let Some(peer) = Peer::cyberfusion3().map(|peer| peer.with(&["--lock", "n"])) else { return };
    let vhost = Vhost::create().await;
    let _server = peer.serve(&vhost, "math").await;
    let client = Client::builder().dialect(dialect()).connect(vhost.uri());
    let client = within("the client to connect", client).await.expect("the client connects");
    let refused = within("the fault", client.call_json("math.compute", json!({"m": 1}))).await;
    let refused = refused.expect_err("`n` is missing");
    assert!(
        matches!(&refused, CallError::Fault(fault) if *fault.code() == FaultCode::BadRequest),
        "{refused:?}"
    );
    let math = MathClient::new(client);
    assert_eq!(within("a value", math.compute(30)).await.expect("a value"), 832_040);
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn cyberfusion_2_shares_a_queue() {
    let Some(peer) = Peer::cyberfusion2() else { return };
    mixed_fleet(&peer, dialect()).await;
}
