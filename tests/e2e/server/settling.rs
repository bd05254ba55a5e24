//! Settling: every delivery once, independently of other deliveries, and without an unwanted second run.

use std::{collections::BTreeSet, time::Duration};

use amqp_rpc::{CallError, Client, Execution, FaultCode, Server};
use lapin::BasicProperties;

use crate::{
    services::{GateClient, GateServer, Gatekeeper, connect, serve_gate, until_connecting},
    support::{Proxy, QueueState, RawPeer, Said, Vhost, await_until, until_expired, within},
};

async fn await_settled(vhost: &Vhost, queue: &str) {
    await_until("everything is settled", || async { vhost.existing_queue(queue).await.is_settled() }).await;
}

#[tokio::test]
async fn one_slow_call_among_hundreds_holds_back_no_acknowledgement() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    // With a window of four, three unacknowledged neighbours of the slow call would stop everything.
    let _server = serve_gate(&vhost, &gate, 4).await;
    let gates = GateClient::new(connect(&vhost).await);
    let slow = tokio::spawn(gates.pass(0));
    gate.until_running(1).await;

    let quick: Vec<_> = (1..400).map(|tag| tokio::spawn(gates.echo(tag))).collect();
    for (tag, call) in (1..).zip(quick) {
        assert_eq!(within("a quick call", call).await.unwrap().unwrap(), tag);
    }
    await_until("only the slow call is unacknowledged", || async {
        vhost.existing_queue("gate").await == QueueState { ready: 0, unacked: 1, consumers: 1 }
    })
    .await;
    gate.open_for(1);
    assert_eq!(slow.await.unwrap().unwrap(), 0);
    await_settled(&vhost, "gate").await;
}

#[tokio::test]
async fn no_batch_acknowledges_a_request_before_its_reply_is_written() {
    const CALLS: usize = 3000;
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let server = Server::new().service(GateServer::new(Gatekeeper::closed())).start(proxy.uri());
    let server = within("the server", server).await.unwrap();
    let gates = GateClient::new(connect(&vhost).await);
    let calls: Vec<_> = (0..CALLS as u64).map(|tag| tokio::spawn(gates.echo(tag))).collect();
    for call in calls {
        within("the call", call).await.unwrap().unwrap();
    }
    within("the shutdown", server.shutdown()).await.unwrap();

    // An acknowledgement never covers more requests than replies were written before it.
    let (mut replies, mut unacked) = (0, (1..=CALLS as u64).collect::<BTreeSet<_>>());
    for said in proxy.replies_and_acks() {
        match said {
            Said::Reply => replies += 1,
            Said::Ack { tag, multiple } => {
                assert!(unacked.remove(&tag), "{tag} was acknowledged twice");
                if multiple {
                    unacked = unacked.split_off(&tag);
                }
                assert!(CALLS - unacked.len() <= replies, "an acknowledgement came before its reply");
            }
        }
    }
    assert_eq!((replies, unacked.len()), (CALLS, 0));
}

/// A server behind a proxy, which cuts its connection.
async fn serve_gate_by_proxy(vhost: &Vhost, gate: &Gatekeeper) -> (amqp_rpc::RunningServer, Proxy) {
    let proxy = Proxy::start(&vhost.uri()).await;
    let lost =
        Server::new().service(GateServer::new(gate.clone())).start(proxy.uri()).await.expect("it starts");
    (lost, proxy)
}

#[tokio::test]
async fn a_lost_server_s_request_is_answered_by_another() {
    let vhost = Vhost::create().await;
    let (first_gate, second_gate) = (Gatekeeper::closed(), Gatekeeper::closed());
    let (lost, proxy) = serve_gate_by_proxy(&vhost, &first_gate).await;
    let client = connect(&vhost).await;
    let call = tokio::spawn(GateClient::new(client.clone()).pass(9));
    first_gate.until_running(1).await;
    proxy.refuse(true);
    proxy.cut();
    until_connecting(&lost).await;

    second_gate.open_for(1);
    let _second = serve_gate(&vhost, &second_gate, 4).await;
    assert_eq!(within("the other server's answer", call).await.unwrap().unwrap(), 9);
    assert_eq!((first_gate.started(), second_gate.started()), (1, 1));
    await_settled(&vhost, "gate").await;
    assert_eq!(client.stats().late_replies, 0, "exactly one answer came");
}

