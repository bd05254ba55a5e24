//! The handle of a client's connection.

use std::sync::Arc;

use crate::{
    ids::ConnectionId,
    interception::{Action, Direction, Effect, FaultRegistry, Matcher, Rule},
    vhost::{Command, Mailbox},
};

/// Injects faults into a client's connection. Cheap to clone. The methods have no effect once the connection
/// is gone.
#[derive(Clone, Debug)]
pub struct Connection {
    pub(super) id: ConnectionId,
    pub(super) name: String,
    pub(super) mailbox: Mailbox,
    pub(super) faults: Arc<FaultRegistry>,
}

impl Connection {
    /// The name of the connection (the client property `connection_name`); empty without one.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of the connection, as in
    /// [`ObservedMethod::connection_id`](crate::recorder::ObservedMethod::connection_id).
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id.0
    }

    /// Resets the TCP connection, without `connection.close`.
    pub fn reset(&self) {
        self.apply(Effect::Reset);
    }

    /// Closes the connection with this reply code and text, such as 320 and `CONNECTION_FORCED -
    /// maintenance`.
    pub fn close(&self, code: u16, text: &str) {
        self.apply(Effect::CloseConnection { code, text: text.to_owned() });
    }

    /// Closes a channel with this reply code and text.
    pub fn close_channel(&self, channel: u16, code: u16, text: &str) {
        self.apply(Effect::CloseChannel { channel, code, text: text.to_owned() });
    }

    /// Writes these bytes to the client, between two frames.
    pub fn inject(&self, bytes: &[u8]) {
        self.apply(Effect::Inject(bytes.to_vec().into()));
    }

    /// Stops one direction, heartbeats included, until the rule is removed; then everything passes, in order.
    pub fn stall(&self, direction: Direction) -> Rule {
        Rule::add(&self.faults, Matcher::all_of(self.id.0, direction), Action::Stall)
    }

    fn apply(&self, effect: Effect) {
        self.mailbox.send(Command::Apply(self.id, effect));
    }
}
