//! RabbitMQ 3.10 and 4.0 do not mark redeliveries on a queue in which transient messages waited during a restart:
//! `tests/interop/unmarked_redeliveries.py`.

use std::time::Duration;

use amqp_rpc::{CallError, FaultCode, Server};
use lapin::BasicProperties;

use crate::{
    services::{GateClient, GateServer, Gatekeeper, connect, serve_gate, until_epoch},
    support::{Need, PrivateNode, Proxy, RawPeer, await_until, is_left_out_without, within},
};

#[tokio::test]
#[ignore = "needs RabbitMQ: scripts/test.sh"]
async fn what_was_begun_does_not_run_again_though_the_broker_does_not_mark_it() {
    if is_left_out_without(Need::PrivateNodes) {
        return;
    }
    let node = PrivateNode::start().await;
    let vhost = node.vhost().await;
    let gate = Gatekeeper::closed();
    serve_gate(&vhost, &gate, 4).await.shutdown().await.expect("it ends");
    let peer = RawPeer::connect(&vhost.uri()).await;
    for _ in 0..2 {
        peer.publish("amqp-rpc", "gate.echo", BasicProperties::default(), b"{\"tag\":1}").await;
    }
    await_until("they wait", || async { vhost.existing_queue("gate").await.ready == 2 }).await;
    node.node().stop_app().await;
    node.node().start_app().await;

    let proxy = Proxy::start(&vhost.uri()).await;
    let server = Server::new().service(GateServer::new(gate.clone())).start(proxy.uri()).await;
    let server = server.expect("it starts");
    let gates = GateClient::new(connect(&vhost).await);
    let call = tokio::spawn(gates.pass_once(9).timeout(Duration::from_secs(60)));
    gate.until_running(1).await;
    proxy.cut();
    until_epoch(&server, 2).await;
    let error = within("the answer", call).await.expect("it ends").expect_err("it may have run");
    assert!(
        matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::MaybeExecuted),
        "{error:?}"
    );
    assert_eq!(gate.started(), 1);
}
