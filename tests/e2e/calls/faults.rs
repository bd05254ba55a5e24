//! Every fault, caused by a real failure: the error of the caller, and its execution.

use std::{collections::HashMap, time::Duration};

use amqp_rpc::{
    CallError, Client, Execution, Fault, FaultCode, Server,
    middleware::{self, IncomingCall, Next, Reply},
    rpc_service,
};
use lapin::BasicProperties;

use crate::{
    services::{
        FibClient, FibError, FibServer, Fibonacci, GateClient, GateServer, Gatekeeper, connect, serve_fib,
        serve_gate, start,
    },
    support::{RawPeer, Vhost, within},
};

fn fault<T: std::fmt::Debug, E: std::fmt::Debug>(result: Result<T, CallError<E>>) -> Fault {
    match result {
        Err(CallError::Fault(fault)) => fault,
        other => panic!("not a fault: {other:?}"),
    }
}

#[tokio::test]
async fn a_method_s_own_error_arrives_as_its_type() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let error = FibClient::new(connect(&vhost).await).compute(91).await.unwrap_err();
    assert!(matches!(error, CallError::Method(FibError::TooLarge { limit: 90 })), "{error:?}");
    assert_eq!(error.execution(), Execution::Completed);
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn a_panic_is_answered_and_its_text_stays_on_the_server() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = serve_gate(&vhost, &gate, 2).await;
    let gates = GateClient::new(connect(&vhost).await);
    // More panics than the server has slots: none of the slots is lost.
    for _ in 0..5 {
        let fault = fault(gates.panic("secret of the test".into()).await);
        assert_eq!((fault.code(), fault.execution()), (&FaultCode::Panicked, Execution::Unknown));
        assert!(!fault.to_string().contains("secret"), "{fault}");
    }
    assert_eq!(gates.echo(1).await.unwrap(), 1);
    assert!(server.shutdown().await.unwrap().is_clean());

    let exposing = Server::new().service(GateServer::new(gate)).expose_panics();
    let _server = start(exposing, &vhost).await;
    let fault = fault(gates.panic("told to all".into()).await);
    assert!(fault.message().contains("told to all"), "{fault}");
}

/// A newer version of the contract of `fib`.
mod newer {
    use amqp_rpc::rpc_service;

    #[rpc_service]
    pub(super) trait Fib {
        async fn compute_all(&self, numbers: Vec<u64>) -> Vec<u64>;
        async fn compute(&self, n: String) -> u64;
    }
}

#[tokio::test]
async fn a_method_that_an_old_server_does_not_know_is_never_executed() {
    let vhost = Vhost::create().await;
    // A newer server was here and bound the newer method's key: the old one now gets its requests.
    let peer = RawPeer::connect(&vhost.uri()).await;
    let _server = serve_fib(&vhost).await;
    let channel = peer.open_channel().await;
    channel
        .queue_bind(
            "fib".into(),
            "amqp-rpc".into(),
            "fib.compute_all".into(),
            Default::default(),
            Default::default(),
        )
        .await
        .unwrap();

    let fault = fault(newer::FibClient::new(connect(&vhost).await).compute_all(vec![1]).await);
    assert_eq!((fault.code(), fault.execution()), (&FaultCode::UnknownMethod, Execution::Never));
    assert!(fault.is_retryable(), "during a rolling deploy a newer server may take it");
    assert!(fault.message().contains("fib.compute_all"), "{fault}");
}

#[tokio::test]
async fn an_undecodable_request_names_the_invalid_field() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let fault = fault(newer::FibClient::new(connect(&vhost).await).compute("ten".into()).await);
    assert_eq!(
        (fault.code(), fault.field(), fault.execution()),
        (&FaultCode::BadRequest, Some("n"), Execution::Never)
    );
    assert!(!fault.is_retryable());
}

#[tokio::test]
async fn a_reply_of_another_type_is_a_decode_error() {
    let vhost = Vhost::create().await;
    struct Words;
    impl words::Fib for Words {
        async fn compute(&self, _n: u64) -> String {
            "many".into()
        }
    }
    let _server = start(Server::new().service(words::FibServer::new(Words)), &vhost).await;
    let error = FibClient::new(connect(&vhost).await).compute(1).await.unwrap_err();
    assert!(matches!(error, CallError::Decode(_)), "{error:?}");
    assert_eq!(error.execution(), Execution::Completed);
    assert!(!error.is_retryable());
}

/// The contract of `fib` with another result type.
mod words {
    use amqp_rpc::rpc_service;

    #[rpc_service]
    pub(super) trait Fib {
        async fn compute(&self, n: u64) -> String;
    }
}