#[tokio::test]
async fn an_at_most_once_method_does_not_run_again() {
    let vhost = Vhost::create().await;
    let (first_gate, second_gate) = (Gatekeeper::closed(), Gatekeeper::closed());
    let (lost, proxy) = serve_gate_by_proxy(&vhost, &first_gate).await;
    let call = tokio::spawn(GateClient::new(connect(&vhost).await).pass_once(9));
    first_gate.until_running(1).await;
    proxy.refuse(true);
    proxy.cut();
    until_connecting(&lost).await;

    second_gate.open_for(1);
    let _second = serve_gate(&vhost, &second_gate, 4).await;
    let error = within("the answer", call).await.unwrap().unwrap_err();
    assert!(
        matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::MaybeExecuted),
        "{error:?}"
    );
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Unknown, false));
    assert_eq!(second_gate.started(), 0);
    await_settled(&vhost, "gate").await;
}

#[tokio::test]
async fn expired_requests_leave_nothing_behind() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = serve_gate(&vhost, &gate, 1).await;
    let client = Client::builder().timeout(Duration::from_millis(300)).connect(vhost.uri()).await.unwrap();
    let gates = GateClient::new(client);
    // One request runs, the others expire in the queue behind it.
    let holder = tokio::spawn(gates.pass(0).timeout(Duration::from_secs(30)));
    gate.until_running(1).await;
    let expiring: Vec<_> = (1..20).map(|tag| tokio::spawn(gates.pass(tag))).collect();
    for call in expiring {
        let error = within("the timeout", call).await.unwrap().unwrap_err();
        assert!(matches!(error, CallError::Timeout(_)), "{error:?}");
    }
    // The time to live starts when the broker gets the request, some time after the call began.
    until_expired(&vhost, "gate", Duration::from_millis(300)).await;
    gate.open_for(20);
    holder.await.unwrap().unwrap();
    await_settled(&vhost, "gate").await;
    assert_eq!(gate.started(), 1, "an abandoned request is not run");
    assert!(server.shutdown().await.unwrap().is_clean());
    assert_eq!(vhost.existing_queue("gate.dead").await.ready, 0);
}

#[tokio::test]
async fn a_failure_without_a_caller_goes_to_the_dead_letters() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 4).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let nobody = BasicProperties::default;

    peer.publish("amqp-rpc", "gate.echo", nobody(), br#"{"tag":1}"#).await;
    peer.publish("amqp-rpc", "gate.panic", nobody(), br#"{"message":"expected by the test"}"#).await;
    peer.publish("amqp-rpc", "gate.echo", nobody(), b"not json").await;
    await_until("both failures are dead letters", || async {
        vhost.existing_queue("gate.dead").await.ready == 2
    })
    .await;
    await_settled(&vhost, "gate").await;
    let keys = [peer.get("gate.dead").await, peer.get("gate.dead").await]
        .map(|letter| letter.and_then(|letter| letter.text_header("x-amqp-rpc-routing-key")));
    assert!(
        keys.contains(&Some("gate.panic".into())) && keys.contains(&Some("gate.echo".into())),
        "{keys:?}"
    );
}

#[tokio::test]
async fn a_reply_to_a_closed_client_harms_nothing() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 4).await;
    let gone = connect(&vhost).await;
    let call = tokio::spawn(GateClient::new(gone.clone()).pass(1));
    gate.until_running(1).await;
    gone.close().await;
    call.await.unwrap().unwrap_err();

    gate.open_for(1);
    await_settled(&vhost, "gate").await;
    assert_eq!(GateClient::new(connect(&vhost).await).echo(2).await.unwrap(), 2);
    assert_eq!(vhost.existing_queue("gate.dead").await.ready, 0, "the method succeeded");
}
