//! Publishes direct replies: together while the connection works, alone after it broke.

use std::{collections::BTreeMap, pin::pin, time::Duration};

use amqp_rpc_transport::ExclusiveConfirmPublisher;
use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::time::Instant;

use super::DirectReplySender;
use crate::server::config::loggable_address;

/// So long after the last confirm, while some are due, the connection counts as silent: half-open, or blocked
/// by the broker.
const SILENCE: Duration = Duration::from_secs(1);

impl DirectReplySender {
    /// Sends all replies that wait, and those that come, until none is left. Returns the publisher unless it
    /// broke.
    ///
    /// Nothing more is published to a silent connection: what was published to it could not be dropped any
    /// more.
    pub(super) async fn send_together(
        &mut self,
        publisher: ExclusiveConfirmPublisher,
    ) -> Option<ExclusiveConfirmPublisher> {
        let mut unconfirmed = BTreeMap::new();
        let mut confirms = FuturesUnordered::new();
        let mut next_number = 0u64;
        let mut silence = pin!(tokio::time::sleep(SILENCE));
        // Since the timer was set. It is not reset at every confirm, which would cost more than the confirm.
        let mut was_confirmed = false;
        let mut is_silent = false;
        loop {
            while !is_silent && let Some(reply) = self.backlog.pop() {
                let (number, publish) = (next_number, publisher.publish(reply.message.clone()));
                confirms.push(async move { (number, publish.await) });
                unconfirmed.insert(number, reply);
                next_number += 1;
            }
            tokio::select! {
                biased;
                confirmed = confirms.next() => match confirmed {
                    Some((number, Ok(()))) => {
                        (was_confirmed, is_silent) = (true, false);
                        self.settle(unconfirmed.remove(&number));
                    }
                    Some((_, Err(error))) if error.is_low_on_disk() => self.fail(error).await,
                    Some((_, Err(error))) => {
                        tracing::warn!(%error, replies = unconfirmed.len(), "the connection for direct replies was lost; they are sent again, one by one");
                        self.backlog.push_suspects(unconfirmed.into_values());
                        self.release(None);
                        return None;
                    }
                    None => break,
                },
                () = &mut silence, if !is_silent => {
                    is_silent = !std::mem::take(&mut was_confirmed);
                    silence.as_mut().reset(Instant::now() + SILENCE);
                    if is_silent {
                        tracing::warn!(replies = unconfirmed.len(), "the connection for direct replies does not confirm; their requests are acknowledged early");
                        self.release(unconfirmed.values_mut());
                    }
                }
                command = self.commands.recv(), if !self.stopping => {
                    self.take(command);
                    if is_silent {
                        self.release(unconfirmed.values_mut());
                    }
                }
            }
        }
        drop(confirms);
        Some(publisher)
    }

    /// Sends one reply that was unconfirmed when a connection broke. Returns the publisher unless it broke
    /// again.
    pub(super) async fn send_alone(
        &mut self,
        publisher: ExclusiveConfirmPublisher,
    ) -> Option<ExclusiveConfirmPublisher> {
        let mut suspect = self.backlog.pop()?;
        let publish = publisher.publish(suspect.message.clone());
        match self.take_during(publish, Some(&mut suspect)).await {
            Ok(()) => {
                self.settle(Some(suspect));
                Some(publisher)
            }
            Err(error) if error.is_low_on_disk() => self.fail(error).await,
            Err(error) => {
                self.counters.malformed_reply_addresses.add_one();
                let address = loggable_address(&suspect.address);
                tracing::warn!(%error, address, "a reply was dropped: its direct reply-to address makes the broker close the connection");
                self.settle(Some(suspect));
                None
            }
        }
    }
}
