//! Dead letters, which a task publishes to `{queue}.dead` on a channel of its own.
//!
//! A delivery is acknowledged once the broker has confirmed its letter. Until then it stays unacknowledged: a
//! letter that is returned or nacked is published again, and when the connection is lost the broker delivers
//! the message again. So none is lost, and one may be kept twice.

mod publish;

use std::{collections::VecDeque, sync::Arc};

use amqp_rpc_transport::{
    Backoff, BrokerError, Connection, Properties, SharedConfirmPublisher, reply_code::ACCESS_REFUSED,
};
use bytes::Bytes;
use tokio::sync::mpsc;

use super::{
    direct::DirectCommand,
    settlement::{Settlement, Settlements, UnsentReply},
};
use crate::{
    server::{link_failure::LinkFailure, services::QueuePlan},
    wire::{
        dead_letter::{drop_sent_headers, was_dead_lettered},
        reply_address::is_direct,
    },
};

/// A command to the task for dead letters.
pub(crate) enum DeadLetterCommand {
    Send(Box<DeadLetter>),
    /// Publish what waits, and end.
    Stop,
}

/// A message that failed, and the delivery that is settled once it is kept.
pub(crate) struct DeadLetter {
    pub(crate) tag: u64,
    /// The queue that it came from.
    pub(crate) queue: Arc<QueuePlan>,
    pub(crate) properties: Properties,
    pub(crate) body: Bytes,
    /// Sent once the letter is kept, where a caller waits.
    pub(crate) reply: Option<UnsentReply>,
    /// It did not run, and goes to the end of its own queue instead: only requeued, it would be refused as redelivered.
    pub(crate) runs_again: bool,
}

/// The task that publishes dead letters. Its link owns it: when deliveries can no longer be acknowledged, the
/// broker delivers them again.
pub(crate) struct DeadLetterSender {
    connection: Connection,
    commands: mpsc::UnboundedReceiver<DeadLetterCommand>,
    settlements: Settlements,
    direct: mpsc::UnboundedSender<DirectCommand>,
    /// The prefetch windows bound how many there are.
    backlog: VecDeque<Box<DeadLetter>>,
    /// So many at the front are published one by one: one of them was returned or nacked, or cost the
    /// channel.
    suspects: usize,
    stopping: bool,
    /// Told when the broker is low on disk.
    failure: LinkFailure,
    /// The user may not publish to the default exchange. It is not tried again on this link: each attempt
    /// costs a channel.
    is_denied: bool,
}

/// The state of the channel after letters were published.
enum Published {
    /// All that were published are kept.
    All(SharedConfirmPublisher),
    /// Some are not kept, and are to be published again after a pause.
    Some(SharedConfirmPublisher),
    /// The channel is closed.
    ChannelClosed,
}

impl DeadLetterSender {
    pub(crate) fn new(
        connection: Connection,
        commands: mpsc::UnboundedReceiver<DeadLetterCommand>,
        settlements: Settlements,
        direct: mpsc::UnboundedSender<DirectCommand>,
        failure: LinkFailure,
    ) -> Self {
        Self {
            connection,
            commands,
            settlements,
            direct,
            backlog: VecDeque::new(),
            suspects: 0,
            stopping: false,
            failure,
            is_denied: false,
        }
    }

    /// Publishes letters until told to stop, and then those that are left. Opens its channel for the first
    /// one.
    pub(crate) async fn run(mut self) {
        let mut open = None;
        let mut backoff = Backoff::new(self.connection.options().0);
        loop {
            while self.backlog.is_empty() && !self.stopping {
                let command = self.commands.recv().await;
                self.take(command);
            }
            if self.backlog.is_empty() {
                return;
            }
            if self.is_denied || self.connection.has_leaked_too_many_channels() {
                self.reject_all();
                continue;
            }
            let published = match open.take() {
                Some(publisher) => self.publish(publisher).await,
                None => match self.connection.open_confirm_channel().await {
                    Ok(publisher) => self.publish(publisher).await,
                    Err(error) => {
                        tracing::debug!(%error, "there is no channel for dead letters");
                        Published::ChannelClosed
                    }
                },
            };
            open = match published {
                Published::All(publisher) => {
                    backoff.reset();
                    Some(publisher)
                }
                Published::Some(publisher) => {
                    tokio::time::sleep(backoff.next_delay()).await;
                    Some(publisher)
                }
                Published::ChannelClosed => {
                    tokio::time::sleep(backoff.next_delay()).await;
                    None
                }
            };
        }
    }

