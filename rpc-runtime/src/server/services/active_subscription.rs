//! A handle to a subscription of a running server: changes it, and ends it.

use std::fmt;

use tokio::sync::mpsc;

use super::{change_request::ChangeRequest, event_receiver::SubscriptionInfo};
use crate::{
    contract::Event,
    error::ChangeError,
    server::{
        config::{Pattern, Subscriber, patterns},
        shutdown_report::ShutdownReport,
    },
};

/// A handle to a subscription of a running server. Clones refer to the same one; dropping them changes
/// nothing.
///
/// Changes survive reconnects. During an outage every change fails with `NotConnected`, and is not made.
#[derive(Clone)]
pub struct ActiveSubscription {
    pub(crate) info: SubscriptionInfo,
    pub(crate) changes: mpsc::Sender<ChangeRequest>,
}

impl ActiveSubscription {
    /// The service whose events are received.
    #[must_use]
    pub fn service(&self) -> &'static str {
        self.info.service
    }

    /// The group's name; `None` for a listener.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        match &self.info.by {
            Subscriber::Group(name) => Some(name),
            Subscriber::Listener => None,
        }
    }

    /// Receives the event `E` with these topics as well: see [`Subscription::to`](crate::Subscription::to).
    /// Returns when every such event that is published from now on is received. When the future is dropped
    /// before, they may be received or not; asking again is harmless.
    ///
    /// # Errors
    /// `Refused` for an invalid pattern, for an event of another service, and when the server does not
    /// bind its queues (`Declare::Passive` or `None`); `NotServed` when it was unsubscribed; `NotConnected`
    /// and `Ended` when connection or server end before it is done. The broker may have bound or unbound some
    /// patterns by then, until the server connects again.
    pub async fn add<E: Event>(
        &self,
        topics: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<(), ChangeError> {
        self.rebind(patterns::<E>(topics).collect(), Vec::new()).await
    }

    /// Stops receiving the event `E` by these patterns, which are compared as they are written. Events that
    /// wait already are still received, and so are those that another pattern matches.
    ///
    /// For a group this affects all its members, but a member that starts with the pattern binds it again. It
    /// need not be a pattern of this program: this also unbinds patterns that an earlier version has left
    /// behind. When the future is dropped before it resolves, the patterns may be unbound or not.
    ///
    /// # Errors
    /// As for [`add`](Self::add).
    pub async fn remove<E: Event>(
        &self,
        topics: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<(), ChangeError> {
        self.rebind(Vec::new(), patterns::<E>(topics).collect()).await
    }

    /// Ends the subscription, and returns when the events that are being handled are done. Those that take
    /// longer than the drain timeout are cancelled and requeued, and the report names them, like those that a
    /// lost connection ends before.
    ///
    /// A group's queue stays and keeps gathering events, for its other members or until it is subscribed
    /// again. A listener's queue is deleted, with the events in it.
    ///
    /// # Errors
    /// `NotServed` when it was unsubscribed before; `NotConnected` during an outage. Dropping the future does
    /// not undo it; before its first poll nothing has happened.
    pub async fn unsubscribe(self) -> Result<ShutdownReport, ChangeError> {
        let Self { info: subscription, changes } = self;
        ChangeRequest::send(&changes, |reply| ChangeRequest::Unsubscribe { subscription, reply }).await
    }

    async fn rebind(&self, bind: Vec<Pattern>, unbind: Vec<Pattern>) -> Result<(), ChangeError> {
        let subscription = self.info.clone();
        let request = |reply| ChangeRequest::Rebind { subscription, bind, unbind, reply };
        ChangeRequest::send(&self.changes, request).await
    }
}

impl fmt::Debug for ActiveSubscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActiveSubscription")
            .field("service", &self.service())
            .field("group", &self.group())
            .finish_non_exhaustive()
    }
}
