//! The calls that what was removed has still to finish.

use std::time::Duration;

use super::{
    change::Done,
    composition::MemberId,
    post::Post,
    roster::Roster,
    shutdown::{AbandonedCall, ShutdownReport},
    worker::Order,
};
use crate::error::ChangeError;

/// How long cancelled calls may take to let go. One that blocks its thread does not.
pub(super) const CANCEL_TIMEOUT: Duration = Duration::from_secs(1);

/// What was removed, and has calls to finish.
pub(super) struct Departure {
    leaving: Vec<MemberId>,
    /// Of workers that end with it.
    let_go: Vec<Post>,
    /// Of workers that stay.
    shared: Vec<Post>,
    roster: Roster,
    done: Option<Done<ShutdownReport>>,
}

impl Departure {
    pub(super) fn new(
        leaving: Vec<MemberId>,
        let_go: Vec<Post>,
        shared: Vec<Post>,
        roster: Roster,
        done: Done<ShutdownReport>,
    ) -> Self {
        Self { leaving, let_go, shared, roster, done: Some(done) }
    }

    /// Waits for the calls to finish, and cancels them when that takes longer than `drain_timeout`. Then whoever asked for it is told.
    pub(super) async fn complete(mut self, drain_timeout: Duration) {
        let report = self.drain(drain_timeout).await;
        if let Some(done) = self.done.take() {
            let _ = done.send(Ok(report));
        }
    }

    async fn drain(&self, drain_timeout: Duration) -> ShutdownReport {
        if tokio::time::timeout(drain_timeout, self.finish()).await.is_ok() {
            return ShutdownReport::default();
        }
        let abandoned = self.unfinished();
        for post in &self.let_go {
            post.order(Order::Abandon);
        }
        for post in &self.shared {
            post.told.send_modify(|told| told.given_up.extend(&self.leaving));
        }
        if tokio::time::timeout(CANCEL_TIMEOUT, self.finish()).await.is_err() {
            for post in &self.let_go {
                post.worker.abort();
            }
        }
        ShutdownReport { abandoned }
    }

    async fn finish(&self) {
        for post in &self.let_go {
            post.told.closed().await;
        }
        for member in &self.leaving {
            self.roster.until_left(*member).await;
        }
    }

    fn unfinished(&self) -> Vec<AbandonedCall> {
        self.leaving.iter().flat_map(|member| self.roster.list_of(*member)).collect()
    }
}

impl Drop for Departure {
    fn drop(&mut self) {
        if let Some(done) = self.done.take() {
            let reason = "it was lost while calls of what was removed still ran; they are cancelled";
            let _ = done.send(Err(ChangeError::NotConnected(reason.into())));
        }
    }
}