    async fn publish(&mut self, publisher: SharedConfirmPublisher) -> Published {
        if self.suspects > 0 {
            self.publish_alone(publisher).await
        } else {
            self.publish_together(publisher).await
        }
    }

    /// Follows a command. `None` when its senders are gone.
    fn take(&mut self, command: Option<DeadLetterCommand>) {
        match command {
            Some(DeadLetterCommand::Send(letter)) => self.backlog.push_back(letter),
            Some(DeadLetterCommand::Stop) | None => self.stopping = true,
        }
    }

    /// Takes the next letter.
    fn pop(&mut self) -> Option<Box<DeadLetter>> {
        self.suspects = self.suspects.saturating_sub(1);
        self.backlog.pop_front()
    }

    /// Takes back letters that are not kept, or not known to be. They are published again, each alone.
    fn push_suspects(&mut self, letters: impl DoubleEndedIterator<Item = Box<DeadLetter>>) {
        for letter in letters.rev() {
            self.backlog.push_front(letter);
            self.suspects += 1;
        }
    }

    /// Settles the delivery of a letter that is kept.
    fn settle(&self, letter: Box<DeadLetter>) {
        match letter.reply {
            None => self.settle_as(Settlement::Ack { tag: letter.tag }),
            Some(reply) if is_direct(&reply.reply_to) => {
                let _ = self.direct.send(DirectCommand::Send(reply));
            }
            Some(reply) => self.settle_as(Settlement::Reply(Box::new(reply))),
        }
    }

    /// Leaves a letter that AMQP or the broker does not take to the broker's dead-lettering. Where the broker would
    /// drop it, it is published without the headers that the message was sent with.
    fn shorten_or_reject(&mut self, mut letter: Box<DeadLetter>, error: &dyn std::fmt::Display) {
        let is_kept_by_broker = self.connection.broker().has_all_with_x()
            && !was_dead_lettered(&letter.properties)
            && letter.queue.dead_letters.as_ref().is_some_and(|queue| queue.is_kept_by_broker);
        if letter.runs_again || is_kept_by_broker || !drop_sent_headers(&mut letter.properties) {
            return self.reject(&letter, error);
        }
        tracing::warn!(queue = letter.queue.name(), %error, "a dead letter is kept without the headers of its message");
        self.push_suspects([letter].into_iter());
    }

    /// Leaves a letter that cannot be published to the broker's dead-lettering.
    fn reject(&self, letter: &DeadLetter, error: &dyn std::fmt::Display) {
        tracing::error!(queue = letter.queue.name(), %error, "a dead letter cannot be published; the message is rejected");
        self.settle_as(Settlement::Reject { tag: letter.tag });
    }

    fn reject_all(&mut self) {
        self.suspects = 0;
        for letter in std::mem::take(&mut self.backlog) {
            self.settle_as(Settlement::Reject { tag: letter.tag });
        }
    }

    /// Notes why the channel was closed.
    fn note_closed(&mut self, error: &BrokerError) {
        if !error.is_channel_error() {
            return;
        }
        self.connection.count_leaked_channel();
        if error.is_low_on_disk() {
            // Deliveries stay unacknowledged, and come again when the broker accepts messages.
            self.failure.report(error.clone());
        } else if error.code() == Some(ACCESS_REFUSED) {
            self.is_denied = true;
            let user = self.connection.display_user();
            let lost = if self.connection.broker().has_all_with_x() {
                "those that were dead-lettered before"
            } else {
                "them"
            };
            tracing::warn!(user, %error, "the user may not publish dead letters; failed messages are rejected, and the broker loses {lost}; allow the user to write to the default exchange, `^(amq\\.default)?$`");
        } else if self.connection.has_leaked_too_many_channels() {
            tracing::warn!(%error, "too many channels were lost over dead letters; failed messages are rejected until the server connects again");
        }
    }

    fn settle_as(&self, settlement: Settlement) {
        // Without a settler the channel is lost, and the broker delivers again.
        let _ = self.settlements.send(settlement);
    }
}
