//! A half-open connection: the network drops everything, and only heartbeats notice.

use std::time::Duration;

use amqp_rpc::{CallError, Client, ConnectOptions, Execution, error::Phase};
use tokio::time::Instant;

use crate::{
    services::{GateClient, Gatekeeper, serve_gate},
    support::{Proxy, Vhost, within},
};

#[tokio::test]
async fn a_half_open_connection_is_noticed_within_three_heartbeats_and_replaced() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 4).await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let options =
        ConnectOptions::new(proxy.uri()).heartbeat(Duration::from_secs(1)).timeout(Duration::from_secs(2));
    let client = Client::builder().timeout(Duration::from_secs(600)).connect(options).await.unwrap();
    let gates = GateClient::new(client.clone());
    let (plain, idempotent) = (tokio::spawn(gates.pass(1)), tokio::spawn(gates.pass_idempotent(2)));
    gate.until_running(2).await;

    let stalled = Instant::now();
    proxy.stall(true);
    let error = within("the pending call to fail", plain).await.unwrap().unwrap_err();
    let noticed = stalled.elapsed();
    println!("a half-open connection was noticed after {noticed:?}, with heartbeats every second");
    assert!(noticed < Duration::from_secs(10), "{noticed:?}");
    assert!(matches!(&error, CallError::Disconnected(lost) if lost.phase() == Phase::Sent), "{error:?}");
    assert_eq!(error.execution(), Execution::Unknown);

    proxy.stall(false);
    gate.open_for(3);
    assert_eq!(within("the repetition", idempotent).await.unwrap().unwrap(), 2);
    assert!(client.state().epoch() > Some(1));
}
