//! One method on the wire, with its content and the connection that it was on.

mod arguments;
mod display;
mod log;
mod peer;

use std::{sync::Arc, time::Duration};

use amq_protocol::{protocol::AMQPClass, types::ShortString};
use bytes::Bytes;

pub(crate) use log::{LogSnapshot, ObservedLog};
pub(crate) use peer::Peer;

use super::{action::Action, direction::Direction, method::Method};
use crate::properties::Properties;
use arguments::{Argument, arguments};

/// A method that was observed on the wire, with its content if it has any. Cheap to clone.
///
/// It is printed as one line: the connection's name (or number) and the channel, the direction (`→` from a
/// client to the broker, `←` from the broker to a client), the method, and the actions of rules:
///
/// ```text
/// billing/1 → basic.publish exchange="" routing_key="fib" mandatory (2 bytes)
/// billing/1 ← basic.deliver consumer_tag="c" delivery_tag=1 exchange="" routing_key="fib" (2 bytes) [Drop]
/// ```
#[derive(Clone)]
pub struct ObservedMethod(Arc<Seen>);

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
    queue: Option<ShortString>,
    actions: Vec<Action>,
}

/// A method or a heartbeat, before it is known on which connection.
#[derive(Debug)]
pub(crate) struct Payload {
    pub(crate) channel: u16,
    pub(crate) method: Option<AMQPClass>,
    pub(crate) content: Option<(Properties, Bytes)>,
    /// The queue that a delivery comes from.
    pub(crate) queue: Option<ShortString>,
}

impl ObservedMethod {
    /// `None` for methods that AMQP 0-9-1 does not have.
    pub(crate) fn new(
        at: Duration,
        peer: &Arc<Peer>,
        direction: Direction,
        payload: Payload,
    ) -> Option<Self> {
        let Payload { channel, method, content, queue } = payload;
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
            queue,
            actions: Vec::new(),
        })))
    }

    pub(crate) fn set_actions(&mut self, actions: Vec<Action>) {
        Arc::make_mut(&mut self.0).actions = actions;
    }

    /// The time since the broker was started.
    #[must_use]
    pub fn at(&self) -> Duration {
        self.0.at
    }

    /// The name of the connection (the client property `connection_name`); empty without one, and before
    /// `connection.start-ok`.
    #[must_use]
    pub fn connection(&self) -> &str {
        self.0.peer.name.get().map_or("", |name| name)
    }

    /// The number of the connection. The first connection of a broker is 1, and a number is never used twice.
    #[must_use]
    pub fn connection_id(&self) -> u64 {
        self.0.peer.id
    }

    /// The user of the connection; empty before the login.
    #[must_use]
    pub fn user(&self) -> &str {
        self.0.peer.user.get().map_or("", |user| user)
    }

    /// The virtual host of the connection; empty before `connection.open`.
    #[must_use]
    pub fn vhost(&self) -> &str {
        self.0.peer.vhost.get().map_or("", |vhost| vhost)
    }

    /// The direction of the method.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.0.direction
    }

    /// The number of the channel. Channel 0 carries the methods of the connection.
    #[must_use]
    pub fn channel(&self) -> u16 {
        self.0.channel
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Method {
        self.0.kind
    }

    /// The queue that the method names, as the client wrote it; of a delivery the queue that it comes from.
    #[must_use]
    pub fn queue(&self) -> Option<&str> {
        self.text("queue").or(self.0.queue.as_ref().map(ShortString::as_str))
    }

    /// The exchange that the method names; the source of a binding between exchanges.
    #[must_use]
    pub fn exchange(&self) -> Option<&str> {
        self.text("exchange")
    }

    /// The routing key.
    #[must_use]
    pub fn routing_key(&self) -> Option<&str> {
        self.text("routing_key")
    }

    /// The consumer tag.
    #[must_use]
    pub fn consumer_tag(&self) -> Option<&str> {
        self.text("consumer_tag")
    }

    /// The delivery tag: of a delivery, of its acknowledgement, or of a publisher confirm.
    #[must_use]
    pub fn delivery_tag(&self) -> Option<u64> {
        self.number("delivery_tag")
    }

    /// Returns whether it is a delivery with the flag `redelivered`.
    #[must_use]
    pub fn is_redelivered(&self) -> bool {
        self.argument("redelivered") == Some(Argument::Flag(true))
    }

    /// The reply code of a close or a return.
    #[must_use]
    pub fn reply_code(&self) -> Option<u16> {
        self.number("reply_code").and_then(|code| u16::try_from(code).ok())
    }

    /// The reply text of a close or a return.
    #[must_use]
    pub fn reply_text(&self) -> Option<&str> {
        self.text("reply_text")
    }

    /// The property `correlation_id` of the content, if it is UTF-8.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.property(Properties::correlation_id)
    }

    /// The property `reply_to` of the content, if it is UTF-8.
    #[must_use]
    pub fn reply_to(&self) -> Option<&str> {
        self.property(Properties::reply_to)
    }

    /// The body of the content; empty without content.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.0.content.as_ref().map_or(&[], |(_, body)| body)
    }

    /// The actions of the rules that were applied, in this order.
    #[must_use]
    pub fn actions(&self) -> &[Action] {
        &self.0.actions
    }

    /// The bytes of the content.
    fn size(&self) -> usize {
        self.0.content.as_ref().map_or(0, |(properties, body)| properties.as_bytes().len() + body.len())
    }

    /// The arguments of the method, by name.
    fn arguments(&self) -> Vec<(&'static str, Argument<'_>)> {
        self.0.method.as_ref().map(arguments).unwrap_or_default()
    }

    /// Returns whether it has content, which may be empty.
    fn has_content(&self) -> bool {
        self.0.content.is_some()
    }

    fn property(&self, named: impl Fn(&Properties) -> Option<&[u8]>) -> Option<&str> {
        let (properties, _) = self.0.content.as_ref()?;
        std::str::from_utf8(named(properties)?).ok()
    }

    fn argument(&self, name: &str) -> Option<Argument<'_>> {
        self.arguments().into_iter().find(|(argument, _)| *argument == name).map(|(_, value)| value)
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.argument(name)? {
            Argument::Text(text) => Some(text),
            Argument::Number(_) | Argument::Flag(_) => None,
        }
    }

    fn number(&self, name: &str) -> Option<u64> {
        match self.argument(name)? {
            Argument::Number(number) => Some(number),
            Argument::Text(_) | Argument::Flag(_) => None,
        }
    }
}
