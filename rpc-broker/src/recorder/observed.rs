//! One method on the wire, with its content, and whose connection it was on.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use amq_protocol::protocol::AMQPClass;
use bytes::Bytes;

use super::details::{Field, fields};
use crate::{
    faults::{Action, Direction, Method},
    properties::Properties,
};

/// A client, as far as it is known: a handshake tells name, user and virtual host one after the other.
#[derive(Debug, Default)]
pub(crate) struct Peer {
    pub(crate) id: u64,
    pub(crate) name: OnceLock<Arc<str>>,
    pub(crate) user: OnceLock<Arc<str>>,
    pub(crate) vhost: OnceLock<Arc<str>>,
}

impl Peer {
    pub(crate) fn new(id: u64) -> Arc<Self> {
        Arc::new(Self { id, ..Self::default() })
    }
}

/// A method that was seen on the wire, with its content if it has one. Cheap to clone.
///
/// It prints itself as one line. `→` is from a client to the broker, `←` from the broker to a client; before it are the connection's
/// name (or number) and the channel, behind it what rules did to it:
///
/// ```text
/// billing/1 → basic.publish exchange="" routing_key="fib" mandatory (2 bytes)
/// billing/1 ← basic.deliver consumer_tag="c" delivery_tag=1 exchange="" routing_key="fib" (2 bytes) [Drop]
/// ```
#[derive(Clone)]
pub struct Observed(Arc<Seen>);

#[derive(Clone)]
struct Seen {
    at: Duration,
    peer: Arc<Peer>,
    direction: Direction,
    channel: u16,
    kind: Method,
    /// A heartbeat has none.
    method: Option<AMQPClass>,
    content: Option<(Properties, Bytes)>,
    actions: Vec<Action>,
}

/// What travels, before it is known where.
#[derive(Debug)]
pub(crate) struct Payload {
    pub(crate) channel: u16,
    pub(crate) method: Option<AMQPClass>,
    pub(crate) content: Option<(Properties, Bytes)>,
}

impl Observed {
    /// `None` for methods that AMQP 0-9-1 does not have.
    pub(crate) fn new(
        at: Duration,
        peer: &Arc<Peer>,
        direction: Direction,
        payload: Payload,
    ) -> Option<Self> {
        let Payload { channel, method, content } = payload;
        let kind = method.as_ref().map_or(Some(Method::Heartbeat), Method::of)?;
        let peer = Arc::clone(peer);
        Some(Self(Arc::new(Seen {
            at,
            peer,
            direction,
            channel,
            kind,
            method,
            content,
            actions: Vec::new(),
        })))
    }

    pub(crate) fn set_actions(&mut self, actions: Vec<Action>) {
        Arc::make_mut(&mut self.0).actions = actions;
    }

    /// When it was, counted from the broker's start.
    #[must_use]
    pub fn at(&self) -> Duration {
        self.0.at
    }

    /// What the client calls itself (the client property `connection_name`); empty without one, and until it has said so.
    #[must_use]
    pub fn connection(&self) -> &str {
        self.0.peer.name.get().map_or("", |name| name)
    }

    /// The connection's number: the first one of a broker is 1, and none comes twice.
    #[must_use]
    pub fn connection_id(&self) -> u64 {
        self.0.peer.id
    }

    /// Who the client is; empty until it has logged in.
    #[must_use]
    pub fn user(&self) -> &str {
        self.0.peer.user.get().map_or("", |user| user)
    }

    /// Which virtual host it is connected to; empty until it is open.
    #[must_use]
    pub fn vhost(&self) -> &str {
        self.0.peer.vhost.get().map_or("", |vhost| vhost)
    }

    /// Which way it went.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.0.direction
    }

    /// Its channel; 0 is the connection's own.
    #[must_use]
    pub fn channel(&self) -> u16 {
        self.0.channel
    }

    /// Which method it is.
    #[must_use]
    pub fn method(&self) -> Method {
        self.0.kind
    }

    /// The queue it names, as the client wrote it.
    #[must_use]
    pub fn queue(&self) -> Option<&str> {
        self.text("queue")
    }

    /// The exchange it names; of a binding between exchanges the source.
    #[must_use]
    pub fn exchange(&self) -> Option<&str> {
        self.text("exchange")
    }

    /// Its routing key.
    #[must_use]
    pub fn routing_key(&self) -> Option<&str> {
        self.text("routing_key")
    }

    /// The consumer it names.
    #[must_use]
    pub fn consumer_tag(&self) -> Option<&str> {
        self.text("consumer_tag")
    }

    /// The delivery it is or settles; of a confirm, the number of the publish.
    #[must_use]
    pub fn delivery_tag(&self) -> Option<u64> {
        self.number("delivery_tag")
    }

    /// Whether it is a delivery that says that it is not the first.
    #[must_use]
    pub fn is_redelivered(&self) -> bool {
        self.field("redelivered") == Some(Field::Flag(true))
    }

    /// The code of a close or a return.
    #[must_use]
    pub fn reply_code(&self) -> Option<u16> {
        self.number("reply_code").and_then(|code| u16::try_from(code).ok())
    }

    /// The sentence of a close or a return.
    #[must_use]
    pub fn reply_text(&self) -> Option<&str> {
        self.text("reply_text")
    }

    /// The property `correlation_id` of its content, if that is UTF-8.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.property(Properties::correlation_id)
    }

    /// The property `reply_to` of its content, if that is UTF-8.
    #[must_use]
    pub fn reply_to(&self) -> Option<&str> {
        self.property(Properties::reply_to)
    }

    /// The body of its content; empty when it has none.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.0.content.as_ref().map_or(&[], |(_, body)| body)
    }

    /// What rules did to it, in this order.
    #[must_use]
    pub fn actions(&self) -> &[Action] {
        &self.0.actions
    }

    /// How much memory it keeps, roughly.
    pub(super) fn size(&self) -> usize {
        self.0.content.as_ref().map_or(0, |(properties, body)| properties.as_bytes().len() + body.len())
    }

    /// The arguments of the method, by name.
    pub(super) fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        self.0.method.as_ref().map(fields).unwrap_or_default()
    }

    /// Whether it has content, which may be empty.
    pub(super) fn has_content(&self) -> bool {
        self.0.content.is_some()
    }

    fn property(&self, named: impl Fn(&Properties) -> Option<&[u8]>) -> Option<&str> {
        let (properties, _) = self.0.content.as_ref()?;
        std::str::from_utf8(named(properties)?).ok()
    }

    fn field(&self, name: &str) -> Option<Field<'_>> {
        self.fields().into_iter().find(|(field, _)| *field == name).map(|(_, value)| value)
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.field(name)? {
            Field::Text(text) => Some(text),
            Field::Number(_) | Field::Flag(_) => None,
        }
    }

    fn number(&self, name: &str) -> Option<u64> {
        match self.field(name)? {
            Field::Number(number) => Some(number),
            Field::Text(_) | Field::Flag(_) => None,
        }
    }
}
