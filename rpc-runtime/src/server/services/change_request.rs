//! Requests to change what a running server serves. The supervisor makes the changes, one after the other.

use tokio::sync::{mpsc, oneshot};

use super::{added::Added, event_receiver::SubscriptionInfo, registration::Registration};
use crate::{
    error::ChangeError,
    server::{config::Pattern, shutdown_report::ShutdownReport},
};

/// Sends the outcome of a change to its caller.
pub(crate) type ChangeReply<T> = oneshot::Sender<Result<T, ChangeError>>;

/// A change, and where its caller waits for it.
pub(crate) enum ChangeRequest {
    Add {
        registration: Registration,
        reply: ChangeReply<Added<()>>,
    },
    Remove {
        name: String,
        reply: ChangeReply<ShutdownReport>,
    },
    Subscribe {
        registration: Registration,
        reply: ChangeReply<Added<SubscriptionInfo>>,
    },
    Unsubscribe {
        subscription: SubscriptionInfo,
        reply: ChangeReply<ShutdownReport>,
    },
    Rebind {
        subscription: SubscriptionInfo,
        bind: Vec<Pattern>,
        unbind: Vec<Pattern>,
        reply: ChangeReply<()>,
    },
}

impl ChangeRequest {
    /// Sends a request to the supervisor, and waits until the change is made.
    pub(crate) async fn send<T>(
        requests: &mpsc::Sender<Self>,
        request: impl FnOnce(ChangeReply<T>) -> Self,
    ) -> Result<T, ChangeError> {
        let (reply, outcome) = oneshot::channel();
        requests.send(request(reply)).await.map_err(|_| ChangeError::Ended)?;
        outcome.await.unwrap_or(Err(ChangeError::Ended))
    }

    /// Replies that nothing was changed, because of `error`.
    pub(crate) fn refuse(self, error: ChangeError) {
        match self {
            Self::Add { reply, .. } => drop(reply.send(Err(error))),
            Self::Rebind { reply, .. } => drop(reply.send(Err(error))),
            Self::Remove { reply, .. } | Self::Unsubscribe { reply, .. } => drop(reply.send(Err(error))),
            Self::Subscribe { reply, .. } => drop(reply.send(Err(error))),
        }
    }

    /// Returns whether the caller has stopped waiting. Then the change must not be made: the caller would not
    /// know of it.
    pub(crate) fn is_abandoned(&self) -> bool {
        match self {
            Self::Add { reply, .. } => reply.is_closed(),
            Self::Rebind { reply, .. } => reply.is_closed(),
            Self::Remove { reply, .. } | Self::Unsubscribe { reply, .. } => reply.is_closed(),
            Self::Subscribe { reply, .. } => reply.is_closed(),
        }
    }
}
