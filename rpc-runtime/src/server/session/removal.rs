//! The calls that what was removed has still to finish.

use std::time::Duration;

use crate::server::{
    consume::{Order, Post},
    reply::Roster,
    services::{Done, MemberId},
    shutdown_report::ShutdownReport,
};

/// How long cancelled calls may take to let go. One that blocks its thread does not.
pub(crate) const CANCEL_TIMEOUT: Duration = Duration::from_secs(1);

/// What was removed, and has calls to finish. Dropped, it tells whoever asked for it which of them did not: those that took too long, or
/// all that ran when the connection was lost or the server ended.
pub(crate) struct Departure {
    leaving: Vec<MemberId>,
    /// Of workers that end with it.
    let_go: Vec<Post>,
    /// Of workers that stay.
    shared: Vec<Post>,
    roster: Roster,
    done: Option<Done<ShutdownReport>>,
}

impl Departure {
    pub(crate) fn new(
        leaving: Vec<MemberId>,
        let_go: Vec<Post>,
        shared: Vec<Post>,
        roster: Roster,
        done: Done<ShutdownReport>,
    ) -> Self {
        leaving.iter().for_each(|member| roster.begin_departure(*member));
        Self { leaving, let_go, shared, roster, done: Some(done) }
    }

    /// Waits for the calls to finish, and cancels them when that takes longer than `drain_timeout`.
    pub(crate) async fn complete(self, drain_timeout: Duration) {
        if tokio::time::timeout(drain_timeout, self.finish()).await.is_ok() {
            return;
        }
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
    }

    async fn finish(&self) {
        for post in &self.let_go {
            post.told.closed().await;
        }
        for member in &self.leaving {
            self.roster.until_left(*member).await;
        }
    }
}

impl Drop for Departure {
    fn drop(&mut self) {
        let leaving = self.leaving.iter();
        let abandoned = leaving.flat_map(|member| self.roster.end_departure(*member)).collect();
        if let Some(done) = self.done.take() {
            let _ = done.send(Ok(ShutdownReport { abandoned }));
        }
    }
}
