//! A method that blocks its thread cannot be cancelled: it runs on when the lock is another server's, with a token that
//! is smaller.

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use amqp_rpc::{CallError, Context, FaultCode, Server, rpc_service};
use tokio::sync::mpsc as async_mpsc;

use crate::{
    services::{connect, until_connecting},
    support::{Proxy, Vhost, await_until, within},
};

#[rpc_service]
trait Disks {
    #[rpc(lock = "id", lock_scope = "cluster", idempotent, blocking)]
    fn format(&self, id: u64, #[rpc(context)] cx: &Context) -> u64;
}

/// The data that the lock protects: it keeps the greatest token, and refuses writes with a smaller one.
#[derive(Debug, Default)]
struct Disk {
    token: u64,
    written: Vec<u64>,
}

impl Disk {
    fn write(&mut self, token: u64) -> Result<(), u64> {
        if token < self.token {
            return Err(self.token);
        }
        self.token = token;
        self.written.push(token);
        Ok(())
    }
}

struct Formatter {
    disk: Arc<Mutex<Disk>>,
    began: async_mpsc::UnboundedSender<u64>,
    /// Lets a call go on to its write.
    go_on: Mutex<mpsc::Receiver<()>>,
    ended: async_mpsc::UnboundedSender<Result<(), u64>>,
}

impl Disks for Formatter {
    fn format(&self, _: u64, cx: &Context) -> u64 {
        let token = cx.fencing_token().expect("the method is locked in the cluster");
        self.began.send(token).expect("the test waits");
        self.go_on.lock().expect("nothing panics with it").recv().expect("the test goes on");
        let written = self.disk.lock().expect("nothing panics with it").write(token);
        let _ = self.ended.send(written);
        token
    }
}

/// A server, and the test's ends of its channels.
struct Node {
    service: Option<DisksServer<Formatter>>,
    began: async_mpsc::UnboundedReceiver<u64>,
    go_on: mpsc::Sender<()>,
    ended: async_mpsc::UnboundedReceiver<Result<(), u64>>,
}

impl Node {
    fn new(disk: &Arc<Mutex<Disk>>) -> Self {
        let (began_tx, began) = async_mpsc::unbounded_channel();
        let (go_on, go_on_rx) = mpsc::channel();
        let (ended_tx, ended) = async_mpsc::unbounded_channel();
        let formatter = Formatter {
            disk: Arc::clone(disk),
            began: began_tx,
            go_on: Mutex::new(go_on_rx),
            ended: ended_tx,
        };
        Self { service: Some(DisksServer::new(formatter)), began, go_on, ended }
    }

