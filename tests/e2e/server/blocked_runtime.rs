//! Programs that block the threads of their runtime, or of its pool for blocking work.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard},
    time::Duration,
};

use amqp_rpc::{
    Client, ConnectOptions, Server, connect::ConnectionState, rpc_service, server::ServiceOptions,
};

use crate::{
    services::{FibServer, Fibonacci, connect, start},
    support::{Vhost, await_until, embedded_broker, within},
};

/// The state says that it was us, not the broker.
fn assert_blamed(state: &ConnectionState) {
    let ConnectionState::Connecting { reason, .. } = state else { panic!("{state:?}") };
    assert!(reason.contains("the runtime of this program did not run for "), "{reason}");
    assert!(reason.contains("#[rpc(blocking)]"), "{reason}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_connection_that_a_blocked_runtime_loses_is_not_blamed_on_the_broker() {
    let vhost = Vhost::create().await;
    let options = || ConnectOptions::new(vhost.uri()).heartbeat(Duration::from_secs(1));
    let server = Server::new().service(FibServer::new(Fibonacci)).start(options()).await.unwrap();
    let client = Client::connect(options()).await.unwrap();
    let (mut server_states, mut client_states) = (server.state_changes(), client.state_changes());

    // As a method does that blocks its thread. The broker closes after two heartbeats.
    std::thread::sleep(Duration::from_secs(5));
    let losses = async { tokio::join!(server_states.changed(), client_states.changed()) };
    let (of_server, of_client) = within("both losses", losses).await;
    assert_blamed(&of_server.unwrap());
    assert_blamed(&of_client.unwrap());
}

#[rpc_service]
trait Slow {
    #[rpc(blocking, timeout = "120s")]
    fn wait(&self);
}

/// Blocks a thread per call, until it is opened.
#[derive(Clone, Default)]
struct Door(Arc<(Mutex<(usize, bool)>, Condvar)>);

impl Door {
    fn state(&self) -> MutexGuard<'_, (usize, bool)> {
        self.0.0.lock().expect("no test panics while it holds the lock")
    }

    fn waiting(&self) -> usize {
        self.state().0
    }

    fn open(&self) {
        self.state().1 = true;
        self.0.1.notify_all();
    }
}

struct OpenedOnDrop(Door);

impl Drop for OpenedOnDrop {
    fn drop(&mut self) {
        self.0.open();
    }
}

impl Slow for Door {
    fn wait(&self) {
        let mut state = self.state();
        state.0 += 1;
        while !state.1 {
            state = self.0.1.wait(state).expect("no test panics while it holds the lock");
        }
    }
}

#[tokio::test]
async fn blocking_methods_leave_half_of_the_pool_to_everything_else() {
    // If server and contract both say that a method blocks, it takes one thread, not two.
    for options in [ServiceOptions::new(), ServiceOptions::new().blocking(["slow.wait"])] {
        leave_half_of_the_pool(options).await;
    }
}

async fn leave_half_of_the_pool(options: ServiceOptions) {
    let vhost = Vhost::create().await;
    let door = Door::default();
    // A test that fails must not leave threads that the runtime waits for.
    let _opened = OpenedOnDrop(door.clone());
    let server = Server::new().service_with(SlowServer::new(door.clone()), options).concurrency(600);
    let _server = start(server, &vhost).await;
    let slow = SlowClient::new(connect(&vhost).await);
    let calls: Vec<_> = (0..600).map(|_| tokio::spawn(slow.wait())).collect();
    await_until("as many methods as may block", || async { door.waiting() == 256 }).await;
    within("other blocking work", tokio::task::spawn_blocking(|| ())).await.expect("it runs");
    assert_eq!(door.waiting(), 256);
    door.open();
    for call in calls {
        within("the answer", call).await.expect("it does not panic").expect("it is answered");
    }
}

#[test]
fn a_client_connects_although_the_pool_for_blocking_work_is_full() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    let (release, released) = std::sync::mpsc::channel::<()>();
    runtime.block_on(async {
        let broker = embedded_broker().start().await.unwrap();
        let blocked = tokio::task::spawn_blocking(move || released.recv().is_err());
        // A name, which has to be resolved.
        let uri = broker.uri().replace("127.0.0.1", "localhost");
        assert!(uri.contains("localhost"), "{uri}");
        within("the connection", Client::connect(uri)).await.unwrap().close().await;
        drop(release);
        assert!(within("the end", blocked).await.unwrap());
    });
}
