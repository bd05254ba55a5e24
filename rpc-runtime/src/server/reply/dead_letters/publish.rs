//! Publishes dead letters: together as long as all are kept, one by one after one was not.

use std::{collections::BTreeMap, time::Duration};

use amqp_rpc_transport::{
    BrokerError, Confirm, ConfirmOutcome, PublishError, SharedConfirmPublisher, chain,
    reply_code::ACCESS_REFUSED,
};
use futures_util::{StreamExt, stream::FuturesUnordered};

use super::{DeadLetter, DeadLetterSender, Published};

/// The result of publishing one letter.
enum Outcome {
    Kept,
    /// Its queue is gone.
    Returned,
    Nacked,
    /// The broker was silent for so long.
    Silent(Duration),
}

impl DeadLetterSender {
    /// Publishes all letters that wait, and those that come, until none is left or one is not kept.
    ///
    /// A letter that is returned is confirmed as well. The returns do not tell the letters apart, so with the
    /// first of them all that are confirmed later count as not kept.
    pub(super) async fn publish_together(&mut self, publisher: SharedConfirmPublisher) -> Published {
        let mut unconfirmed = BTreeMap::new();
        let mut confirms = FuturesUnordered::new();
        let mut not_kept = Vec::new();
        let mut next_number = 0u64;
        let mut may_publish = true;
        let closed = loop {
            while may_publish && let Some(letter) = self.pop() {
                match queue(&publisher, &letter) {
                    Ok(confirm) => {
                        let number = next_number;
                        confirms.push(async move { (number, confirm.await) });
                        unconfirmed.insert(number, letter);
                        next_number += 1;
                    }
                    Err(PublishError::Congested) => {
                        self.backlog.push_front(letter);
                        break;
                    }
                    Err(PublishError::Invalid(error)) => self.shorten_or_reject(letter, &error),
                    Err(PublishError::Disconnected(_)) => {
                        // The confirms report why.
                        self.backlog.push_front(letter);
                        may_publish = false;
                    }
                }
            }
            tokio::select! {
                biased;
                confirmed = confirms.next() => match confirmed {
                    Some((number, Ok(outcome))) => {
                        let was_returned = self.was_returned();
                        may_publish &= outcome == ConfirmOutcome::Acked && !was_returned;
                        let letter = unconfirmed.remove(&number);
                        if may_publish {
                            letter.into_iter().for_each(|letter| self.settle(letter));
                        } else {
                            not_kept.extend(letter);
                        }
                    }
                    Some((_, Err(error))) => break Some(error),
                    None => break None,
                },
                command = self.commands.recv(), if !self.stopping => self.take(command),
            }
        };
        drop(confirms);
        not_kept.extend(unconfirmed.into_values());
        self.push_suspects(not_kept.into_iter());
        match closed {
            Some(error) => self.note_closed(&error),
            None if publisher.is_open() && may_publish => return Published::All(publisher),
            None if publisher.is_open() => return Published::Some(publisher),
            None => {}
        }
        Published::ChannelClosed
    }

    /// Publishes one letter that was perhaps not kept before.
    pub(super) async fn publish_alone(&mut self, publisher: SharedConfirmPublisher) -> Published {
        let Some(suspect) = self.pop() else { return Published::All(publisher) };
        let confirm = match queue(&publisher, &suspect) {
            Ok(confirm) => confirm,
            Err(PublishError::Invalid(error)) => {
                self.shorten_or_reject(suspect, &error);
                return Published::All(publisher);
            }
            Err(PublishError::Congested) => {
                self.push_suspects([suspect].into_iter());
                return Published::Some(publisher);
            }
            Err(PublishError::Disconnected(_)) => {
                self.push_suspects([suspect].into_iter());
                return Published::ChannelClosed;
            }
        };
        match self.confirmed(confirm).await {
            Ok(Outcome::Kept) => {
                self.settle(suspect);
                Published::All(publisher)
            }
            Ok(Outcome::Returned) => {
                self.declare_again(&suspect).await;
                self.push_suspects([suspect].into_iter());
                Published::Some(publisher)
            }
            Ok(Outcome::Nacked) => {
                tracing::warn!(
                    queue = suspect.queue.name(),
                    "the broker nacked a dead letter; it is published again"
                );
                self.push_suspects([suspect].into_iter());
                Published::Some(publisher)
            }
            Ok(Outcome::Silent(timeout)) => {
                tracing::warn!(
                    queue = suspect.queue.name(),
                    ?timeout,
                    "the broker does not confirm a dead letter; it is published again"
                );
                // Among the others, none of which waits for another.
                self.backlog.push_back(suspect);
                Published::Some(publisher)
            }
            Err(error) => {
                let is_its_fault = error.code() != Some(ACCESS_REFUSED) && !error.is_low_on_disk();
                if error.is_channel_error() && is_its_fault {
                    self.shorten_or_reject(suspect, &error);
                } else {
                    self.push_suspects([suspect].into_iter());
                }
                self.note_closed(&error);
                Published::ChannelClosed
            }
        }
    }

    async fn confirmed(&self, confirm: Confirm) -> Result<Outcome, BrokerError> {
        let timeout = self.connection.attempt_timeout();
        Ok(match tokio::time::timeout(timeout, confirm).await {
            Ok(Err(error)) => return Err(error),
            Ok(Ok(ConfirmOutcome::Nacked)) => Outcome::Nacked,
            Ok(Ok(ConfirmOutcome::Acked)) if self.was_returned() => Outcome::Returned,
            Ok(Ok(ConfirmOutcome::Acked)) => Outcome::Kept,
            Err(_) => Outcome::Silent(timeout),
        })
    }

    /// Returns whether a letter was returned since the last call. Nothing else that a server publishes is
    /// mandatory.
    fn was_returned(&self) -> bool {
        !self.connection.findings().take_returned().is_empty()
    }

    /// Declares the queue of dead letters again after it was deleted.
    async fn declare_again(&self, letter: &DeadLetter) {
        let queue = &letter.queue;
        tracing::warn!(queue = queue.name(), "the queue of dead letters is gone; it is declared again");
        let timeout = self.connection.attempt_timeout();
        if let Err(error) = queue.declaration.declare(&self.connection, timeout).await {
            tracing::warn!(queue = error.name, error = %chain(&error.source), "the queue of dead letters cannot be declared; it is tried again");
        }
    }
}

fn queue(publisher: &SharedConfirmPublisher, letter: &DeadLetter) -> Result<Confirm, PublishError> {
    let dead_letters = letter.queue.dead_letters.as_ref().map_or("", |queue| &queue.name);
    let queue = if letter.runs_again { letter.queue.name() } else { dead_letters };
    publisher.queue("", queue, &letter.properties, &letter.body, true)
}