    fn server(&mut self) -> Server {
        Server::new().service(self.service.take().expect("it is served once"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocking_method_that_outlives_its_lock_has_a_smaller_token_and_is_told_apart() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let disk = Arc::new(Mutex::new(Disk::default()));
    let (mut first, mut second) = (Node::new(&disk), Node::new(&disk));
    let cut_off = within("the first server", first.server().start(proxy.uri())).await.unwrap();
    let disks = DisksClient::new(connect(&vhost).await);
    let call = tokio::spawn(disks.format(7));
    let stale = within("the first run", first.began.recv()).await.unwrap();
    let _next = within("the second server", second.server().start(vhost.uri())).await.unwrap();
    proxy.refuse(true);
    proxy.cut();
    until_connecting(&cut_off).await;
    // Both run now.
    let fresh = within("the second run", second.began.recv()).await.unwrap();
    assert!(stale < fresh, "{stale}, {fresh}");
    second.go_on.send(()).unwrap();
    assert_eq!(within("the answer", call).await.unwrap().unwrap(), fresh);
    assert_eq!(within("the second write", second.ended.recv()).await.unwrap(), Ok(()));
    first.go_on.send(()).unwrap();
    assert_eq!(within("the first write", first.ended.recv()).await.unwrap(), Err(fresh));
    assert_eq!(disk.lock().unwrap().written, [fresh]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_is_not_handed_over_before_the_thread_of_a_call_that_was_given_up_has_returned() {
    for removes in [false, true] {
        let vhost = Vhost::create().await;
        let disk = Arc::new(Mutex::new(Disk::default()));
        let (mut first, mut second) = (Node::new(&disk), Node::new(&disk));
        let holder = first.server().handler_timeout(Duration::from_millis(50));
        let holder = within("the first server", holder.start(vhost.uri())).await.unwrap();
        let disks = DisksClient::new(connect(&vhost).await);
        let given_up = within("the call", disks.format(7)).await.unwrap_err();
        let CallError::Fault(fault) = &given_up else { panic!("{given_up}") };
        assert_eq!(*fault.code(), FaultCode::DeadlineExceeded);
        let stale = within("the first run", first.began.recv()).await.unwrap();
        let _next = within("the second server", second.server().start(vhost.uri())).await.unwrap();
        let stopping = tokio::spawn(async move {
            if removes {
                holder.remove("disks").await.expect("it is served");
            } else {
                holder.shutdown().await.expect("it drains");
            }
        });
        await_until("the holder drains", || async { vhost.existing_queue("disks").await.consumers == 1 })
            .await;
        let waiting = tokio::spawn(disks.format(7));
        await_until("the second call was delivered", || async {
            vhost.existing_queue("disks.lock.2-of-16").await.unacked == 1
        })
        .await;
        // It has the key while its thread runs, however long that takes.
        let early = tokio::time::timeout(Duration::from_millis(300), second.began.recv()).await;
        assert!(early.is_err(), "the next server ran the key beside the thread");
        assert!(!stopping.is_finished());
        first.go_on.send(()).unwrap();
        assert_eq!(within("the first write", first.ended.recv()).await.unwrap(), Ok(()));
        within("the end of the holder", stopping).await.unwrap();
        let fresh = within("the second run", second.began.recv()).await.unwrap();
        assert!(stale < fresh, "{stale}, {fresh}");
        second.go_on.send(()).unwrap();
        assert_eq!(within("the answer", waiting).await.unwrap().unwrap(), fresh);
        assert_eq!(disk.lock().unwrap().written, [stale, fresh]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_drain_time_is_over_hands_over_although_a_thread_runs_on() {
    let vhost = Vhost::create().await;
    let disk = Arc::new(Mutex::new(Disk::default()));
    let (mut first, mut second) = (Node::new(&disk), Node::new(&disk));
    let holder = first.server().handler_timeout(Duration::from_millis(50));
    let holder = holder.drain_timeout(Duration::from_millis(100));
    let holder = within("the first server", holder.start(vhost.uri())).await.unwrap();
    let disks = DisksClient::new(connect(&vhost).await);
    within("the call", disks.format(7)).await.unwrap_err();
    let stale = within("the first run", first.began.recv()).await.unwrap();
    let _next = within("the second server", second.server().start(vhost.uri())).await.unwrap();
    within("the shutdown", holder.shutdown()).await.unwrap();
    second.go_on.send(()).unwrap();
    let fresh = within("the second call", disks.format(7)).await.unwrap();
    assert!(stale < fresh, "{stale}, {fresh}");
    first.go_on.send(()).unwrap();
    let written = within("the first write", first.ended.recv()).await.unwrap();
    assert_eq!(written, Err(fresh), "its token tells it apart");
}

#[rpc_service]
trait Tapes {
    /// Blocks its thread although it is not declared so.
    #[rpc(lock = "id", lock_scope = "cluster", idempotent)]
    async fn wind(&self, id: u64, #[rpc(context)] cx: &Context) -> u64;
}

struct Winder {
    began: async_mpsc::UnboundedSender<u64>,
    go_on: Mutex<mpsc::Receiver<()>>,
}

impl Tapes for Winder {
    async fn wind(&self, _: u64, cx: &Context) -> u64 {
        let token = cx.fencing_token().expect("the method is locked in the cluster");
        self.began.send(token).expect("the test waits");
        // Its sender may be gone: the test has failed.
        let _ = self.go_on.lock().expect("nothing panics with it").recv();
        token
    }
}

fn winder() -> (TapesServer<Winder>, async_mpsc::UnboundedReceiver<u64>, mpsc::Sender<()>) {
    let (began_tx, began) = async_mpsc::unbounded_channel();
    let (go_on, go_on_rx) = mpsc::channel();
    (TapesServer::new(Winder { began: began_tx, go_on: Mutex::new(go_on_rx) }), began, go_on)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_removed_service_hands_over_what_waits_although_a_call_cannot_be_cancelled() {
    let vhost = Vhost::create().await;
    let (first, mut first_began, first_go_on) = winder();
    let (second, mut second_began, second_go_on) = winder();
    let holder = Server::new().drain_timeout(Duration::from_millis(100)).service(first);
    let holder = within("the first server", holder.start(vhost.uri())).await.unwrap();
    let tapes = TapesClient::new(connect(&vhost).await);
    let _hanging = tokio::spawn(tapes.wind(7));
    let stale = within("the first run", first_began.recv()).await.unwrap();
    let waiting = tokio::spawn(tapes.wind(7));
    let partition = || vhost.existing_queue("tapes.lock.2-of-16");
    await_until("the second call was delivered", || async { partition().await.unacked == 2 }).await;
    let next = Server::new().service(second);
    let _next = within("the second server", next.start(vhost.uri())).await.unwrap();
    // Other services of the server, and so its connection, stay.
    let removed = within("the removal", holder.remove("tapes")).await.unwrap();
    assert_eq!(removed.abandoned.len(), 1, "{removed:?}");
    let fresh = within("the second run", second_began.recv()).await.unwrap();
    assert!(stale < fresh, "{stale}, {fresh}");
    second_go_on.send(()).unwrap();
    assert_eq!(within("the second call", waiting).await.unwrap().unwrap(), fresh);
    first_go_on.send(()).unwrap();
}
