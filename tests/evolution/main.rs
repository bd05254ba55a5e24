//! How a contract changes: a client of one version calls a server of the other, in both directions. Each line
//! of docs/evolution.md has its test here.
#![allow(missing_docs, reason = "contracts of tests")]

mod kinds;
mod methods;
mod parameters;
mod results;

use std::{error::Error, future::Future, time::Duration};

use amqp_rpc::{CallError, Client, Execution, FaultCode, RunningServer, Server};
use amqp_rpc_broker::Broker;

/// A broker, a server of one version of a contract, and a client for the other.
struct Versions {
    broker: Broker,
    server: RunningServer,
    client: Client,
}

async fn serve(server: Server) -> Versions {
    let broker = Broker::start().await.expect("the loopback has a free port");
    let server = server.start(broker.uri()).await.expect("it starts");
    let client = Client::builder().timeout(Duration::from_secs(20)).connect(broker.uri()).await;
    Versions { broker, server, client: client.expect("it connects") }
}

async fn ok<T, E: Error>(call: impl Future<Output = Result<T, CallError<E>>>) -> T {
    call.await.unwrap_or_else(|error| panic!("the other version does not understand it: {error}"))
}

/// What the caller learns of a request that the server refuses: nothing ran.
async fn refused<T, E: Error>(call: impl Future<Output = Result<T, CallError<E>>>) -> (FaultCode, String) {
    let Err(error) = call.await else { panic!("the other version understands it") };
    assert_eq!(error.execution(), Execution::Never, "{error}");
    let CallError::Fault(fault) = error else { panic!("{error}") };
    (fault.code().clone(), fault.to_string())
}

/// The text of a reply that the client cannot read: the method ran.
async fn unreadable<T, E: Error>(call: impl Future<Output = Result<T, CallError<E>>>) -> String {
    let Err(error) = call.await else { panic!("it is read") };
    assert!(matches!(error, CallError::Decode(_)), "{error}");
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Completed, false));
    error.to_string()
}
