//! The broker hands a partition over when nothing of it runs any more, or to one who has a greater token.

use amqp_rpc::{CallError, RunningServer, contract::NoError};
use futures_util::future::join_all;
use tokio::task::JoinHandle;

use super::{Host, VmsClient};
use crate::{
    services::{connect, until_connecting},
    support::{Proxy, Vhost, await_until, within},
};

async fn token(vms: &VmsClient, id: u64) -> u64 {
    within("a call", vms.look(id))
        .await
        .expect("it is served")
        .1
        .expect("the method is locked in the cluster")
}

async fn stop(server: RunningServer) {
    let report = within("the shutdown", server.shutdown()).await.expect("it drains");
    assert!(report.abandoned.is_empty(), "{report:?}");
}

/// A server that runs a call of key 7, and one that waits for its partition.
struct Handover {
    vhost: Vhost,
    vms: VmsClient,
    first: Host,
    second: Host,
    running: JoinHandle<Result<u64, CallError<NoError>>>,
    _next: RunningServer,
}

impl Handover {
    /// Returns the holder, too.
    async fn begin() -> (Self, RunningServer) {
        let vhost = Vhost::create().await;
        let (first, second) = (Host::new(), Host::new());
        let holder = first.serve(vhost.uri()).await;
        let vms = VmsClient::new(connect(&vhost).await);
        let running = tokio::spawn(vms.start(7));
        first.gate.until_running(1).await;
        let _next = second.serve(vhost.uri()).await;
        (Self { vhost, vms, first, second, running, _next }, holder)
    }

    /// Waits until the holder takes nothing new of its queue without a lock: it drains.
    async fn until_draining(&self) {
        await_until("the holder drains", || async { self.vhost.existing_queue("vms").await.consumers == 1 })
            .await;
    }

    /// Waits until a second request of the partition was delivered.
    async fn until_second_is_delivered(&self) {
        let partition = || self.vhost.existing_queue("vms.lock.2-of-4");
        await_until("the second call was delivered", || async { partition().await.unacked == 2 }).await;
    }
}

#[tokio::test]
async fn the_token_stays_while_one_server_holds_a_partition_and_grows_when_it_is_handed_over() {
    let vhost = Vhost::create().await;
    let vms = VmsClient::new(connect(&vhost).await);
    let mut server = Host::new().serve(vhost.uri()).await;
    let mut last = 0;
    for _ in 0..4 {
        let held = token(&vms, 7).await;
        assert!(held > last, "{held} after {last}");
        assert_eq!(token(&vms, 7).await, held);
        let next = Host::new().serve(vhost.uri()).await;
        assert_eq!(token(&vms, 7).await, held, "a server that waits changes nothing");
        stop(std::mem::replace(&mut server, next)).await;
        last = held;
    }
}

#[tokio::test]
async fn a_server_that_stops_hands_over_when_its_calls_have_ended() {
    let (mut scene, holder) = Handover::begin().await;
    let stopping = tokio::spawn(stop(holder));
    scene.until_draining().await;
    let waiting = tokio::spawn(scene.vms.start(7));
    scene.until_second_is_delivered().await;
    let Handover { first, second, running, .. } = &mut scene;
    assert_eq!((first.gate.started(), second.gate.started()), (1, 0));
    first.gate.open_for(1);
    let before = within("the first call", running).await.unwrap().unwrap();
    within("the shutdown", stopping).await.unwrap();
    second.gate.open_for(1);
    let after = within("the second call", waiting).await.unwrap().unwrap();
    assert!(after > before);
    assert_eq!((first.gate.started(), second.gate.started()), (1, 1));
}

#[tokio::test]
async fn a_call_that_runs_at_most_once_and_did_not_start_goes_to_the_next_server() {
    let (mut scene, holder) = Handover::begin().await;
    let stopping = tokio::spawn(stop(holder));
    scene.until_draining().await;
    let waiting = tokio::spawn(scene.vms.resize(7));
    scene.until_second_is_delivered().await;
    let Handover { first, second, running, .. } = &mut scene;
    first.gate.open_for(1);
    within("the first call", running).await.unwrap().unwrap();
    within("the shutdown", stopping).await.unwrap();
    second.gate.open_for(1);
    assert_eq!(within("the second call", waiting).await.unwrap().unwrap(), 7);
}

#[tokio::test]
async fn notifications_that_run_at_most_once_and_did_not_start_go_to_the_next_server() {
    for removes in [false, true] {
        let vhost = Vhost::create().await;
        let (first, second) = (Host::new(), Host::new());
        let holder = first.serve(vhost.uri()).await;
        let vms = VmsClient::new(connect(&vhost).await);
        let running = tokio::spawn(vms.start(7));
        first.gate.until_running(1).await;
        within("a notification", vms.erase(7, 1)).await.unwrap();
        await_until("it is parked", || async { holder.stats().parked_calls == 1 }).await;
        let _next = second.serve(vhost.uri()).await;
        let stopping = tokio::spawn(async move {
            if removes {
                holder.remove("vms").await.expect("it is served");
                // Its connection stays.
                return Some(holder);
            }
            holder.shutdown().await.expect("it drains");
            None
        });
        await_until("the holder drains", || async { vhost.existing_queue("vms").await.consumers == 1 }).await;
        within("a notification", vms.erase(7, 2)).await.unwrap();
        let partition = || vhost.existing_queue("vms.lock.2-of-4");
        await_until("it was delivered", || async { partition().await.unacked == 3 }).await;
        second.gate.open_for(2);
        first.gate.open_for(1);
        within("the first call", running).await.unwrap().unwrap();
        let _connected = within("the end of the holder", stopping).await.unwrap();
        await_until("both have run", || async { second.steps().len() == 2 }).await;
        await_until("all is settled", || async { partition().await.is_settled() }).await;
        let mut steps = second.steps();
        steps.sort_unstable();
        assert_eq!((first.steps(), steps), (vec![], vec![1, 2]));
        assert_eq!(vhost.existing_queue("vms.dead").await.ready, 0);
    }
}

