//! aio-pika's `JsonRPC`, `RPC` and `JsonMaster`, with `connect_robust`.

use std::time::Duration;

use amqp_rpc::{Client, FaultCode, Server, dialects::AioPika, rpc_service};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{
    peer::{Outcome, Peer},
    support::{Vhost, within},
    table::{MathServer, Mathematician, OurCalls, Received, TheirCalls, mixed_fleet},
};

/// What a worker of `JsonMaster` does.
#[rpc_service(name = "math")]
trait Tasks {
    #[rpc(notify)]
    async fn note(&self, text: String);
}

struct Worker(mpsc::UnboundedSender<String>);

impl Tasks for Worker {
    async fn note(&self, text: String) {
        self.0.send(text).expect("the test waits");
    }
}

fn with_exchange() -> Option<Peer> {
    Some(Peer::aio_pika()?.with(&["--exchange", "calls"]))
}

async fn they_call(peer: Option<Peer>, dialect: AioPika) {
    let Some(peer) = peer else { return };
    let checks = TheirCalls {
        own_error: |outcome| outcome.is_error("TooLarge", "n is above 90"),
        // A method that is not served has no queue.
        unknown_method: |outcome| outcome.is_error("MessageProcessError", "returned"),
        bad_arguments: |outcome| outcome.is_error("TypeError", "invalid type"),
        crash: |outcome| outcome.is_error("RPCException", "panicked"),
        server_down: |outcome| *outcome == Outcome::TimedOut,
    };
    checks.run(&peer, dialect).await;
}

async fn we_call(peer: Option<Peer>, dialect: AioPika) {
    let Some(peer) = peer else { return };
    let checks = OurCalls {
        own_error: |received| received.is_error("TooLarge", "n is above 90"),
        unknown_method: |received| matches!(received, Received::Unroutable),
        bad_arguments: |received| matches!(received, Received::Fault(FaultCode::BadRequest)),
        crash: |received| received.is_error("ZeroDivisionError", "the handler crashed"),
        // The request that has expired comes back, at the time at which the caller gives up.
        server_down: |received| matches!(received, Received::TimedOut | Received::Fault(FaultCode::Expired)),
        redelivers: true,
    };
    checks.run(&peer, dialect).await;
}

peer_tests! {
    json_rpc_calls: they_call(Peer::aio_pika(), AioPika::new());
    json_rpc_is_called: we_call(Peer::aio_pika(), AioPika::new());
    json_rpc_with_an_exchange_calls: they_call(with_exchange(), AioPika::new().exchange("calls"));
    json_rpc_with_an_exchange_is_called: we_call(with_exchange(), AioPika::new().exchange("calls"));
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn json_rpc_shares_queues() {
    let Some(peer) = Peer::aio_pika() else { return };
    mixed_fleet(&peer, AioPika::new()).await;
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn pickled_calls_are_rejected_unread_and_come_back() {
    let Some(peer) = Peer::aio_pika_pickle() else { return };
    let vhost = Vhost::create().await;
    let math = Mathematician::default();
    let server = Server::new().service_in(MathServer::new(math.clone()), AioPika::new()).start(vhost.uri());
    let _server = within("the server to start", server).await.expect("the server starts");
    let outcome = peer.call_within(&vhost, "math", "compute", json!({"n": 30}), 2).await;
    assert!(!matches!(outcome, Outcome::Value(_)), "{outcome:?}");
    assert_eq!(math.begun(), 0, "it was not read");
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn tasks_of_a_master_reach_our_worker() {
    let Some(peer) = Peer::aio_pika_master() else { return };
    let vhost = Vhost::create().await;
    let (notes, mut noted) = mpsc::unbounded_channel();
    let server = Server::new().service_in(TasksServer::new(Worker(notes)), AioPika::new()).start(vhost.uri());
    let _server = within("the server to start", server).await.expect("the server starts");
    let sent = peer.call(&vhost, "math", "note", json!({"text": "hi"})).await;
    assert_eq!(sent, Outcome::Value(Value::Null));
    assert_eq!(within("the note", noted.recv()).await.as_deref(), Some("hi"));
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn our_notifications_reach_their_worker() {
    let Some(peer) = Peer::aio_pika_master() else { return };
    let vhost = Vhost::create().await;
    let mut worker = peer.serve(&vhost, "math").await;
    let client =
        Client::builder().timeout(Duration::from_secs(10)).dialect(AioPika::new()).connect(vhost.uri());
    let tasks = TasksClient::new(within("the client to connect", client).await.expect("the client connects"));
    within("the confirm", tasks.note("hi".into())).await.expect("the broker has it");
    worker.line_with(r#"ran note {"text": "hi"}"#).await;
}
