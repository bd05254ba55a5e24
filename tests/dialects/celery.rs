//! Celery.

use amqp_rpc::{Client, FaultCode, Server, dialects::Celery, rpc_service};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{
    peer::{Outcome, Peer},
    support::{Vhost, within},
    table::{Mathematician, OurCalls, Received, TheirCalls, mixed_fleet, serve},
};

/// A task without a result.
#[rpc_service(name = "math")]
trait Notes {
    #[rpc(notify)]
    async fn note(&self, text: String);
}

struct Notebook(mpsc::UnboundedSender<String>);

impl Notes for Notebook {
    async fn note(&self, text: String) {
        self.0.send(text).expect("the test receives");
    }
}

/// The queue has the name of the service, as the peer names it.
fn dialect() -> Celery {
    Celery::new().queue("math")
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn celery_calls() {
    let Some(peer) = Peer::celery() else { return };
    let checks = TheirCalls {
        own_error: |outcome| outcome.is_error("TooLarge", "n is above 90"),
        unknown_method: |outcome| outcome.is_error("NotRegistered", "math.absent"),
        bad_arguments: |outcome| outcome.is_error("bad_request", "invalid type"),
        crash: |outcome| outcome.is_error("panicked", ""),
        // The queue is there: the task waits in it.
        server_down: |outcome| *outcome == Outcome::TimedOut,
    };
    checks.run(&peer, dialect()).await;
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn celery_is_called() {
    let Some(peer) = Peer::celery() else { return };
    let checks = OurCalls {
        own_error: |received| received.is_error("TooLarge", "n is above 90"),
        unknown_method: |received| matches!(received, Received::Fault(FaultCode::UnknownMethod)),
        // The kind of what a task throws, too: it is no fault.
        bad_arguments: |received| received.is_error("", "TypeError"),
        crash: |received| received.is_error("ZeroDivisionError", "the handler crashed"),
        server_down: |received| matches!(received, Received::TimedOut),
        // A worker acknowledges a task before it runs it; but in the pool of this one, which is the thread of
        // its loop, that is written when the task has run.
        redelivers: true,
    };
    checks.run(&peer, dialect()).await;
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn celery_shares_a_queue() {
    let Some(peer) = Peer::celery() else { return };
    mixed_fleet(&peer, dialect()).await;
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn a_notification_is_a_task_without_a_result() {
    let Some(peer) = Peer::celery() else { return };
    let vhost = Vhost::create().await;
    let (sender, mut received) = mpsc::unbounded_channel();
    let server = Server::new().service_in(NotesServer::new(Notebook(sender)), dialect()).start(vhost.uri());
    let server = within("the server to start", server).await.expect("the server starts");
    let sent = peer.call(&vhost, "math", "note", json!({"text": "ho"})).await;
    assert_eq!(sent, Outcome::Value(Value::Null));
    assert_eq!(within("the notification", received.recv()).await.as_deref(), Some("ho"));
    within("the server to stop", server.shutdown()).await.expect("it stops");

    let mut server = peer.serve(&vhost, "math").await;
    let client = within("the client to connect", Client::builder().dialect(dialect()).connect(vhost.uri()));
    let notes = NotesClient::new(client.await.expect("the client connects"));
    within("the confirmation", notes.note("hi".into())).await.expect("the broker confirms");
    server.line_with("ran note").await;
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn arguments_come_by_position_and_expired_tasks_do_not_run() {
    let Some(peer) = Peer::celery() else { return };
    let vhost = Vhost::create().await;
    // Its client declares the queue: the task waits there, and expires.
    let expiring = peer.clone().with(&["--expires"]);
    let late = expiring.call_within(&vhost, "math", "add", json!([1, 1]), 1).await;
    assert_eq!(late, Outcome::TimedOut);
    let mathematician = Mathematician::default();
    let _server = serve(&vhost.uri(), mathematician.clone(), dialect()).await;
    assert_eq!(peer.call(&vhost, "math", "add", json!([1, 2])).await, Outcome::Value(json!(3)));
    assert_eq!(expiring.call(&vhost, "math", "add", json!([2, 3])).await, Outcome::Value(json!(5)));
    assert_eq!(mathematician.begun(), 2);
}
