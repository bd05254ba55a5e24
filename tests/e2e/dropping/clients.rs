//! Futures of clients.

use std::time::Duration;

use amqp_rpc::{Client, rpc_service};

use super::until_ready;
use crate::{
    services::{FibClient, connect, serve_fib, start},
    support::{Vhost, await_until, within},
};

#[rpc_service(name = "dropped")]
trait Dropped {
    #[rpc(notify)]
    async fn note(&self, text: String);
    #[rpc(event)]
    async fn noted(&self, text: String);
}

struct Nothing;

impl Dropped for Nothing {
    async fn note(&self, _text: String) {}
    async fn noted(&self, _text: String) {}
}

#[tokio::test]
async fn a_connect_that_is_dropped_leaves_no_connection_and_no_queue() {
    let vhost = Vhost::create().await;
    let dropped = until_ready(async |give_up| {
        let connected = give_up.poll(Client::connect(vhost.uri())).await;
        connected.map(|connected| connected.expect("the broker lets us in")).is_some()
    });
    assert!(within("the connection", dropped).await > 4);
    await_until("no connection is left", || async { vhost.connections().await == 0 }).await;
    assert_eq!(vhost.queues().await, [""; 0]);
}

#[tokio::test]
async fn a_message_that_is_dropped_frees_its_slot() {
    let vhost = Vhost::create().await;
    let _fib = serve_fib(&vhost).await;
    let _notes = start(amqp_rpc::Server::new().service(DroppedServer::new(Nothing)), &vhost).await;
    let builder = || Client::builder().max_in_flight(1).timeout(Duration::from_secs(600));
    // A client for each kind: the exchanges are looked up, and the confirm channel opened, within its futures.
    for kind in ["call", "untyped call", "notification", "event"] {
        let client = builder().connect(vhost.uri()).await.unwrap();
        let (fib, notes) = (FibClient::new(client.clone()), DroppedClient::new(client.clone()));
        let dropped = until_ready(async |give_up| {
            let is_ready = match kind {
                "call" => give_up.poll(fib.compute(10)).await.map(|got| assert_eq!(got.unwrap(), 55)),
                "untyped call" => {
                    let call = client.call_json("fib.compute", serde_json::json!({"n": 10}));
                    give_up.poll(call).await.map(|got| assert_eq!(got.unwrap(), 55))
                }
                "notification" => give_up.poll(notes.note("x".into())).await.map(|sent| sent.unwrap()),
                _ => give_up.poll(notes.noted("x".into())).await.map(|sent| sent.unwrap()),
            };
            assert_eq!(within("the next call", fib.compute(20)).await.unwrap(), 6765, "{kind}");
            is_ready.is_some()
        });
        assert!(within(kind, dropped).await > 1, "{kind}");
        await_until("nothing is in flight", || async { client.stats().in_flight == 0 }).await;
        assert!(client.is_connected(), "{kind}");
    }
}

#[tokio::test]
async fn a_close_that_is_dropped_closes_all_the_same() {
    let vhost = Vhost::create().await;
    let dropped = until_ready(async |give_up| {
        let client = connect(&vhost).await;
        let is_ready = give_up.poll(client.close()).await.is_some();
        assert_eq!(client.state().is_closed(), give_up.polls > 0, "{give_up:?}");
        if give_up.polls > 0 {
            await_until("the connection ends", || async { vhost.connections().await == 0 }).await;
        }
        drop(client);
        await_until("the connection ends", || async { vhost.connections().await == 0 }).await;
        is_ready
    });
    within("the close", dropped).await;
}

#[tokio::test]
async fn waiting_for_a_state_and_giving_up_changes_nothing() {
    let vhost = Vhost::create().await;
    let client = connect(&vhost).await;
    let mut states = client.state_changes();
    let seen = until_ready(async |give_up| give_up.poll(states.changed()).await.is_some());
    within("the first state", async {
        tokio::join!(seen, async { client.close().await });
    })
    .await;
    assert!(client.state().is_closed());
}
