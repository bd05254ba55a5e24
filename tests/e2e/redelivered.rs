//! What a server may say of a request that another one had before.

use amqp_rpc::{
    CallError, Execution, Fault, FaultCode, IncomingCall, Reply, Server,
    middleware::{self, Next},
};

use crate::{
    services::{FibClient, FibServer, Fibonacci, connect, serve_fib, start},
    support::{RawPeer, Vhost, within},
};

async fn refuse_all(_call: IncomingCall, _next: Next) -> Result<Reply, Fault> {
    Err(Fault::new(FaultCode::Overloaded, "too much to do"))
}

#[tokio::test]
async fn a_server_that_refuses_a_redelivered_request_does_not_say_that_it_never_ran() {
    let vhost = Vhost::create().await;
    serve_fib(&vhost).await.shutdown().await.unwrap();
    let fib = FibClient::new(connect(&vhost).await);
    let call = tokio::spawn(fib.whoami());
    // A server that has begun with it, for all that is known, and is gone before it answers.
    let dying = RawPeer::connect(&vhost.uri()).await;
    dying.consume("fib", 1).await.next().await;
    dying.close().await;

    let _server = start(
        Server::new().service(FibServer::new(Fibonacci)).layer(middleware::from_fn(refuse_all)),
        &vhost,
    )
    .await;
    let error = within("the answer", call).await.unwrap().unwrap_err();
    assert!(
        matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::MaybeExecuted),
        "{error:?}"
    );
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Unknown, false));
    assert!(error.to_string().contains("too much to do"), "{error}");

    let error = within("the next refusal", fib.whoami()).await.unwrap_err();
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, true), "{error:?}");
}
