//! Futures of servers.

use std::time::Duration;

use amqp_rpc::{RunningServer, Server, Subscription, error::ChangeError, rpc_service};

use super::until_ready;
use crate::{
    services::{
        FibClient, FibServer, Fibonacci, GateClient, GateServer, Gatekeeper, connect, serve_fib, start,
    },
    support::{Vhost, await_until, within},
};

#[rpc_service]
trait Weather {
    #[rpc(event)]
    async fn changed(&self, degrees: i32);
}

struct Unread;

impl Weather for Unread {
    async fn changed(&self, _degrees: i32) {}
}

/// It has kept its first connection.
fn assert_undisturbed(server: &RunningServer) {
    assert_eq!(server.state().epoch(), Some(1), "{:?}", server.state());
}

#[tokio::test]
async fn a_start_that_is_dropped_leaves_requests_where_they_are() {
    let vhost = Vhost::create().await;
    serve_fib(&vhost).await.shutdown().await.unwrap();
    let client = connect(&vhost).await;
    let waiting = FibClient::new(client.clone()).compute(10).timeout(Duration::from_secs(600));
    let waiting = tokio::spawn(waiting);
    await_until("the request waits", || async { vhost.existing_queue("fib").await.ready == 1 }).await;

    let mut running = None;
    let dropped = until_ready(async |give_up| {
        let start = Server::new().service(FibServer::new(Fibonacci)).start(vhost.uri());
        running = give_up.poll(start).await.map(Result::unwrap);
        running.is_some()
    });
    assert!(within("the start", dropped).await > 8);
    assert_eq!(within("the answer", waiting).await.unwrap().unwrap(), 55);
    await_until("two connections are left", || async { vhost.connections().await == 2 }).await;
    drop((client, running));
}

#[tokio::test]
async fn a_subscription_that_is_given_up_is_not_made() {
    let vhost = Vhost::create().await;
    let server = serve_fib(&vhost).await;
    for by in [Subscription::group("billing"), Subscription::listener()] {
        let by = by.to::<WeatherChanged>(["#"]);
        let dropped = until_ready(async |give_up| {
            let ready = give_up.poll(server.subscribe(WeatherServer::new(Unread), by.clone())).await;
            let is_ready = ready.is_some();
            if let Some(made) = ready {
                within("the end", made.unwrap().unsubscribe()).await.unwrap();
            }
            // At once, without waiting for anything.
            let again = within("the same", server.subscribe(WeatherServer::new(Unread), by.clone())).await;
            let again = again.unwrap_or_else(|error| panic!("{give_up:?}: {error}"));
            assert_eq!(server.subscriptions().len(), 1, "{give_up:?}");
            within("the end", again.unsubscribe()).await.unwrap();
            is_ready
        });
        assert!(dropped.await >= 2);
    }
    let given_up = super::GiveUp { polls: 1, when_woken: true };
    let subscribe =
        server.subscribe(WeatherServer::new(Unread), Subscription::listener().to::<WeatherChanged>(["#"]));
    assert!(given_up.poll(subscribe).await.is_none());
    await_until("it is taken back without another change", || async { server.subscriptions().is_empty() })
        .await;
    await_until("its queue is gone", || async {
        vhost.queues().await.iter().all(|queue| !queue.starts_with("amqp-rpc.events."))
    })
    .await;
    assert_undisturbed(&server);
}

#[tokio::test]
async fn a_service_whose_addition_is_given_up_is_not_served() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = serve_fib(&vhost).await;
    let client = connect(&vhost).await;
    let dropped = until_ready(async |give_up| {
        let ready = give_up.poll(server.add(GateServer::new(gate.clone()))).await;
        if let Some(added) = &ready {
            assert!(added.is_ok(), "{added:?}");
            within("the removal", server.remove("gate")).await.unwrap();
        }
        within("the same", server.add(GateServer::new(gate.clone()))).await.unwrap();
        assert_eq!(within("a call", GateClient::new(client.clone()).echo(7)).await.unwrap(), 7);
        assert_eq!(server.queues(), ["fib", "gate"], "{give_up:?}");
        within("the removal", server.remove("gate")).await.unwrap();
        let again = within("the next removal", server.remove("gate")).await;
        assert!(matches!(again, Err(ChangeError::NotServed { .. })), "{again:?}");
        ready.is_some()
    });
    assert!(dropped.await >= 2);
    assert_undisturbed(&server);
}

#[tokio::test]
async fn changes_of_topics_that_are_given_up_can_be_made_again() {
    let vhost = Vhost::create().await;
    let server = serve_fib(&vhost).await;
    let by = Subscription::group("billing").to::<WeatherChanged>(["eu.#"]);
    let subscribed = within("the group", server.subscribe(WeatherServer::new(Unread), by)).await.unwrap();
    until_ready(async |give_up| {
        let added = give_up.poll(subscribed.add::<WeatherChanged>(["us.#"])).await;
        within("the topic", subscribed.add::<WeatherChanged>(["us.#"])).await.unwrap();
        let removed = give_up.poll(subscribed.remove::<WeatherChanged>(["us.#"])).await;
        within("its end", subscribed.remove::<WeatherChanged>(["us.#"])).await.unwrap();
        added.is_some() && removed.is_some()
    })
    .await;
    until_ready(async |give_up| {
        let ended = give_up.poll(subscribed.clone().unsubscribe()).await;
        if give_up.polls == 0 {
            assert_eq!(server.subscriptions().len(), 1);
        }
        ended.is_some()
    })
    .await;
    assert_eq!(server.subscriptions().len(), 0);
    assert_undisturbed(&server);
}

#[tokio::test]
async fn a_shutdown_that_is_dropped_ends_the_server_and_requeues_its_requests() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let client = connect(&vhost).await;
    let dropped = until_ready(async |give_up| {
        let serving = Server::new().service(GateServer::new(gate.clone())).drain_timeout(Duration::ZERO);
        let server = start(serving, &vhost).await;
        let states = server.state_changes();
        let call = tokio::spawn(GateClient::new(client.clone()).pass(1));
        gate.until_running(1).await;
        let is_ready = give_up.poll(server.shutdown()).await.is_some();
        await_until("the connection ends", || async { vhost.connections().await == 1 }).await;
        assert!(states.current().is_closed(), "{give_up:?}: {:?}", states.current());
        await_until("the request is back", || async { vhost.existing_queue("gate").await.ready == 1 }).await;
        vhost.delete_queue("gate").await;
        call.abort();
        gate.until_running(0).await;
        is_ready
    });
    assert!(dropped.await >= 2);
}
