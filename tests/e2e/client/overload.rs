//! The limit of calls in flight: further calls wait, within their timeout, and then fail unsent.

use std::{sync::Arc, time::Duration};

use amqp_rpc::{
    CallError, Client, Execution,
    error::{ConnectError, Phase},
};
use futures_util::FutureExt;

use crate::{
    services::{GateClient, Gatekeeper, serve_gate},
    support::{Vhost, await_until, within},
};

async fn client_with_slots(vhost: &Vhost, slots: usize) -> Client {
    let client = Client::builder().max_in_flight(slots).timeout(Duration::from_secs(30)).connect(vhost.uri());
    client.await.expect("the client connects")
}

#[tokio::test]
async fn a_call_waits_for_a_free_slot() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 8).await;
    let client = client_with_slots(&vhost, 2).await;
    let gates = GateClient::new(client.clone());

    let calls: Vec<_> = (0..5).map(|tag| tokio::spawn(gates.pass(tag))).collect();
    gate.until_running(2).await;
    assert_eq!(client.stats().in_flight, 2);
    gate.open_for(5);
    for (tag, call) in (0..).zip(calls) {
        assert_eq!(within("the call", call).await.unwrap().unwrap(), tag);
    }
    assert_eq!(gate.most_running(), 2);
}

#[tokio::test]
async fn a_call_without_a_slot_times_out_and_never_runs() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 8).await;
    let gates = GateClient::new(client_with_slots(&vhost, 1).await);

    let holder = tokio::spawn(gates.pass(1));
    gate.until_running(1).await;
    let error = gates.pass(2).timeout(Duration::from_millis(50)).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Timeout(timeout) if timeout.phase() == Phase::WaitingToSend),
        "{error:?}"
    );
    assert_eq!(error.execution(), Execution::Never);
    assert!(error.is_retryable());

    gate.open_for(1);
    assert_eq!(holder.await.unwrap().unwrap(), 1);
    assert_eq!(gates.echo(3).await.unwrap(), 3);
    assert_eq!(gate.started(), 1, "the call that timed out was never sent");
}

#[tokio::test]
async fn a_slot_is_free_again_however_a_call_ends() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 8).await;
    let gates = GateClient::new(client_with_slots(&vhost, 1).await);

    let dropped = tokio::spawn(gates.pass(1));
    gate.until_running(1).await;
    dropped.abort();
    gates.pass(2).timeout(Duration::from_millis(20)).await.unwrap_err();
    gates.panic("expected by the test".into()).await.unwrap_err();
    assert_eq!(within("a free slot", gates.echo(3)).await.unwrap(), 3);
}

#[tokio::test]
async fn waiting_calls_fail_at_once_when_the_client_is_closed() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 8).await;
    let client = client_with_slots(&vhost, 1).await;
    let gates = GateClient::new(client.clone());

    let sent = tokio::spawn(gates.pass(1));
    gate.until_running(1).await;
    let mut waiting = gates.pass(2);
    assert!((&mut waiting).now_or_never().is_none());
    within("the close", client.close()).await;

    let error = within("the waiting call", waiting).await.unwrap_err();
    assert!(matches!(error, CallError::Closed), "{error:?}");
    let error = within("the call that was sent", sent).await.unwrap().unwrap_err();
    assert!(matches!(&error, CallError::Disconnected(lost) if lost.phase() == Phase::Sent), "{error:?}");
    assert_eq!(error.execution(), Execution::Unknown);
}

#[tokio::test]
async fn the_limit_of_calls_in_flight_is_at_least_one_and_fits_a_call_number() {
    let vhost = Vhost::create().await;
    for slots in [0, (1 << 23) + 1] {
        let error = Client::builder().max_in_flight(slots).connect(vhost.uri()).await.unwrap_err();
        assert!(
            matches!(&error, ConnectError::InvalidOption(text) if text.contains("max_in_flight")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_thousand_waiting_calls_all_get_their_turn() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 8).await;
    let client = Arc::new(client_with_slots(&vhost, 3).await);
    let gates = GateClient::new(Client::clone(&client));

    let calls: Vec<_> = (0..1000).map(|tag| tokio::spawn(gates.echo(tag))).collect();
    for (tag, call) in (0..).zip(calls) {
        assert_eq!(within("the call", call).await.unwrap().unwrap(), tag);
    }
    await_until("no call is in flight", || async { client.stats().in_flight == 0 }).await;
}
