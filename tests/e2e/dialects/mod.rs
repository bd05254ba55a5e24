//! Dialects: our server and our client in the same one. The peers themselves are in `tests/dialects`.

/// Tests of this module's functions with a dialect on both sides, each with the dialects in turn.
macro_rules! both_sides {
    ($($test:ident: $of:ident($($dialect:expr),+ $(,)?);)+) => {$(
        #[tokio::test]
        async fn $test() {
            $(super::$of($dialect).await;)+
        }
    )+};
}

mod aio_pika;
mod celery;
mod cyberfusion;
mod faststream;
mod golevelup;
mod kanin;
mod misuse;
mod nameko;
mod nestjs;
mod topology;
mod tutorial;

use std::time::Duration;

use amqp_rpc::{
    CallError, Client, FaultCode, RunningServer, Server,
    dialect::{ClientDialect, ServerDialect},
};
use serde_json::json;

use crate::{
    services::{
        FibClient, FibError, FibServer, Fibonacci, GateClient, GateServer, Gatekeeper, connect, start,
    },
    support::{Proxy, Vhost, within},
};

/// A dialect, on both sides.
trait Dialect: ServerDialect + ClientDialect + Clone {}

impl<D: ServerDialect + ClientDialect + Clone> Dialect for D {}

async fn client_in(uri: String, dialect: impl ClientDialect) -> Client {
    let client = Client::builder().timeout(Duration::from_secs(30)).dialect(dialect).connect(uri);
    within("the client to connect", client).await.expect("the client connects")
}

async fn serve_fib_in(vhost: &Vhost, dialect: impl ServerDialect) -> RunningServer {
    start(Server::new().service_in(FibServer::new(Fibonacci), dialect), vhost).await
}

/// A value, the method's own error, an unknown method, and a request that does not fit.
async fn answers(dialect: impl Dialect) {
    let vhost = Vhost::create().await;
    let server = serve_fib_in(&vhost, dialect.clone()).await;
    let client = client_in(vhost.uri(), dialect).await;
    let fib = FibClient::new(client.clone());
    assert_eq!(within("a value", fib.compute(30)).await.expect("it is answered"), 832_040);
    assert_eq!(within("a text", fib.whoami()).await.expect("it is answered"), "-/-");
    match within("an unknown method", client.call_json("fib.nothing", json!({}))).await.expect_err("it fails")
    {
        CallError::Fault(fault) => assert_eq!(fault.code(), &FaultCode::UnknownMethod),
        // Where each method has a queue, an unknown one has none.
        unknown => assert!(matches!(unknown, CallError::Unroutable(_)), "{unknown:?}"),
    }
    let malformed =
        within("a bad request", client.call_json("fib.compute", json!({}))).await.expect_err("it fails");
    let CallError::Fault(fault) = malformed else { panic!("{malformed:?}") };
    assert_eq!(fault.code(), &FaultCode::BadRequest);
    assert_eq!(within("a value", fib.compute(10)).await.expect("it is answered"), 55);
    within("the server to stop", server.shutdown()).await.expect("it is answered");
}

/// A service in a dialect and natively, from one server: each client is served, whatever the other one is.
async fn serves_beside_the_native_protocol(dialect: impl Dialect) {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = Server::new()
        .service(GateServer::new(gate.clone()))
        .service_in(GateServer::new(gate.clone()), dialect.clone());
    let server = start(server, &vhost).await;
    let native = GateClient::new(connect(&vhost).await);
    let foreign = GateClient::new(client_in(vhost.uri(), dialect).await);
    let calls = tokio::spawn(async move { tokio::join!(native.pass(1), foreign.pass(2)) });
    within("both calls to run", gate.until_running(2)).await;
    gate.open_for(2);
    let (one, two) = within("both replies", calls).await.expect("it is answered");
    assert_eq!((one.expect("a reply"), two.expect("a reply")), (1, 2));
    // Removed by its name, it is removed in the dialect as well.
    within("the removal", server.remove("gate")).await.expect("it is answered");
    assert!(server.queues().is_empty(), "{:?}", server.queues());
}

/// Nobody serves: the call ends at once, or with its time.
async fn fails_without_a_server(dialect: impl Dialect) {
    let vhost = Vhost::create().await;
    let fib = FibClient::new(client_in(vhost.uri(), dialect).await);
    let error = within("the end of the call", fib.compute(30).timeout(Duration::from_millis(300)))
        .await
        .expect_err("it fails");
    let ended = matches!(error, CallError::Unroutable(_) | CallError::Timeout(_));
    assert!(ended, "{error:?}");
}

/// The client's connection is lost, and the next one has what replies need.
async fn calls_over_the_next_connection(dialect: impl Dialect) {
    let vhost = Vhost::create().await;
    let _server = serve_fib_in(&vhost, dialect.clone()).await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let client = client_in(proxy.uri(), dialect).await;
    let fib = FibClient::new(client.clone());
    assert_eq!(within("a value", fib.compute(10)).await.expect("it is answered"), 55);
    proxy.cut();
    let mut states = client.state_changes();
    let reconnected = async {
        while states.current().epoch() != Some(2) || !states.current().is_ready() {
            states.changed().await.expect("the client lives");
        }
    };
    within("the client to reconnect", reconnected).await;
    assert_eq!(within("a value", fib.compute(20)).await.expect("it is answered"), 6765);
}

/// A server that is lost while a call runs: the broker delivers the request to the next one.
async fn survives_the_loss_of_a_server(dialect: impl Dialect) {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let serve = |gate: &Gatekeeper| Server::new().service_in(GateServer::new(gate.clone()), dialect.clone());
    let proxy = Proxy::start(&vhost.uri()).await;
    let lost =
        within("the server to start", serve(&gate).start(proxy.uri())).await.expect("the server starts");
    let caller = GateClient::new(client_in(vhost.uri(), dialect.clone()).await);
    let call = tokio::spawn(async move { caller.pass(7).await });
    within("the call to run", gate.until_running(1)).await;
    proxy.refuse(true);
    proxy.cut();
    let next = Gatekeeper::closed();
    let _next = start(serve(&next), &vhost).await;
    within("the call to run again", next.until_running(1)).await;
    next.open_for(1);
    assert_eq!(within("the reply", call).await.expect("it does not panic").expect("it is answered"), 7);
    drop(lost);
}

/// The method's own error, as `map_errors` or serde reads it.
fn own_error(error: CallError<FibError>) -> FibError {
    match error {
        CallError::Method(error) => error,
        error => panic!("{error:?}"),
    }
}
