//! One epoch of a client: a connection with a channel, the reply address on it, and the calls that were sent over it.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use amqp_rpc_transport::{
    BrokerError, ConfirmingPublisher, ConnectError, Connection, Consumer, Delivered, Disconnect, Publisher,
    Unpublishable,
};
use tokio::sync::{Notify, oneshot};
use uuid::Uuid;

use super::{
    correlation::{CallNumber, CorrelationIds},
    exchanges::Exchanges,
    pending::{Ended, Outcome, Pending},
};
use crate::{
    client::{
        delivery::message::{Packed, Prepared},
        settings::{Manner, ReplyTo},
    },
    codec::{Compression, Encoding},
    contract::MethodDef,
    wire::{
        address::REPLY_QUEUES,
        reply::RawReply,
        request::{ACCEPT_ENCODING, Caller, Outgoing},
    },
};

const DIRECT_REPLY_TO: &str = "amq.rabbitmq.reply-to";

/// What calls are sent over until the channel ends. The next epoch has another channel, reply address and key.
pub(crate) struct Link {
    pub(crate) connection: Connection,
    pub(crate) pending: Pending,
    pub(crate) exchanges: Exchanges,
    pub(crate) ids: CorrelationIds,
    reply_to: String,
    /// The user of this connection: another node may have let in another one.
    pub(crate) caller: Caller,
    compression: Option<Compression>,
    publisher: Publisher,
    /// For what nobody answers; opened with the first of it.
    confirming: tokio::sync::Mutex<Option<ConfirmingPublisher>>,
    /// Held while returned requests are settled.
    settling: Mutex<()>,
    /// Notified when requests may be queued again.
    pub(crate) room: Notify,
    /// The same for what nobody answers.
    pub(crate) room_for_one_way: Notify,
    /// A reply came over it: what ends it has nothing to do with how it was made.
    was_of_use: AtomicBool,
}

/// Why a call was not sent. Nothing of it is on its way.
#[derive(Debug)]
pub(crate) enum NotSent {
    /// The epoch has ended; the next may serve.
    Ended(Ended),
    /// Too much is queued and not written. [`Link::room`] tells when to try again.
    Congested,
    /// The broker takes no messages, for this reason.
    Blocked(Arc<str>),
    /// Its time was over before it could be.
    TooLate,
    /// It cannot be written at all.
    Unwritable(Box<dyn std::error::Error + Send + Sync>),
}

impl From<Unpublishable> for NotSent {
    fn from(error: Unpublishable) -> Self {
        match error {
            Unpublishable::Congested => Self::Congested,
            Unpublishable::Unwritable(source) => Self::Unwritable(source),
            Unpublishable::Lost(error) => {
                Self::Ended(Ended::Disconnected(Arc::new(Disconnect::from(&error))))
            }
        }
    }
}

/// What a sweep leaves to do.
#[derive(Debug, Default)]
pub(crate) struct Swept {
    /// Sweep again.
    pub(crate) has_more: bool,
    /// Find out who serves these.
    pub(crate) soon_late: Vec<&'static MethodDef>,
}

/// Which reply it was that came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReplyFate {
    Delivered,
    /// Its call has had an answer, or its caller has gone: a late or a duplicate reply.
    Late,
    /// Its correlation id is none of ours.
    Unknown,
}

impl Link {
    /// Opens a channel with a reply address.
    pub(crate) async fn open(
        connection: Connection,
        manner: Manner,
    ) -> Result<(Self, Consumer), ConnectError> {
        let Manner { reply_to: strategy, states_user, app_id, compression } = manner;
        let user_id = connection.user().filter(|_| states_user).map(Arc::from);
        if states_user && user_id.is_none() {
            return Err(ConnectError::InvalidOption(
                "state_user needs the name that the certificate stands for; write it into the URI: amqps://name@host".into(),
            ));
        }
        let refused = |what| move |source: BrokerError| ConnectError::Refused { what, source };
        let channel = connection.open_data_channel().await.map_err(refused("channel"))?;
        let (reply_to, consumer) = match strategy {
            ReplyTo::ExclusiveQueue => {
                // A fresh name: the broker may still hold the old queue for the dead channel.
                let queue = format!("{REPLY_QUEUES}{}", Uuid::new_v4());
                connection.declare_reply_queue(&queue).await.map_err(refused("reply queue"))?;
                let consumer = channel.consume_replies(&queue).await.map_err(refused("reply queue"))?;
                (queue, consumer)
            }
            ReplyTo::Direct => {
                let consumer = channel
                    .consume_direct_replies(DIRECT_REPLY_TO)
                    .await
                    .map_err(refused("direct reply-to"))?;
                (DIRECT_REPLY_TO.to_owned(), consumer)
            }
        };
        let link = Self {
            pending: Pending::default(),
            exchanges: Exchanges::default(),
            ids: CorrelationIds::new(),
            reply_to,
            caller: Caller { user_id, app_id: app_id.map(Arc::from) },
            compression,
            publisher: channel.publisher(),
            confirming: tokio::sync::Mutex::default(),
            settling: Mutex::default(),
            room: Notify::new(),
            room_for_one_way: Notify::new(),
            was_of_use: AtomicBool::new(false),
            connection,
        };
        Ok((link, consumer))
    }

