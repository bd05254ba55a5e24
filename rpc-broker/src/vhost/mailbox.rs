//! The mailbox of a virtual host's task.

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use super::{NewSession, VhostState};
use crate::{ids::ConnectionId, interception::Effect, protocol::Incoming};

/// A function that runs on the virtual host's task, between two requests.
type Operation = Box<dyn FnOnce(&mut VhostState) + Send>;

pub(crate) enum Command {
    Open(Box<NewSession>),
    /// The requests of one connection, in order. The permit bounds the waiting requests; it is released when
    /// they are handled.
    Requests {
        from: ConnectionId,
        requests: Vec<Incoming>,
        _permit: OwnedSemaphorePermit,
    },
    /// A congested connection can be written to again.
    Writable(ConnectionId),
    /// The task of a connection has ended.
    Disconnected(ConnectionId),
    /// A rule has an effect on a connection.
    Apply(ConnectionId, Effect),
    Run(Operation),
    /// A timer is due.
    Tick,
    /// Closes all connections and ends the task.
    Stop,
}

pub(crate) type Inbox = mpsc::UnboundedReceiver<Command>;

/// Sends commands to the task of a virtual host. Cheap to clone.
///
/// The channel is unbounded, because each sender bounds itself: readers by their permits, handles by awaiting
/// the answer.
#[derive(Clone, Debug)]
pub(crate) struct Mailbox(mpsc::UnboundedSender<Command>);

impl Mailbox {
    pub(crate) fn new() -> (Self, Inbox) {
        let (sender, inbox) = mpsc::unbounded_channel();
        (Self(sender), inbox)
    }

    /// Returns false when the virtual host is gone.
    pub(crate) fn send(&self, command: Command) -> bool {
        self.0.send(command).is_ok()
    }

    /// Runs `operation` on the virtual host's task and returns its result; `None` when the virtual host is
    /// gone.
    pub(crate) async fn run<T, F>(&self, operation: F) -> Option<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut VhostState) -> T + Send + 'static,
    {
        let (result_sender, result) = oneshot::channel();
        self.send(Command::Run(Box::new(move |vhost| {
            // It fails when the caller has stopped waiting.
            let _ = result_sender.send(operation(vhost));
        })));
        result.await.ok()
    }
}
