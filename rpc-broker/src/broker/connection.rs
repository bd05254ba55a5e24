//! The handle of a client's connection.

use std::sync::Arc;

use crate::{
    faults::{Action, Decree, Direction, Event, Faults, Rule},
    ids::ConnectionId,
    vhost::{Command, Mailbox},
};

/// A client's connection, to disturb it. Cheap to clone; when the connection is gone, nothing happens any more.
#[derive(Clone, Debug)]
pub struct Connection {
    pub(super) id: ConnectionId,
    pub(super) name: String,
    pub(super) mailbox: Mailbox,
    pub(super) faults: Arc<Faults>,
}

impl Connection {
    /// What the client calls it (the client property `connection_name`); empty without one.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its number, as in [`Observed::connection_id`](crate::recorder::Observed::connection_id).
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id.0
    }

    /// Resets it without a word.
    pub fn reset(&self) {
        self.decree(Decree::Reset);
    }

    /// Closes it with this reply code and text, such as 320 and `CONNECTION_FORCED - maintenance`.
    pub fn close(&self, code: u16, text: &str) {
        self.decree(Decree::CloseConnection { code, text: text.to_owned() });
    }

    /// Closes one of its channels with this reply code and text.
    pub fn close_channel(&self, channel: u16, code: u16, text: &str) {
        self.decree(Decree::CloseChannel { channel, code, text: text.to_owned() });
    }

    /// Writes these bytes to the client, between two frames.
    pub fn inject(&self, bytes: &[u8]) {
        self.decree(Decree::Say(bytes.to_vec().into()));
    }

    /// Makes one direction silent, heartbeats included, until the rule is removed; then everything comes, in order.
    pub fn stall(&self, direction: Direction) -> Rule {
        self.faults.make_rule(Event::all_of(self.id.0, direction), Action::Stall)
    }

    fn decree(&self, decree: Decree) {
        self.mailbox.send(Command::decree(self.id, decree));
    }
}