#[tokio::test]
async fn a_request_whose_time_is_over_before_its_method_starts_is_not_run() {
    /// Holds every call until its caller has timed out.
    async fn dawdling(call: IncomingCall, next: Next) -> Result<Reply, Fault> {
        if let Some(deadline) = call.context().deadline() {
            tokio::time::sleep_until(deadline.into()).await;
        }
        next.run(call).await
    }
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = Server::new().service(GateServer::new(gate.clone())).layer(middleware::from_fn(dawdling));
    let _server = start(server, &vhost).await;

    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    // Long enough for LavinMQ's clock, which may expire a message 200 ms early.
    let properties =
        BasicProperties::default().with_reply_to(replies.queue().into()).with_expiration("400".into());
    peer.publish("amqp-rpc", "gate.pass", properties, br#"{"tag":1}"#).await;
    let reply = replies.next().await;
    assert_eq!((reply.kind(), reply.json()["code"].as_str()), (Some("fault"), Some("expired")));
    assert_eq!(gate.started(), 0);
}

#[tokio::test]
async fn size_limits_hold_in_both_directions_and_on_both_sides() {
    #[rpc_service]
    trait Sized {
        async fn repeat(&self, text: String, times: usize) -> String;
    }
    struct Repeat;
    impl Sized for Repeat {
        async fn repeat(&self, text: String, times: usize) -> String {
            text.repeat(times)
        }
    }
    let vhost = Vhost::create().await;
    let server =
        Server::new().service(SizedServer::new(Repeat)).max_request_bytes(1000).max_reply_bytes(2000);
    let _server = start(server, &vhost).await;
    let client = Client::builder().max_request_bytes(1500).connect(vhost.uri()).await.unwrap();
    let sized = SizedClient::new(client);

    assert_eq!(sized.repeat("x".repeat(900), 2).await.unwrap().len(), 1800);
    let refused = fault(sized.repeat("x".repeat(1000), 1).await);
    assert_eq!((refused.code(), refused.execution()), (&FaultCode::RequestTooLarge, Execution::Never));
    let cut = fault(sized.repeat("x".repeat(900), 3).await);
    assert_eq!((cut.code(), cut.execution()), (&FaultCode::ReplyTooLarge, Execution::Completed));

    let error = sized.repeat("x".repeat(1500), 1).await.unwrap_err();
    match &error {
        CallError::TooLarge(too_large) => {
            assert_eq!((too_large.size() > 1500, too_large.limit()), (true, 1500));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, false));
    assert_eq!(sized.repeat("still ".into(), 2).await.unwrap(), "still still ");
}

#[tokio::test]
async fn values_that_json_cannot_hold_are_different_errors_on_each_side() {
    type Pairs = HashMap<(u8, u8), u8>;
    #[rpc_service]
    trait Keys {
        async fn take(&self, pairs: HashMap<(u8, u8), u8>) -> usize;
        async fn give(&self) -> HashMap<(u8, u8), u8>;
    }
    struct Keeper;
    impl Keys for Keeper {
        async fn take(&self, pairs: Pairs) -> usize {
            pairs.len()
        }
        async fn give(&self) -> Pairs {
            HashMap::from([((1, 2), 3)])
        }
    }
    let vhost = Vhost::create().await;
    let _server = start(Server::new().service(KeysServer::new(Keeper)), &vhost).await;
    let keys = KeysClient::new(connect(&vhost).await);

    let error = keys.take(HashMap::from([((1, 2), 3)])).await.unwrap_err();
    assert!(matches!(error, CallError::Encode(_)), "{error:?}");
    assert_eq!(error.execution(), Execution::Never);
    let fault = fault(keys.give().await);
    assert_eq!((fault.code(), fault.execution()), (&FaultCode::UnencodableReply, Execution::Completed));
}

#[tokio::test]
async fn middleware_sees_calls_in_order_and_may_refuse_them() {
    async fn outer(mut call: IncomingCall, next: Next) -> Result<Reply, Fault> {
        call.headers_mut().insert("seen-by", "outer");
        let reply = next.run(call).await?;
        assert_eq!(reply.body().as_ref(), b"\"-/-\"");
        Ok(reply)
    }
    async fn inner(call: IncomingCall, next: Next) -> Result<Reply, Fault> {
        let headers = call.context().headers();
        if headers.text("seen-by") != Some("outer") {
            return Err(Fault::new(FaultCode::Internal, "the order of layers is wrong"));
        }
        if headers.text("token") != Some("good") {
            return Err(Fault::new(FaultCode::Unauthorized, "no token"));
        }
        next.run(call).await
    }
    let vhost = Vhost::create().await;
    let server = Server::new()
        .service(FibServer::new(Fibonacci))
        .layer(middleware::from_fn(outer))
        .layer(middleware::from_fn(inner));
    let _server = start(server, &vhost).await;
    let fib = FibClient::new(connect(&vhost).await);

    assert_eq!(fib.whoami().header("token", "good").await.unwrap(), "-/-");
    let refused = fault(fib.whoami().await);
    assert_eq!((refused.code(), refused.execution()), (&FaultCode::Unauthorized, Execution::Never));
    assert!(!refused.is_retryable());
}

/// Panics before it returns a future.
struct Trap;

impl tower_layer::Layer<amqp_rpc::middleware::BoxService> for Trap {
    type Service = Trap;

    fn layer(&self, _: amqp_rpc::middleware::BoxService) -> Trap {
        Trap
    }
}

impl amqp_rpc::middleware::RpcService for Trap {
    #[allow(unreachable_code, reason = "a panic is what it is for")]
    fn call(&self, _: IncomingCall) -> impl Future<Output = Result<Reply, Fault>> + Send {
        panic!("expected by the test");
        std::future::pending()
    }
}

#[tokio::test]
async fn a_layer_that_panics_before_its_future_is_answered_too() {
    let vhost = Vhost::create().await;
    let _server = start(Server::new().service(FibServer::new(Fibonacci)).layer(Trap), &vhost).await;
    let fault = fault(FibClient::new(connect(&vhost).await).compute(1).await);
    assert_eq!(fault.code(), &FaultCode::Panicked);
}

#[tokio::test]
async fn a_panic_in_middleware_is_answered_too() {
    async fn broken(_: IncomingCall, _: Next) -> Result<Reply, Fault> {
        panic!("expected by the test")
    }
    let vhost = Vhost::create().await;
    let _server =
        start(Server::new().service(FibServer::new(Fibonacci)).layer(middleware::from_fn(broken)), &vhost)
            .await;
    let fib = FibClient::new(connect(&vhost).await);
    let fault = fault(within("the answer", fib.compute(1).timeout(Duration::from_secs(30))).await);
    assert_eq!(fault.code(), &FaultCode::Panicked);
    assert!(fault.is_retryable(), "compute is declared idempotent");
}
