//! How a vhost's task is reached.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::{
    connection::{Capabilities, Incoming, Link},
    faults::Decree,
    ids::ConnectionId,
    vhost::Vhost,
};

/// A connection that has finished its handshake.
pub(crate) struct NewSession {
    pub(crate) link: Arc<Link>,
    pub(crate) user: Arc<str>,
    /// What the client calls itself; empty when it does not.
    pub(crate) name: Arc<str>,
    pub(crate) capabilities: Capabilities,
    pub(crate) channel_max: u16,
}

/// Runs on the vhost's task, between two requests.
type Operation = Box<dyn FnOnce(&mut Vhost) + Send>;

pub(crate) enum Command {
    Open(Box<NewSession>),
    /// Requests of one connection, in order. The turn is given back when they are handled: it bounds what waits.
    Input {
        from: ConnectionId,
        requests: Vec<Incoming>,
        _turn: OwnedSemaphorePermit,
    },
    /// A congested connection has caught up.
    Writable(ConnectionId),
    /// A connection's task has ended.
    Gone(ConnectionId),
    Do(Operation),
    /// A timer is due.
    Tick,
    /// Closes all connections and ends the task.
    Stop,
}

impl Command {
    /// Does to a connection what a rule says.
    pub(crate) fn decree(connection: ConnectionId, decree: Decree) -> Self {
        Self::Do(Box::new(move |vhost| vhost.obey(connection, decree)))
    }
}

pub(crate) type Inbox = mpsc::UnboundedReceiver<Command>;

/// The sending side; cheap to clone. Unbounded, because each sender bounds itself: readers by their turns, handles by awaiting answers.
#[derive(Clone, Debug)]
pub(crate) struct Mailbox(mpsc::UnboundedSender<Command>);

impl Mailbox {
    pub(crate) fn new() -> (Self, Inbox) {
        let (sender, inbox) = mpsc::unbounded_channel();
        (Self(sender), inbox)
    }

    /// False when the vhost is gone.
    pub(crate) fn send(&self, command: Command) -> bool {
        self.0.send(command).is_ok()
    }

    /// Runs `operation` on the vhost's task; `None` when the vhost is gone.
    pub(crate) async fn ask<T, F>(&self, operation: F) -> Option<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Vhost) -> T + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.send(Command::Do(Box::new(move |vhost| {
            // Nobody waits any more when it fails.
            let _ = answer.send(operation(vhost));
        })));
        answered.await.ok()
    }
}
