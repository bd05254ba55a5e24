//! Panics of the method, malformed messages, and requests without reply address.

use amqp_rpc::{CallError, Execution, FaultCode};
use lapin::BasicProperties;

use crate::{
    services::{GateClient, Gatekeeper, connect, serve_gate},
    support::{RawPeer, Vhost, await_until, within},
    tutorial::{TutorialClient, seed_shape, serve_tutorial},
};

#[tokio::test]
async fn a_panic_of_the_method_reaches_the_caller_and_the_request_is_settled() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    // One at a time: a request that stays unsettled would block the next.
    let _server = serve_gate(&vhost, &gate, 1).await;
    let gates = GateClient::new(connect(&vhost).await);

    for _ in 0..3 {
        let error = within("the fault", gates.panic("the test's secret".into())).await.unwrap_err();
        match &error {
            CallError::Fault(fault) => {
                assert_eq!(fault.code(), &FaultCode::Panicked);
                assert!(!fault.message().contains("secret"), "panic texts stay with the server: {fault}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(error.execution(), Execution::Unknown);
    }
    assert_eq!(within("the next call", gates.echo(1)).await.unwrap(), 1);
    await_until("all is settled", || async { vhost.existing_queue("gate").await.is_settled() }).await;
}

#[tokio::test]
async fn a_body_that_is_no_number_is_refused_before_the_method_runs() {
    let vhost = Vhost::create().await;
    let _server = serve_tutorial(&vhost, seed_shape()).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;

    // The tutorial's own server dies of the first, and again of its redelivery.
    for body in [&b"x"[..], b"", b"-1", b"1e3", b"\xff\xfe", b"99999999999999999999999", b"\"30\"", b"30x"] {
        let request = BasicProperties::default().with_reply_to(replies.queue().into());
        peer.publish("", "rpc_queue", request, body).await;
        let reply = replies.next().await;
        assert_eq!(
            (reply.kind(), reply.json()["code"].as_str()),
            (Some("fault"), Some("bad_request")),
            "{body:?}"
        );
    }
    assert_eq!(TutorialClient::new(connect(&vhost).await).fib(30).await.unwrap(), 832_040);
    await_until("all is settled", || async { vhost.existing_queue("rpc_queue").await.is_settled() }).await;
}

#[tokio::test]
async fn a_request_without_reply_address_is_run_and_settled() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 1).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    for reply_to in [None, Some("")] {
        let request = BasicProperties::default();
        let request = reply_to.map_or(request.clone(), |address: &str| request.with_reply_to(address.into()));
        peer.publish("amqp-rpc", "gate.pass", request, b"{\"tag\":1}").await;
    }
    gate.open_for(2);
    gate.until_started(2).await;

    assert_eq!(GateClient::new(connect(&vhost).await).echo(2).await.unwrap(), 2);
    await_until("all is settled", || async { vhost.existing_queue("gate").await.is_settled() }).await;
    assert_eq!(vhost.existing_queue("gate.dead").await.ready, 0, "what succeeded is no dead letter");
}
