//! Calls inside of calls end early enough for the method to say what it makes of it.

use std::time::Duration;

use amqp_rpc::{CallError, Client, Server, rpc_service};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};

use crate::{
    services::{GateClient, Gatekeeper, connect, serve_gate, start},
    support::{Vhost, within},
};

#[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("the gate is closed")]
struct GateIsClosed;

#[rpc_service]
trait Front {
    async fn pass(&self) -> Result<u64, GateIsClosed>;
}

/// Waits for a gate that does not open, and tells its caller that.
struct Desk(GateClient);

impl Front for Desk {
    async fn pass(&self) -> Result<u64, GateIsClosed> {
        match self.0.pass(1).await {
            Ok(tag) => Ok(tag),
            Err(CallError::Timeout(timeout)) if timeout.is_inherited() => Err(GateIsClosed),
            Err(error) => panic!("{error}"),
        }
    }
}

async fn outcomes(
    vhost: &Vhost,
    inner: Client,
    timeout: Duration,
) -> Vec<Result<u64, CallError<GateIsClosed>>> {
    let gate = Gatekeeper::closed();
    let _gate = serve_gate(vhost, &gate, 64).await;
    let _front = start(Server::new().service(FrontServer::new(Desk(GateClient::new(inner)))), vhost).await;
    let front = FrontClient::new(connect(vhost).await);
    let calls = join_all((0..10).map(|_| front.pass().timeout(timeout)));
    within("the outcomes", calls).await
}

#[tokio::test]
async fn a_method_whose_call_ran_out_of_time_answers_before_its_caller_gives_up() {
    for timeout in [Duration::from_secs(1), Duration::from_secs(4)] {
        let vhost = Vhost::create().await;
        let inner = connect(&vhost).await;
        for outcome in outcomes(&vhost, inner, timeout).await {
            assert!(matches!(&outcome, Err(CallError::Method(GateIsClosed))), "{timeout:?}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn the_margin_of_a_client_is_kept() {
    let vhost = Vhost::create().await;
    let margin = Duration::from_secs(60);
    let inner = Client::builder().deadline_margin(margin).connect(vhost.uri()).await.unwrap();
    let started = std::time::Instant::now();
    for outcome in outcomes(&vhost, inner.clone(), Duration::from_secs(30)).await {
        assert!(matches!(&outcome, Err(CallError::Method(GateIsClosed))), "{outcome:?}");
    }
    assert!(started.elapsed() < Duration::from_secs(20), "no time is left, so that nothing is sent");
    assert_eq!(inner.stats().in_flight, 0);
}
