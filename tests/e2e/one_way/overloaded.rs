//! Notifications that a layer of the server refuses as overloaded: they wait, are retried, and none is lost.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use amqp_rpc::{
    Context, Fault, FaultCode, Server, Subscription,
    layers::{ConcurrencyLimit, LoadShed, RateLimit, from_tower},
    middleware::{self, IncomingCall, Next},
    rpc_service,
};
use tokio::sync::{mpsc, watch};
use tower::{limit::ConcurrencyLimitLayer, load_shed::LoadShedLayer};
use tower_layer::Stack;

use super::{MailClient, MailServer, Postman};
use crate::{
    services::{connect, start},
    support::{RawPeer, Vhost, await_until, within},
};

type Letters = mpsc::UnboundedReceiver<(&'static str, String)>;

/// Publishes a backlog of notifications, and returns a handler whose calls wait for `open`.
async fn backlog(vhost: &Vhost, letters: usize) -> (MailServer<Postman>, watch::Sender<bool>, Letters) {
    let (sender, delivered) = mpsc::unbounded_channel();
    let warm = MailServer::from_arc(Postman::new("warm", &sender));
    start(Server::new().service(warm), vhost).await.shutdown().await.expect("it declared the queues");
    let mail = MailClient::new(connect(vhost).await);
    for house in 0..letters {
        mail.send(format!("house {house}")).await.expect("the broker has it");
    }
    let open = watch::Sender::new(false);
    let postman = Postman { name: "one", letters: sender, gate: Some(open.subscribe()) };
    (MailServer::new(postman), open, delivered)
}

async fn until_each_was_delivered_once(vhost: &Vhost, letters: usize, delivered: &mut Letters) {
    let mut houses = BTreeSet::new();
    for _ in 0..letters {
        houses.insert(within("a letter", delivered.recv()).await.expect("the postman lives").1);
    }
    assert_eq!(houses.len(), letters, "{houses:?}");
    await_until("all is settled", || async { vhost.existing_queue("mail").await.is_settled() }).await;
    assert!(delivered.try_recv().is_err(), "none came twice");
}

#[tokio::test]
async fn notifications_wait_while_a_layer_is_overloaded_and_none_is_a_dead_letter() {
    for layered in [
        |server: Server| server.layer(LoadShed::above(1)),
        |server: Server| server.layer(ConcurrencyLimit::per_method(1)),
        |server: Server| server.layer(RateLimit::new(40, Duration::from_millis(400))),
        |server: Server| {
            server.layer(from_tower(Stack::new(ConcurrencyLimitLayer::new(1), LoadShedLayer::new())))
        },
    ] {
        let vhost = Vhost::create().await;
        let (mail, open, mut delivered) = backlog(&vhost, 100).await;
        let server = start(layered(Server::new().service(mail)), &vhost).await;
        let taken = || async { vhost.existing_queue("mail").await.ready == 36 };
        await_until("the server has as many as it may", taken).await;
        open.send_replace(true);
        until_each_was_delivered_once(&vhost, 100, &mut delivered).await;
        assert_eq!(vhost.existing_queue("mail.dead").await.ready, 0);
        within("the shutdown", server.shutdown()).await.unwrap();
    }
}

#[tokio::test]
async fn waiting_in_a_layer_does_not_count_towards_the_method_timeout_of_a_notification() {
    for layered in [
        |server: Server| server.layer(LoadShed::above(1)),
        |server: Server| server.layer(ConcurrencyLimit::per_method(1)),
    ] {
        let vhost = Vhost::create().await;
        let (mail, open, mut delivered) = backlog(&vhost, 10).await;
        let server = layered(Server::new().service(mail)).handler_timeout(Duration::from_secs(1));
        let server = start(server, &vhost).await;
        // The first one runs until it is cancelled; the others wait as long.
        let dead = || async { vhost.existing_queue("mail.dead").await.ready == 1 };
        await_until("the one that hangs is cancelled", dead).await;
        open.send_replace(true);
        until_each_was_delivered_once(&vhost, 9, &mut delivered).await;
        assert_eq!(vhost.existing_queue("mail.dead").await.ready, 1);
        within("the shutdown", server.shutdown()).await.unwrap();
    }
}

/// One method that runs at most once, and one that may be repeated.
#[rpc_service]
trait Chores {
    #[rpc(notify, at_most_once)]
    async fn once(&self, chore: String, #[rpc(context)] cx: &Context);
    #[rpc(notify)]
    async fn again(&self, chore: String, #[rpc(context)] cx: &Context);
    #[rpc(event, at_most_once)]
    async fn done(&self, chore: String, #[rpc(context)] cx: &Context);
}

#[derive(Clone)]
struct Maid(mpsc::UnboundedSender<(String, bool)>);

impl Maid {
    fn tell(&self, chore: String, cx: &Context) {
        assert!(!cx.has_caller());
        self.0.send((chore, cx.redelivered())).expect("the test listens");
    }
}

impl Chores for Maid {
    async fn once(&self, chore: String, cx: &Context) {
        self.tell(chore, cx);
    }

    async fn again(&self, chore: String, cx: &Context) {
        self.tell(chore, cx);
    }

    async fn done(&self, chore: String, cx: &Context) {
        self.tell(chore, cx);
    }
}

fn overloaded() -> Fault {
    Fault::new(FaultCode::Overloaded, "come back later")
}

#[tokio::test]
async fn a_notification_that_a_custom_layer_calls_overloaded_is_retried_unchanged() {
    let vhost = Vhost::create().await;
    let (chores, mut done) = mpsc::unbounded_channel();
    let tries: Arc<Mutex<HashMap<&str, usize>>> = Arc::default();
    let third_time = move |call: IncomingCall, next: Next| {
        let mut tries = tries.lock().unwrap_or_else(PoisonError::into_inner);
        let tries = tries.entry(call.method().full_name).or_default();
        *tries += 1;
        let refused = *tries < 3;
        async move { if refused { Err(overloaded()) } else { next.run(call).await } }
    };
    let server = Server::new()
        .service(ChoresServer::new(Maid(chores.clone())))
        .subscribe(ChoresServer::new(Maid(chores)), Subscription::group("all").to_all::<ChoresDone>())
        .layer(middleware::from_fn(third_time));
    let server = start(server, &vhost).await;
    let client = ChoresClient::new(connect(&vhost).await);

    client.once("dishes".into()).await.unwrap();
    assert_eq!(within("the dishes", done.recv()).await.unwrap(), ("dishes".into(), false));
    client.done("dishes".into()).await.unwrap();
    assert_eq!(within("the event", done.recv()).await.unwrap(), ("dishes".into(), false));
    // A request without reply address waits like a notification.
    let peer = RawPeer::connect(&vhost.uri()).await;
    peer.publish("amqp-rpc", "chores.again", Default::default(), br#"{"chore":"floor"}"#).await;
    assert_eq!(within("the floor", done.recv()).await.unwrap(), ("floor".into(), false));
    within("the shutdown", server.shutdown()).await.unwrap();
    for queue in ["chores.dead", "chores.events.all.dead"] {
        assert_eq!(vhost.existing_queue(queue).await.ready, 0);
    }
}

#[tokio::test]
async fn a_shutdown_requeues_waiting_notifications_at_once_and_at_most_once_ones_at_its_timeout() {
    let vhost = Vhost::create().await;
    let (chores, mut done) = mpsc::unbounded_channel();
    let service = || ChoresServer::new(Maid(chores.clone()));
    let tries = Arc::new(AtomicUsize::new(0));
    let tried = Arc::clone(&tries);
    let never = middleware::from_fn(move |_: IncomingCall, _: Next| {
        tried.fetch_add(1, Ordering::Relaxed);
        async { Err(overloaded()) }
    });
    let busy = |drain| Server::new().service(service()).layer(never.clone()).drain_timeout(drain);
    let server = start(busy(Duration::from_secs(600)), &vhost).await;
    let client = ChoresClient::new(connect(&vhost).await);
    for chore in 0..5 {
        client.again(chore.to_string()).await.unwrap();
    }
    await_until("all were refused", || async { tries.load(Ordering::Relaxed) >= 5 }).await;
    let report = within("the shutdown, long before it must end", server.shutdown()).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(vhost.existing_queue("chores").await.ready, 5);
    assert_eq!(vhost.existing_queue("chores.dead").await.ready, 0);

    let server = start(Server::new().service(service()), &vhost).await;
    for _ in 0..5 {
        within("a chore", done.recv()).await.unwrap();
    }
    within("the shutdown", server.shutdown()).await.unwrap();

    // A requeued message would be marked as redelivered and refused by the next server.
    tries.store(0, Ordering::Relaxed);
    let server = start(busy(Duration::from_millis(300)), &vhost).await;
    client.once("taxes".into()).await.unwrap();
    await_until("it was refused", || async { tries.load(Ordering::Relaxed) >= 1 }).await;
    let report = within("the shutdown", server.shutdown()).await.unwrap();
    assert_eq!(report.abandoned.len(), 1, "{report:?}");
    assert_eq!(vhost.existing_queue("chores.dead").await.ready, 1);
    assert!(done.try_recv().is_err());
}
