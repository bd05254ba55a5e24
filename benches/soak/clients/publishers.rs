//! The publishers of one-way messages: they record the outcome of each.

use std::{borrow::Cow, future::Future, sync::Arc, time::Duration};

use amqp_rpc::{
    Call, CallError, Client, Execution,
    contract::{Event, NoError, Notification},
};

use super::{
    outcome_counts::label,
    records::Records,
    waiting::{Ended, MAX_OVERRUN, wait_for},
};
use crate::{
    ledgers::{
        message_kinds::{MESSAGE_MIX, MessageKind, topic_of},
        messages::MessageLedger,
        outcome::PublishOutcome,
    },
    random::Rng,
    servers::{ArchiveClient, NewsClient, PostClient},
};

/// Publishes one message at a time.
pub(crate) struct Publisher {
    records: Arc<Records>,
    rng: Rng,
    post: PostClient,
    archive: ArchiveClient,
    news: NewsClient,
}

/// The settings of one message.
#[derive(Clone, Copy)]
struct PublishSettings {
    key: u64,
    kind: MessageKind,
    timeout: Duration,
    fails_fast: bool,
    /// Its publisher drops it after this time.
    dropped_after: Option<Duration>,
}

impl Publisher {
    pub(crate) fn new(records: Arc<Records>, client: Client, rng: Rng) -> Self {
        Self {
            records,
            rng,
            post: PostClient::new(client.clone()),
            archive: ArchiveClient::new(client.clone()),
            news: NewsClient::new(client),
        }
    }

    /// The ledger that it records to.
    pub(crate) fn messages(&self) -> &Arc<MessageLedger> {
        &self.records.messages
    }

    /// Publishes a message of any kind. `None` when the ledger is full.
    pub(crate) async fn send(&mut self) -> Option<()> {
        let kind = self.rng.weighted(MESSAGE_MIX);
        let key = self.records.messages.make(kind)?;
        let timeout = [100, 1000, 5000].map(Duration::from_millis)[self.rng.below(3) as usize];
        let dropped_after = self.rng.one_in(30).then(|| self.rng.millis(0, 15));
        let fails_fast = self.rng.one_in(12);
        // Some take as long as real work does, and some longer, so that they are interrupted.
        let micros = match self.rng.below(12) {
            0 => self.rng.below(300_000),
            1..=3 => self.rng.below(20_000),
            _ => 0,
        };
        let settings = PublishSettings { key, kind, timeout, fails_fast, dropped_after };
        match kind {
            MessageKind::Notification => self.notify(self.post.note(key, micros), settings).await,
            MessageKind::IdempotentNotification => {
                self.notify(self.post.note_again(key, micros), settings).await;
            }
            MessageKind::AtMostOnceNotification => {
                self.notify(self.post.note_once(key, micros), settings).await;
            }
            MessageKind::FailingNotification => self.notify(self.post.refuse(key), settings).await,
            MessageKind::QuorumNotification => self.notify(self.archive.store(key, micros), settings).await,
            MessageKind::Event => self.publish(self.news.reported(key, micros), settings).await,
            MessageKind::IdempotentEvent => {
                self.publish(self.news.reported_again(key, micros), settings).await;
            }
            MessageKind::AtMostOnceEvent => {
                self.publish(self.news.reported_once(key, micros), settings).await;
            }
        }
        Some(())
    }

    /// Publishes one event, to see who receives it. `None` when the ledger is full.
    pub(crate) async fn probe(&mut self) -> Option<u64> {
        let (kind, timeout) = (MessageKind::IdempotentEvent, Duration::from_secs(1));
        let key = self.records.messages.make(kind)?;
        let settings = PublishSettings { key, kind, timeout, fails_fast: false, dropped_after: None };
        self.publish(self.news.reported_again(key, 0), settings).await;
        Some(key)
    }

    async fn notify<R: Notification>(&self, message: Call<R>, settings: PublishSettings) {
        let message = message.timeout(settings.timeout);
        let message = if settings.fails_fast { message.fail_fast() } else { message };
        self.observe(message, settings).await;
    }

    async fn publish<E: Event>(&self, message: Call<E>, settings: PublishSettings) {
        self.observe(message.topic(topic_of(settings.key)).timeout(settings.timeout), settings).await;
    }

    async fn observe(
        &self,
        message: impl Future<Output = Result<(), CallError<NoError>>>,
        settings: PublishSettings,
    ) {
        let PublishSettings { key, kind, timeout, dropped_after, .. } = settings;
        let records = &self.records;
        let (outcome, label) = match wait_for(message, timeout + MAX_OVERRUN, dropped_after).await {
            None => {
                let claim = format!(
                    "message {key}, {kind:?}: no outcome {MAX_OVERRUN:?} after its timeout of {timeout:?}"
                );
                records.messages.journal.violations.add(&claim);
                (PublishOutcome::Unknown, Cow::Borrowed("hangs"))
            }
            Some(Ended::Dropped) => (PublishOutcome::Dropped, Cow::Borrowed("dropped")),
            Some(Ended::With(Ok(()))) => (PublishOutcome::Confirmed, Cow::Borrowed("confirmed")),
            Some(Ended::With(Err(error))) => {
                let outcome = match error.execution() {
                    Execution::Never => PublishOutcome::Never,
                    _ => PublishOutcome::Unknown,
                };
                (outcome, label(&error))
            }
        };
        records.message_outcomes.add(kind, &label);
        records.messages.end(key, outcome, &label);
    }
}
