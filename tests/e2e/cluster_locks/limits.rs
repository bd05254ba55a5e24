//! The limits and types of partitions are those of their queue; what they cannot have is refused.

use amqp_rpc::{
    CallError, Client, FaultCode, Server,
    server::{QueueOptions, QueueType},
};
use futures_util::future::join_all;

use super::{Host, VmsClient, VmsServer};
use crate::{
    services::connect,
    support::{Vhost, within},
};

#[tokio::test]
async fn a_full_partition_is_overloaded_at_once() {
    let vhost = Vhost::create().await;
    let host = Host::new();
    let server = Server::new()
        .queue_options(QueueOptions::new().max_length(1))
        .concurrency(1)
        .max_parked(0)
        .service(VmsServer::new(host.clone()));
    let _server = within("the server", server.start(vhost.uri())).await.unwrap();
    let vms = VmsClient::new(connect(&vhost).await);
    let running = tokio::spawn(vms.start(7));
    host.gate.until_running(1).await;
    let calls = join_all((0..4).map(|_| vms.start(7)));
    let calls = tokio::spawn(calls);
    let other = tokio::spawn(vms.start(8));
    host.gate.until_started(2).await;
    host.gate.open_for(10);
    let results = within("the calls", calls).await.unwrap();
    let is_full = |error: &CallError<_>| matches!(error, CallError::Fault(fault) if *fault.code() == FaultCode::Overloaded);
    let refused = results.iter().filter(|result| result.as_ref().is_err_and(is_full)).count();
    assert_eq!((refused, results.len() - refused), (3, 1), "{results:?}");
    within("the first", running).await.unwrap().unwrap();
    within("that of another partition", other).await.unwrap().unwrap();
}

#[tokio::test]
async fn partitions_may_be_quorum_queues() {
    let vhost = Vhost::create().await;
    let server = || {
        let options = QueueOptions::new().queue_type(QueueType::Quorum);
        Server::new().queue_options(options).service(VmsServer::new(Host::new()))
    };
    let first = within("the first server", server().start(vhost.uri())).await.unwrap();
    let vms = VmsClient::new(connect(&vhost).await);
    let before = within("a call", vms.look(7)).await.unwrap().1;
    let _second = within("the second server", server().start(vhost.uri())).await.unwrap();
    within("its end", first.shutdown()).await.unwrap();
    assert!(within("a call", vms.look(7)).await.unwrap().1 > before);
}

#[tokio::test]
async fn calls_of_partitions_share_no_message() {
    let vhost = Vhost::create().await;
    let server = Server::new().coalesce(64).service(VmsServer::new(Host::new()));
    let _server = within("the server", server.start(vhost.uri())).await.unwrap();
    let client = Client::builder().coalesce(64).connect(vhost.uri());
    let vms = VmsClient::new(within("the client", client).await.unwrap());
    for _ in 0..3 {
        for result in within("the calls", join_all((0..50).map(|id| vms.look(id)))).await {
            result.unwrap();
        }
    }
}
