//! One epoch of a client: a connection with a channel, the reply address on it, and the calls that were sent
//! over it.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use amqp_rpc_transport::{
    BrokerError, ConnectError, Connection, Consumer, Disconnect, Publisher, SharedConfirmPublisher,
    reply_code::ACCESS_REFUSED,
};
use smol_str::SmolStr;
use tokio::sync::{Notify, watch};
use uuid::Uuid;

use super::{
    coalescing::Coalescing,
    exchange_cache::ExchangeCache,
    pending::{CallOutcome, EndReason, Pending, correlation::CorrelationIds, gathers::Gathers},
    refused_lookups::RefusedLookups,
};
use crate::{
    client::settings::{LinkOptions, ReplyTo},
    codec::Compression,
    contract::MethodDef,
    dialect::{ClientDialect, caught},
    wire::{
        reply_address::{COALESCED_REPLY_QUEUE_PREFIX, REPLY_QUEUE_PREFIX},
        request::Caller,
    },
};

/// The number of a client's first link.
pub(super) const FIRST_EPOCH: u64 = 1;

const DIRECT_REPLY_TO: &str = "amq.rabbitmq.reply-to";

/// Carries messages until its channel ends. The next link has another connection, reply address and key.
pub(crate) struct Link {
    pub(crate) connection: Connection,
    pub(crate) pending: Pending,
    /// Requests with more than one answer.
    pub(crate) gathers: Gathers,
    pub(crate) exchanges: ExchangeCache,
    /// Queues whose consumers are not known: the user may not look them up.
    pub(crate) refused_lookups: RefusedLookups,
    pub(crate) ids: CorrelationIds,
    pub(crate) reply_to: SmolStr,
    /// The user of this connection: another node of the broker may have let in another one.
    pub(crate) caller: Caller,
    pub(crate) compression: Option<Compression>,
    /// `None` if every call is a message of its own.
    pub(crate) coalescing: Option<Coalescing>,
    /// `None` for the protocol of this library.
    pub(crate) dialect: Option<Arc<dyn ClientDialect>>,
    pub(crate) publisher: Publisher,
    /// Publishes one-way messages; opened with the first of them.
    confirming: tokio::sync::Mutex<Option<SharedConfirmPublisher>>,
    /// Held while returned messages are settled.
    settling: Mutex<()>,
    /// Notified when requests may be queued again.
    pub(crate) capacity: Notify,
    /// Notified when one-way messages may be queued again.
    pub(crate) one_way_capacity: Notify,
    /// A reply came over it: what ends it has nothing to do with how it was made.
    pub(super) has_received: AtomicBool,
    /// See [`abandon`](Self::abandon).
    abandoned: watch::Sender<Option<Arc<Disconnect>>>,
}

/// The work that a sweep leaves.
#[derive(Debug, Default)]
pub(super) struct SweepResult {
    /// Sweep again.
    pub(super) has_more: bool,
    /// Ask the broker who consumes the queues of these methods.
    pub(super) soon_late: Vec<&'static MethodDef>,
}

impl Link {
    /// Opens a channel with a reply address.
    pub(crate) async fn open(
        connection: Connection,
        options: LinkOptions,
    ) -> Result<(Self, Consumer), ConnectError> {
        let LinkOptions { reply_to, sends_user_id, app_id, compression, coalesce, max_reply_bytes, dialect } =
            options;
        let coalesces = coalesce > 1;
        let user_id = connection.user().filter(|_| sends_user_id).map(Arc::from);
        if sends_user_id && user_id.is_none() {
            return Err(ConnectError::InvalidOption(
                "send_user_id needs the user name that the certificate stands for; write it into the URI: amqps://name@host".into(),
            ));
        }
        let refused = |what| move |source: BrokerError| ConnectError::Refused { what, source };
        let channel = connection.open_data_channel().await.map_err(refused("channel"))?;
        let (reply_to, consumer) = match reply_to {
            ReplyTo::ExclusiveQueue => {
                // A fresh name: the broker may still hold the old queue for the dead channel.
                let prefix = if coalesces { COALESCED_REPLY_QUEUE_PREFIX } else { REPLY_QUEUE_PREFIX };
                let unique = Uuid::new_v4().to_string();
                let queue = match &dialect {
                    None => format!("{prefix}{unique}"),
                    Some(dialect) => caught(|| dialect.reply_queue(&unique)).ok_or_else(|| {
                        let dialect = dialect.name();
                        ConnectError::InvalidOption(format!("the dialect `{dialect}` panicked"))
                    })?,
                };
                connection.waits_for("declare and consume the reply queue");
                connection.declare_reply_queue(&queue).await.map_err(refused("reply queue"))?;
                let consumer = channel.consume_replies(&queue).await.map_err(refused("reply queue"))?;
                (queue.into(), consumer)
            }
            ReplyTo::Direct => {
                connection.waits_for("consume direct replies");
                let consumer = channel.consume_direct_replies(DIRECT_REPLY_TO).await;
                (
                    SmolStr::new_static(DIRECT_REPLY_TO),
                    consumer.map_err(|source| direct_refused(&connection, source))?,
                )
            }
        };
        let link = Self {
            pending: Pending::default(),
            gathers: Gathers::default(),
            exchanges: ExchangeCache::default(),
            refused_lookups: RefusedLookups::default(),
            ids: CorrelationIds::new(),
            reply_to,
            caller: Caller { user_id, app_id: app_id.map(Arc::from) },
            compression,
            coalescing: coalesces.then(|| Coalescing::new(coalesce, max_reply_bytes)),
            dialect,
            publisher: channel.publisher(),
            confirming: tokio::sync::Mutex::default(),
            settling: Mutex::default(),
            capacity: Notify::new(),
            one_way_capacity: Notify::new(),
            has_received: AtomicBool::new(false),
            abandoned: watch::Sender::new(None),
            connection,
        };
        Ok((link, consumer))
    }

