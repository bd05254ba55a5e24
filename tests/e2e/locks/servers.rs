//! Locks of several servers and services, and of those that come and go.

use amqp_rpc::{
    Client, Server,
    contract::{ServeFuture, Service, ServiceDef},
    middleware::IncomingCall,
    server::{Declare, Locks, ServiceOptions},
};
use futures_util::future::{join, join_all};

use super::{ClustersClient, ClustersServer, Operator};
use crate::{
    services::{GateClient, GateServer, connect, start},
    support::{Vhost, await_until, intervals::overlaps, within},
};

#[tokio::test]
async fn servers_of_one_process_exclude_each_other_if_they_share_locks_and_else_do_not() {
    for shared in [true, false] {
        let (first, second) = (Vhost::create().await, Vhost::create().await);
        let operator = Operator::new();
        let (ours, theirs) = (Locks::new(), Locks::new());
        let _one = start(operator.server().locks(&ours), &first).await;
        let two = operator.server().locks(if shared { &ours } else { &theirs });
        let two = start(two, &second).await;
        let one_s = tokio::spawn(ClustersClient::new(connect(&first).await).start(1, 1));
        operator.gate.until_running(1).await;
        let two_s = tokio::spawn(ClustersClient::new(connect(&second).await).start(1, 2));
        if shared {
            await_until("it is parked", || async { two.stats().parked_calls == 1 }).await;
        } else {
            operator.gate.until_running(2).await;
        }
        operator.gate.open_for(2);
        within("the call", one_s).await.unwrap().unwrap();
        within("the call", two_s).await.unwrap().unwrap();
        assert_eq!(overlaps(&operator.intervals.all()).is_empty(), shared);
    }
}

/// Each has its own concurrency, which a lock that comes from the other must not exceed.
#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_another_queue_hands_over_does_not_exceed_the_concurrency_of_this_one() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let options = ServiceOptions::new().queue_of("clusters.stop", "stops");
    let server = Server::new().service_with(ClustersServer::new(operator.clone()), options).concurrency(1);
    let server = start(server, &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    let starts = tokio::spawn(clusters.start(1, 1));
    operator.gate.until_running(1).await;
    let parked = tokio::spawn(clusters.stop(1, 2));
    await_until("it is parked", || async { server.stats().parked_calls == 1 }).await;
    let plain = tokio::spawn(clusters.stop(2, 3));
    operator.gate.until_running(2).await;
    // `start` hands its lock to the parked one, whose queue runs another call.
    operator.gate.open_for(1);
    within("the first", starts).await.unwrap().unwrap();
    for tag in 0..20 {
        within("a call of the other queue", clusters.echo(tag)).await.unwrap();
    }
    assert_eq!((operator.gate.started(), server.stats().parked_calls), (2, 1));
    operator.gate.open_for(2);
    within("the call", plain).await.unwrap().unwrap();
    within("the parked one", parked).await.unwrap().unwrap();
    // However late the lock was handed over: the queue ran one call at a time.
    let all = operator.intervals.all();
    let of = |tag| all.iter().find(|interval| interval.tag == tag).expect("it ran");
    assert!(of(3).end.expect("it has ended") <= of(2).start, "{all:?}");
    assert_eq!(overlaps(&operator.intervals.all()), []);
}

#[tokio::test]
async fn a_service_with_locks_that_joins_a_queue_at_run_time_gets_room_for_parked_calls() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let gate = crate::services::Gatekeeper::closed();
    let plain = Server::new()
        .service_with(GateServer::new(gate.clone()), ServiceOptions::new().queue("clusters"))
        .concurrency(3);
    let server = start(plain, &vhost).await;
    let gates = GateClient::new(connect(&vhost).await);
    let running = tokio::spawn(gates.pass(1));
    gate.until_running(1).await;
    within("the addition", server.add(ClustersServer::new(operator.clone()))).await.unwrap();
    let clusters = ClustersClient::new(connect(&vhost).await);
    let locked = tokio::spawn(join_all((0..10).map(|tag| clusters.start(1, tag))));
    await_until("nine are parked", || async { server.stats().parked_calls == 9 }).await;
    gate.open_for(1);
    within("what ran before", running).await.unwrap().unwrap();
    within("a call without a lock", gates.echo(1)).await.unwrap();
    operator.gate.open_for(10);
    assert!(within("the calls", locked).await.unwrap().iter().all(Result::is_ok));
    assert_eq!(operator.intervals.order_of(1), (0..10).collect::<Vec<_>>());
    within("the removal", server.remove("clusters")).await.unwrap();
    within("a call without a lock", gates.echo(2)).await.unwrap();
}

#[tokio::test]
async fn parked_calls_have_their_turns_while_their_queue_is_gone() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    start(operator.server(), &vhost).await.shutdown().await.unwrap();
    // It waits for others to declare the queue again.
    let server = start(operator.server().concurrency(2).declare(Declare::Passive), &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    let calls = tokio::spawn(join_all((0..5).map(|tag| clusters.start(1, tag))));
    await_until("four are parked", || async { server.stats().parked_calls == 4 }).await;
    vhost.delete_queue("clusters").await;
    operator.gate.open_for(5);
    assert!(within("the calls", calls).await.unwrap().iter().all(Result::is_ok));
    assert_eq!(operator.intervals.order_of(1), [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn a_removed_service_finishes_its_parked_calls() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let gate = crate::services::Gatekeeper::closed();
    let server = operator.server().service(GateServer::new(gate.clone()));
    let server = start(server, &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    let calls = tokio::spawn(join_all((0..5).map(|tag| clusters.start(1, tag))));
    await_until("four are parked", || async { server.stats().parked_calls == 4 }).await;
    let opened = async {
        await_until("the queue is consumed no more", || async {
            vhost.existing_queue("clusters").await.consumers == 0
        })
        .await;
        assert_eq!(server.stats().parked_calls, 4);
        operator.gate.open_for(5);
    };
    let (removed, ()) = within("the removal", join(server.remove("clusters"), opened)).await;
    assert!(removed.unwrap().is_clean());
    assert!(within("the calls", calls).await.unwrap().iter().all(Result::is_ok));
    assert_eq!(overlaps(&operator.intervals.all()), []);
}

/// A service by hand around a generated one, which passes on its methods, and not what it knows of their locks.
struct Wrapped(ClustersServer<Operator>);

impl Service for Wrapped {
    const DEFINITION: &'static ServiceDef = ClustersServer::<Operator>::DEFINITION;

    fn dispatch(&self, call: IncomingCall) -> ServeFuture {
        self.0.dispatch(call)
    }
}

#[tokio::test]
async fn a_lock_that_cannot_be_kept_is_refused_at_the_start() {
    // Nothing listens on port 1: these errors need no broker.
    let wrapped = || Wrapped(ClustersServer::new(Operator::new()));
    let server = Server::new().service(wrapped()).start("amqp://127.0.0.1:1");
    let error = within("the refusal", server).await.expect_err("it is refused");
    assert!(error.to_string().contains("does not say how a request is locked"), "{error}");
    let error = Client::builder().in_process().service(wrapped()).build().expect_err("it is refused");
    assert!(error.to_string().contains("does not say how a request is locked"), "{error}");
    let server = Operator::new().server().concurrency(60_000).max_parked(10_000).start("amqp://127.0.0.1:1");
    let error = within("the refusal", server).await.expect_err("it is refused");
    assert!(error.to_string().contains("at most 65535 together"), "{error}");
}