#[tokio::test]
async fn calls_that_wait_for_their_key_when_their_server_stops_run_on_the_next_one() {
    for removes in [false, true] {
        let vhost = Vhost::create().await;
        let (first, second) = (Host::new(), Host::new());
        let holder = first.serve(vhost.uri()).await;
        let vms = VmsClient::new(connect(&vhost).await);
        let running = tokio::spawn(vms.start(7));
        first.gate.until_running(1).await;
        let (parked, once) = (tokio::spawn(vms.start(7)), tokio::spawn(vms.resize(7)));
        await_until("both are parked", || async { holder.stats().parked_calls == 2 }).await;
        let _next = second.serve(vhost.uri()).await;
        let stopping = tokio::spawn(async move {
            let report = if removes {
                holder.remove("vms").await.expect("it is served")
            } else {
                holder.shutdown().await.expect("it drains")
            };
            assert!(report.abandoned.is_empty(), "{report:?}");
        });
        await_until("the holder drains", || async { vhost.existing_queue("vms").await.consumers == 1 }).await;
        first.gate.open_for(3);
        within("the first call", running).await.unwrap().unwrap();
        within("the end of the holder", stopping).await.unwrap();
        second.gate.open_for(2);
        within("the parked call", parked).await.unwrap().unwrap();
        assert_eq!(within("that which runs once", once).await.unwrap().unwrap(), 7);
        assert_eq!((first.gate.started(), second.gate.started()), (1, 2));
    }
}

#[tokio::test]
async fn a_removed_service_hands_its_partitions_over() {
    let (mut scene, holder) = Handover::begin().await;
    let removal = tokio::spawn(async move { (holder.remove("vms").await, holder) });
    scene.until_draining().await;
    let waiting = tokio::spawn(scene.vms.start(7));
    scene.until_second_is_delivered().await;
    let Handover { first, second, running, .. } = &mut scene;
    assert_eq!(second.gate.started(), 0);
    first.gate.open_for(1);
    let before = within("the first call", running).await.unwrap().unwrap();
    let (removed, _holder) = within("the removal", removal).await.unwrap();
    assert!(removed.unwrap().abandoned.is_empty());
    second.gate.open_for(1);
    assert!(within("the second call", waiting).await.unwrap().unwrap() > before);
}

#[tokio::test]
async fn a_lost_connection_cancels_the_calls_and_the_next_server_has_them_in_order() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let (first, second) = (Host::new(), Host::new());
    let holder = first.serve(proxy.uri()).await;
    let vms = VmsClient::new(connect(&vhost).await);
    for step in 0..5 {
        within("a notification", vms.stop(7, step)).await.unwrap();
    }
    first.gate.until_started(1).await;
    let _next = second.serve(vhost.uri()).await;
    proxy.refuse(true);
    proxy.cut();
    until_connecting(&holder).await;
    first.gate.until_running(0).await;
    second.gate.open_for(5);
    await_until("all have run", || async { second.steps().len() == 5 }).await;
    assert_eq!(second.steps(), [0, 1, 2, 3, 4]);
    await_until("all is settled", || async { vhost.existing_queue("vms.lock.2-of-4").await.is_settled() })
        .await;
}

#[tokio::test]
async fn calls_are_cancelled_when_the_broker_cancels_their_consumer() {
    let vhost = Vhost::create().await;
    let host = Host::new();
    let _server = host.serve(vhost.uri()).await;
    let vms = VmsClient::new(connect(&vhost).await);
    let before = token(&vms, 7).await;
    let lost = tokio::spawn(vms.start(7));
    let other = tokio::spawn(vms.start(8));
    host.gate.until_running(2).await;
    vhost.delete_queue("vms.lock.2-of-4").await;
    host.gate.until_running(1).await;
    // The queue is declared again, and the lock is another one.
    await_until("the partition is served again", || async {
        vhost.queue("vms.lock.2-of-4").await.is_some_and(|queue| queue.consumers == 1)
    })
    .await;
    assert!(token(&vms, 7).await > before);
    host.gate.open_for(1);
    within("the call of another partition", other).await.unwrap().unwrap();
    lost.abort();
}

#[tokio::test]
async fn different_keys_run_at_the_same_time() {
    let vhost = Vhost::create().await;
    let host = Host::new();
    let _server = host.serve(vhost.uri()).await;
    let vms = VmsClient::new(connect(&vhost).await);
    let calls: Vec<_> = (0..20).map(|id| tokio::spawn(vms.start(id))).collect();
    host.gate.until_running(20).await;
    host.gate.open_for(20);
    for call in within("all calls", join_all(calls)).await {
        call.unwrap().unwrap();
    }
}