    /// The publisher of one-way messages, if its channel is open.
    pub(crate) fn confirming_now(&self) -> Option<SharedConfirmPublisher> {
        // Locked while the channel is being opened, and for a moment by other tasks that look.
        let confirming = self.confirming.try_lock().ok()?;
        confirming.as_ref().filter(|publisher| publisher.is_open()).cloned()
    }

    /// The publisher of one-way messages; opens its channel if it is not open.
    pub(crate) async fn confirming(&self) -> Result<SharedConfirmPublisher, BrokerError> {
        let mut confirming = self.confirming.lock().await;
        match &*confirming {
            Some(publisher) if publisher.is_open() => return Ok(publisher.clone()),
            Some(_) if self.connection.is_connected() => self.connection.count_leaked_channel(),
            _ => {}
        }
        if confirming.is_some() && self.connection.has_leaked_too_many_channels() {
            // Channel numbers would run out, and only another connection has new ones.
            tracing::warn!("the broker closed too many channels; the client reconnects");
            self.connection.close().await;
            return Err(BrokerError::new(None, "too many channels were closed by the broker"));
        }
        Ok(confirming.insert(self.connection.open_confirm_channel().await?).clone())
    }

    /// Ends the link although its channel is open: nothing can be published on it any more. Its calls fail, and
    /// no others are sent on it.
    pub(crate) fn abandon(&self, disconnect: &Arc<Disconnect>) {
        // A message that was returned before was not taken, although it was confirmed.
        self.settle_returned();
        self.pending.end(EndReason::Disconnected(Arc::clone(disconnect)));
        self.abandoned.send_if_modified(|abandoned| {
            abandoned.is_none() && abandoned.replace(Arc::clone(disconnect)).is_none()
        });
    }

    /// Resolves when the link is [abandoned](Self::abandon), with the reason.
    pub(super) async fn until_abandoned(&self) -> Arc<Disconnect> {
        let mut abandoned = self.abandoned.subscribe();
        loop {
            if let Some(disconnect) = abandoned.borrow_and_update().clone() {
                return disconnect;
            }
            // The sender lives as long as `self`.
            let _ = abandoned.changed().await;
        }
    }

    /// True when a reply or a publisher confirm came over it.
    pub(super) fn has_received(&self) -> bool {
        self.has_received.load(Ordering::Relaxed) || self.connection.findings().has_confirmed()
    }

    /// Fails the calls whose requests were returned, and those whose deadline has passed.
    pub(super) fn sweep(&self, now: Instant) -> SweepResult {
        self.settle_returned();
        let soon_late = self.pending.expire(now);
        let backlog = self.publisher.backlog_state();
        // Locked only while the channel is being opened.
        let confirming = self.confirming.try_lock().ok().and_then(|confirming| confirming.clone());
        let is_full = confirming.as_ref().is_some_and(SharedConfirmPublisher::is_full);
        if backlog.has_capacity {
            self.capacity.notify_waiters();
        }
        if !is_full {
            self.one_way_capacity.notify_waiters();
        }
        let has_more = backlog.has_unwritten || is_full || self.pending.len() > 0 || !self.gathers.is_empty();
        SweepResult { has_more, soon_late }
    }

    /// Fails the calls whose requests were returned.
    ///
    /// When it returns, all of them have their outcome, also those that another task has just taken from the
    /// findings.
    pub(crate) fn settle_returned(&self) {
        let _settling = self.settling.lock().unwrap_or_else(PoisonError::into_inner);
        for id in self.connection.findings().take_returned() {
            if let Some(number) = self.ids.number(&id) {
                self.pending.complete(number, CallOutcome::Unroutable);
            } else if let Some(first) = self.ids.number_of_first(&id) {
                self.pending.complete_all(first, || CallOutcome::Unroutable);
            } else {
                self.gathers.unroutable(&id);
            }
        }
    }
}

/// The error of a client to whom the broker denies direct reply-to.
fn direct_refused(connection: &Connection, source: BrokerError) -> ConnectError {
    let needs_permission =
        source.code() == Some(ACCESS_REFUSED) && connection.broker().direct_replies_need_permission();
    let what = if needs_permission {
        "direct reply-to, for which the user needs the permission to read `amq.rabbitmq.reply-to`"
    } else {
        "direct reply-to"
    };
    ConnectError::Refused { what, source }
}
