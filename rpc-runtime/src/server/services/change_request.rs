//! Changing what a server serves while it runs: what is asked of its supervisor.

use tokio::sync::oneshot;

use super::{active_subscription::SubscriptionInfo, service_set::Registration};
use crate::{
    error::ChangeError,
    server::{config::Pattern, shutdown_report::ShutdownReport},
};

pub(crate) type Done<T> = oneshot::Sender<Result<T, ChangeError>>;

/// What becomes of a change is told to whoever asked for it, if anybody still waits.
pub(crate) enum ChangeRequest {
    Add(Registration, Done<()>),
    Remove(String, Done<ShutdownReport>),
    Subscribe(Registration, Done<SubscriptionInfo>),
    Unsubscribe(SubscriptionInfo, Done<ShutdownReport>),
    Rebind { shown: SubscriptionInfo, bind: Vec<Pattern>, unbind: Vec<Pattern>, done: Done<()> },
}

impl ChangeRequest {
    /// Nothing was changed, because of `error`.
    pub(crate) fn refuse(self, error: ChangeError) {
        // Whoever has stopped waiting does not want to know.
        match self {
            Self::Add(_, done) | Self::Rebind { done, .. } => drop(done.send(Err(error))),
            Self::Remove(_, done) | Self::Unsubscribe(_, done) => drop(done.send(Err(error))),
            Self::Subscribe(_, done) => drop(done.send(Err(error))),
        }
    }

    /// Whether nobody waits for it any more: it must not happen behind their backs.
    pub(crate) fn is_abandoned(&self) -> bool {
        match self {
            Self::Add(_, done) | Self::Rebind { done, .. } => done.is_closed(),
            Self::Remove(_, done) | Self::Unsubscribe(_, done) => done.is_closed(),
            Self::Subscribe(_, done) => done.is_closed(),
        }
    }
}