    /// Registers the call and queues its request.
    pub(crate) fn send(
        &self,
        call: &Prepared,
        deadline: Option<Instant>,
    ) -> Result<(CallNumber, oneshot::Receiver<Outcome>), NotSent> {
        // Whatever lapin is given now it would keep, and send when the caller has long given up.
        if let Some(reason) = self.connection.findings().blocked() {
            return Err(NotSent::Blocked(reason));
        }
        // The waiter comes first: the reply may be here before `queue_mandatory` returns.
        let (number, outcome) = self.pending.insert(call.method, deadline).map_err(NotSent::Ended)?;
        let Packed { body, content_encoding, headers } = self.pack(call);
        let properties = Outgoing {
            name: call.name(),
            content_type: &call.content_type,
            content_encoding,
            correlation_id: self.ids.id(number),
            reply_to: &self.reply_to,
            remaining: deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())),
            priority: call.priority,
            headers,
        }
        .properties(&self.caller);
        match self.publisher.queue_mandatory(&call.exchange, &call.routing_key, properties, &body) {
            Ok(()) => Ok((number, outcome)),
            Err(error) => {
                self.pending.forget(number);
                Err(error.into())
            }
        }
    }

    /// Body and headers as they travel.
    pub(crate) fn pack(&self, message: &Prepared) -> Packed {
        let (body, mut headers) = (message.body.clone(), message.headers.clone());
        let Some(compression) = self.compression else {
            return Packed { body, content_encoding: None, headers };
        };
        let (body, content_encoding) = compression.apply(body);
        if headers.get(ACCEPT_ENCODING).is_none() {
            headers.insert(ACCEPT_ENCODING, Encoding::all_names().into_owned());
        }
        Packed { body, content_encoding, headers }
    }

    /// The channel that confirms what is published on it, if it is open.
    pub(crate) fn confirming_now(&self) -> Option<ConfirmingPublisher> {
        // Locked while the channel is being opened, and for a moment by whoever else looks.
        let confirming = self.confirming.try_lock().ok()?;
        confirming.as_ref().filter(|publisher| publisher.is_open()).cloned()
    }

    /// The same, opened where it is not.
    pub(crate) async fn confirming(&self) -> Result<ConfirmingPublisher, BrokerError> {
        let mut confirming = self.confirming.lock().await;
        match &*confirming {
            Some(publisher) if publisher.is_open() => return Ok(publisher.clone()),
            Some(_) if self.connection.is_connected() => self.connection.count_spent_channel(),
            _ => {}
        }
        if confirming.is_some() && self.connection.has_spent_its_channels() {
            // Its numbers would run out, and nothing but another connection has new ones.
            tracing::warn!("too many channels were closed, and another connection is made");
            self.connection.close().await;
            return Err(BrokerError::new(None, "too many channels were closed by the broker"));
        }
        Ok(confirming.insert(self.connection.open_confirming().await?).clone())
    }

    /// Hands a reply to its call.
    pub(crate) fn receive(&self, delivered: Delivered) -> ReplyFate {
        let (correlation_id, reply) = RawReply::read(delivered);
        let Some(number) = correlation_id.and_then(|id| self.ids.number(&id)) else {
            return ReplyFate::Unknown;
        };
        self.mark_of_use();
        if self.pending.complete(number, Outcome::Replied(reply)) {
            ReplyFate::Delivered
        } else {
            ReplyFate::Late
        }
    }

    /// Something came over it that only a broker which holds its connections brings.
    pub(crate) fn mark_of_use(&self) {
        self.was_of_use.store(true, Ordering::Relaxed);
    }

    /// Whether any call was answered over it, or the broker took a message that nobody answers.
    pub(crate) fn was_of_use(&self) -> bool {
        self.was_of_use.load(Ordering::Relaxed)
    }

    /// Fails the calls whose requests came back, and those whose time is over.
    pub(crate) fn sweep(&self, now: Instant) -> Swept {
        self.settle_returned();
        let soon_late = self.pending.expire(now);
        let backlog = self.publisher.ask_backlog();
        // Locked only while the channel is being opened.
        let confirming = self.confirming.try_lock().ok().and_then(|confirming| confirming.clone());
        let is_full = confirming.as_ref().is_some_and(ConfirmingPublisher::is_full);
        if backlog.has_room {
            self.room.notify_waiters();
        }
        if !is_full {
            self.room_for_one_way.notify_waiters();
        }
        Swept { has_more: backlog.is_watching || is_full || self.pending.len() > 0, soon_late }
    }

    /// Fails the calls whose requests came back.
    ///
    /// Whoever returns from it can be sure that all of them were told: also by another task that has just taken them from the findings.
    pub(crate) fn settle_returned(&self) {
        let _settling = self.settling.lock().unwrap_or_else(PoisonError::into_inner);
        for id in self.connection.findings().take_returned() {
            if let Some(number) = self.ids.number(&id) {
                self.pending.complete(number, Outcome::Unroutable);
            }
        }
    }
}
