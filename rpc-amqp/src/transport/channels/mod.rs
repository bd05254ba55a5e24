//! The channels that carry messages, as far as they concern the task that owns the socket.

mod channel;
mod closing;
mod confirms;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;

pub(crate) use channel::{Channel, Deliveries, Received};
pub(crate) use closing::BrokerClose;
pub(crate) use confirms::{ConfirmRange, ConfirmReceiver};

use crate::{error::BrokerError, transport::outbound::Outbound};

/// The open channels of one connection.
#[derive(Debug)]
pub(crate) struct Channels {
    outbound: Arc<Outbound>,
    // Few, and looked up for every delivery.
    open: Mutex<BTreeMap<u16, Arc<Channel>>>,
    /// Why the connection carries no messages any more.
    end: watch::Sender<Option<BrokerError>>,
}

/// The reason of a channel that ended without another one.
pub(crate) fn closed() -> BrokerError {
    BrokerError::new(None, "the channel is closed")
}

impl Channels {
    pub(crate) fn new(outbound: Arc<Outbound>) -> Self {
        Self { outbound, open: Mutex::default(), end: watch::Sender::new(None) }
    }

    pub(crate) fn outbound(&self) -> &Arc<Outbound> {
        &self.outbound
    }

    /// Registers a channel that the broker has opened.
    pub(super) fn open(&self, id: u16) {
        self.outbound.open(id);
        let channel = Arc::new(Channel::new(id, Arc::clone(&self.outbound)));
        if let Some(unclosed) = self.with(|open| open.insert(id, channel)) {
            unclosed.end(&closed());
        }
    }

    /// An open channel; `None` when it was closed.
    pub(crate) fn get(&self, id: u16) -> Option<Arc<Channel>> {
        self.with(|open| open.get(&id).cloned())
    }

    /// The consumer of a delivery; `None` when there is none any more.
    pub(super) fn consumer(&self, channel: u16, tag: &[u8]) -> Option<Deliveries> {
        self.with(|open| open.get(&channel)?.consumer(tag))
    }

    /// Ends a consumer: no delivery follows.
    pub(super) fn end_consumer(&self, channel: u16, tag: &[u8]) {
        self.with(|open| {
            if let Some(channel) = open.get(&channel) {
                channel.end_consumer(tag);
            }
        });
    }

    /// Resolves publisher confirms. Returns false for a confirm of a message that was not published.
    pub(super) fn confirm(&self, channel: u16, range: ConfirmRange) -> bool {
        self.get(channel).is_none_or(|channel| channel.confirm(range))
    }

    /// The broker asks that messages on a channel be held back (`channel.flow`), or no longer.
    pub(super) fn set_flow(&self, channel: u16, active: bool) {
        self.outbound.set_flow(channel, active);
    }

    /// The broker closes a channel. It ends when lapin has handled that, or at once where lapin is closing it itself.
    pub(super) fn start_end(&self, id: u16, error: &BrokerError) -> BrokerClose {
        self.outbound.close(id);
        let close = self.get(id).map_or(BrokerClose::ForLapin, |channel| channel.start_end(error));
        if close == BrokerClose::Crosses {
            self.end_channel(id, error);
        }
        close
    }

    /// Ends a channel. Its number may be used again. The first reason counts.
    pub(super) fn end_channel(&self, id: u16, error: &BrokerError) {
        self.outbound.close(id);
        if let Some(channel) = self.with(|open| open.remove(&id)) {
            channel.end(error);
        }
    }

    /// Ends the connection, with all its channels. The first reason counts.
    pub(crate) fn end(&self, error: &BrokerError) {
        self.outbound.close_all();
        self.end.send_if_modified(|end| {
            let is_first = end.is_none();
            end.get_or_insert_with(|| error.clone());
            is_first
        });
        let open = self.with(std::mem::take);
        open.values().for_each(|channel| channel.end(error));
    }

    /// Returns whether the connection has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.end.borrow().is_some()
    }

    /// Resolves when the connection has ended.
    pub(crate) async fn ended(&self) -> BrokerError {
        let mut end = self.end.subscribe();
        match end.wait_for(Option::is_some).await.map(|end| end.clone()) {
            Ok(Some(error)) => error,
            // The sender lives as long as `self`.
            Ok(None) | Err(_) => BrokerError::new(None, "the connection was lost"),
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<u16, Arc<Channel>>) -> T) -> T {
        work(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
