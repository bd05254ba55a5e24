//! The senders of messages that nobody answers: they write down what they were told of each.

use std::{borrow::Cow, future::Future, sync::Arc, time::Duration};

use amqp_rpc::{CallError, Client, Event, Execution, NoError, Notification, Notify, Publish};

use crate::{
    callers::{BOUND, Desk, Ended, watch},
    dice::Dice,
    message_ledger::{MessageLedger, Word},
    messages::{MESSAGE_MIX, MessageKind, topic_of},
    outcomes::label,
    receivers::{ArchiveClient, NewsClient, PostClient},
};

/// One sender: one message at a time.
pub(crate) struct Sender {
    desk: Arc<Desk>,
    dice: Dice,
    post: PostClient,
    archive: ArchiveClient,
    news: NewsClient,
}

/// How one message is sent.
#[derive(Clone, Copy)]
struct Terms {
    key: u64,
    kind: MessageKind,
    timeout: Duration,
    fails_fast: bool,
    /// Its sender lets go of it after this time.
    dropped_after: Option<Duration>,
}

impl Sender {
    pub(crate) fn new(desk: Arc<Desk>, client: Client, dice: Dice) -> Self {
        Self {
            desk,
            dice,
            post: PostClient::new(client.clone()),
            archive: ArchiveClient::new(client.clone()),
            news: NewsClient::new(client),
        }
    }

    /// Where it writes to.
    pub(crate) fn messages(&self) -> &Arc<MessageLedger> {
        &self.desk.messages
    }

    /// Sends any message. `None` when the ledger is full.
    pub(crate) async fn send(&mut self) -> Option<()> {
        let kind = self.dice.weighted(MESSAGE_MIX);
        let key = self.desk.messages.make(kind)?;
        let timeout = [100, 1000, 5000].map(Duration::from_millis)[self.dice.below(3) as usize];
        let dropped_after = self.dice.one_in(30).then(|| self.dice.millis(0, 15));
        let fails_fast = self.dice.one_in(12);
        // Some take as long as real work does, and some longer, so that they are interrupted.
        let micros = match self.dice.below(12) {
            0 => self.dice.below(300_000),
            1..=3 => self.dice.below(20_000),
            _ => 0,
        };
        let terms = Terms { key, kind, timeout, fails_fast, dropped_after };
        match kind {
            MessageKind::Note => self.notify(self.post.note(key, micros), terms).await,
            MessageKind::NoteAgain => self.notify(self.post.note_again(key, micros), terms).await,
            MessageKind::NoteOnce => self.notify(self.post.note_once(key, micros), terms).await,
            MessageKind::NoteRefused => self.notify(self.post.refuse(key), terms).await,
            MessageKind::NoteQuorum => self.notify(self.archive.store(key, micros), terms).await,
            MessageKind::Event => self.publish(self.news.told(key, micros), terms).await,
            MessageKind::EventAgain => self.publish(self.news.told_again(key, micros), terms).await,
            MessageKind::EventOnce => self.publish(self.news.told_once(key, micros), terms).await,
        }
        Some(())
    }

    /// Publishes one event, to see who receives it. `None` when the ledger is full.
    pub(crate) async fn probe(&mut self) -> Option<u64> {
        let (kind, timeout) = (MessageKind::EventAgain, Duration::from_secs(1));
        let key = self.desk.messages.make(kind)?;
        let terms = Terms { key, kind, timeout, fails_fast: false, dropped_after: None };
        self.publish(self.news.told_again(key, 0), terms).await;
        Some(key)
    }

    async fn notify<R: Notification>(&self, message: Notify<R>, terms: Terms) {
        let message = message.timeout(terms.timeout);
        let message = if terms.fails_fast { message.fail_fast() } else { message };
        self.observe(message, terms).await;
    }

    async fn publish<E: Event>(&self, message: Publish<E>, terms: Terms) {
        self.observe(message.topic(topic_of(terms.key)).timeout(terms.timeout), terms).await;
    }

    async fn observe(&self, message: impl Future<Output = Result<(), CallError<NoError>>>, terms: Terms) {
        let Terms { key, kind, timeout, dropped_after, .. } = terms;
        let desk = &self.desk;
        let (word, outcome) = match watch(message, timeout + BOUND, dropped_after).await {
            None => {
                let claim =
                    format!("message {key}, {kind:?}: no word {BOUND:?} after its timeout of {timeout:?}");
                desk.messages.journal.violations.add(&claim);
                (Word::Unknown, Cow::Borrowed("hangs"))
            }
            Some(Ended::Dropped) => (Word::Dropped, Cow::Borrowed("dropped")),
            Some(Ended::With(Ok(()))) => (Word::Confirmed, Cow::Borrowed("confirmed")),
            Some(Ended::With(Err(error))) => {
                let word = match error.execution() {
                    Execution::Never => Word::Never,
                    _ => Word::Unknown,
                };
                (word, label(&error))
            }
        };
        desk.message_outcomes.add(kind, &outcome);
        desk.messages.end(key, word, &outcome);
    }
}
