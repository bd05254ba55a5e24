//! Replies to direct addresses, over a connection of their own.
//!
//! A request is acknowledged once the broker has confirmed its reply; before, when the reply says that the method never runs. When the connection breaks, what was on its way is sent again
//! on the next one, each reply alone: the one on which it breaks again is to blame.

mod waiting;

use std::{collections::BTreeMap, future::Future, pin::pin, sync::Arc, time::Duration};

use amqp_rpc_transport::{
    Addressed, Backoff, ConfirmedPublisher, ConnectOptions, Connection, DataChannel, Inbound, chain, connect,
};
use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::Instant,
};

use self::waiting::{DirectReply, PendingReplies, Shed};
use super::settle::{Settlement, Settlements, promises_never_to_run};
use crate::{
    codec::AnyCodec,
    message::{Fault, Reply},
    server::{config::shown, settings::Settings, stats::Counters},
    wire::reply,
};

/// So long after the last confirm, while some are due, the connection counts as silent: half-open, or blocked by the broker.
const SILENCE: Duration = Duration::from_secs(1);

/// What the task for direct replies is sent.
#[allow(clippy::large_enum_variant, reason = "nearly all are answers")]
pub(crate) enum DirectCommand {
    Answer {
        tag: u64,
        reply_to: String,
        correlation_id: Option<String>,
        codec: AnyCodec,
        outcome: Result<Reply, Fault>,
    },
    /// It says that the method never runs, and its request is acknowledged.
    Refusal(DirectReply),
    /// Nothing that comes later counts.
    Stop,
}

/// The task. Owned by its epoch: when the requests cannot be acknowledged any more, their replies need not be sent.
pub(crate) struct DirectReplySender {
    options: ConnectOptions,
    inbound: Inbound,
    answers: mpsc::UnboundedReceiver<DirectCommand>,
    /// Where refusals come back to.
    refused: mpsc::UnboundedSender<DirectCommand>,
    /// Those whose requests are being acknowledged.
    acknowledging: JoinSet<()>,
    requests: DataChannel,
    settlements: Settlements,
    counters: Arc<Counters>,
    waiting: PendingReplies,
    stopping: bool,
}

impl DirectReplySender {
    /// To the broker of `connection`, whose requests are settled by way of `settlements`.
    pub(crate) fn new(
        connection: &Connection,
        requests: DataChannel,
        (refused, answers): (mpsc::UnboundedSender<DirectCommand>, mpsc::UnboundedReceiver<DirectCommand>),
        settlements: Settlements,
        settings: &Settings,
    ) -> Self {
        let (options, inbound) = connection.options();
        Self {
            options: options.clone(),
            inbound: inbound.clone(),
            answers,
            refused,
            acknowledging: JoinSet::new(),
            requests,
            settlements,
            counters: Arc::clone(&settings.counters),
            // Whichever queue they came from, the other half of its window goes on.
            waiting: PendingReplies::new(usize::from(settings.concurrency / 2)),
            stopping: false,
        }
    }

    /// Sends replies until told to stop, and then those that are left. Connects when there is a first one.
    pub(crate) async fn run(mut self) {
        let mut publisher = None;
        let mut backoff = Backoff::default();
        let mut delay = Duration::ZERO;
        loop {
            while self.waiting.is_empty() && !self.stopping {
                let answer = self.answers.recv().await;
                self.take(answer);
            }
            if self.stopping {
                self.gather_refusals().await;
            }
            if self.waiting.is_empty() {
                break;
            }
            let connected = match publisher.take() {
                Some(connected) => connected,
                None => self.connect(&mut backoff, delay).await,
            };
            publisher = if self.waiting.is_suspect() {
                self.send_alone(connected).await
            } else {
                self.send_together(connected).await
            };
            if publisher.is_none() {
                delay = backoff.next_delay();
            }
        }
        if let Some(publisher) = publisher {
            publisher.close().await;
        }
    }

    async fn connect(&mut self, backoff: &mut Backoff, mut delay: Duration) -> ConfirmedPublisher {
        loop {
            let (options, inbound) = (self.options.clone(), self.inbound.clone());
            let connecting = async move {
                tokio::time::sleep(delay).await;
                connect(&options, &inbound, ConfirmedPublisher::open).await
            };
            match self.meanwhile(connecting, None).await {
                Ok(connected) => {
                    // A connection that breaks is answered by the next one after a short pause, which bounds how often that is.
                    *backoff = Backoff::default();
                    return connected;
                }
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "there is no connection for direct replies, and it is tried again");
                    delay = backoff.next_delay();
                }
            }
        }
    }

    /// Sends all that waits, and what comes, until nothing is left. Returns the publisher unless it broke.
    ///
    /// A connection that is silent is given nothing more: what it was given cannot make way any longer.
    async fn send_together(&mut self, publisher: ConfirmedPublisher) -> Option<ConfirmedPublisher> {
        let mut sent = BTreeMap::new();
        let mut confirms = FuturesUnordered::new();
        let mut number = 0u64;
        let mut silence = pin!(tokio::time::sleep(SILENCE));
        // Since the timer was set. It is not set anew at every confirm, which would cost more than the confirm.
        let mut heard = false;
        let mut is_silent = false;
        loop {
            while !is_silent && let Some((reply, _)) = self.waiting.pop() {
                let (this, publish) = (number, publisher.publish(reply.message.clone()));
                confirms.push(async move { (this, publish.await) });
                sent.insert(number, reply);
                number += 1;
            }
            tokio::select! {
                biased;
                confirmed = confirms.next() => match confirmed {
                    Some((this, Ok(()))) => {
                        (heard, is_silent) = (true, false);
                        self.settle(sent.remove(&this));
                    }
                    Some((_, Err(error))) => {
                        tracing::warn!(%error, replies = sent.len(), "the connection for direct replies broke; they are sent again, one by one");
                        self.waiting.suspect(sent.into_values());
                        self.relieve(None);
                        return None;
                    }
                    None => break,
                },
                () = &mut silence, if !is_silent => {
                    is_silent = !std::mem::take(&mut heard);
                    silence.as_mut().reset(Instant::now() + SILENCE);
                    if is_silent {
                        tracing::warn!(replies = sent.len(), "the connection for direct replies is silent; their requests are acknowledged early");
                        self.relieve(sent.values_mut());
                    }
                }
                answer = self.answers.recv(), if !self.stopping => {
                    self.take(answer);
                    if is_silent {
                        self.relieve(sent.values_mut());
                    }
                }
            }
        }
        drop(confirms);
        Some(publisher)
    }

    /// Sends one that was on its way when a connection broke. Returns the publisher unless it broke again.
    async fn send_alone(&mut self, publisher: ConfirmedPublisher) -> Option<ConfirmedPublisher> {
        let (mut suspect, _) = self.waiting.pop()?;
        let publish = publisher.publish(suspect.message.clone());
        match self.meanwhile(publish, Some(&mut suspect)).await {
            Ok(()) => {
                self.settle(Some(suspect));
                Some(publisher)
            }
            Err(error) => {
                self.counters.hostile_reply_addresses.add_one();
                let address = shown(&suspect.address);
                tracing::warn!(%error, address, "a reply was dropped: the broker closes the connection over its address");
                self.settle(Some(suspect));
                None
            }
        }
    }

    /// Takes what comes while the connection is not at its best, and one reply perhaps on its way.
    async fn meanwhile<T>(
        &mut self,
        future: impl Future<Output = T>,
        mut on_its_way: Option<&mut DirectReply>,
    ) -> T {
        let mut future = pin!(future);
        loop {
            tokio::select! {
                biased;
                output = &mut future => return output,
                answer = self.answers.recv(), if !self.stopping => {
                    self.take(answer);
                    self.relieve(on_its_way.as_deref_mut());
                }
            }
        }
    }

    fn take(&mut self, answer: Option<DirectCommand>) {
        while self.acknowledging.try_join_next().is_some() {}
        let (tag, reply_to, correlation_id, codec, outcome) = match answer {
            Some(DirectCommand::Answer { tag, reply_to, correlation_id, codec, outcome }) => {
                (tag, reply_to, correlation_id, codec, outcome)
            }
            Some(DirectCommand::Refusal(reply)) => return self.waiting.push(reply),
            Some(DirectCommand::Stop) | None => {
                self.stopping = true;
                return;
            }
        };
        let promises = promises_never_to_run(&outcome);
        let (properties, body) = reply::compose(correlation_id, &codec, outcome);
        let body_bytes = body.len();
        match Addressed::without_headers(reply_to.clone(), properties, body) {
            Ok(message) => {
                let reply = DirectReply { tag: Some(tag), address: reply_to, body_bytes, message };
                if promises {
                    self.acknowledge_first(reply);
                } else {
                    self.waiting.push(reply);
                }
            }
            Err(error) => {
                tracing::error!(%error, "a reply could not be written; its request goes to the dead letters");
                self.tell(Settlement::Reject { tag });
            }
        }
    }

    /// As the settler does it: what the caller is told is not run must not come again. But this reply leaves over another connection, which
    /// may overtake: so it waits until the broker has handled the acknowledgement.
    fn acknowledge_first(&mut self, reply: DirectReply) {
        let Some(tag) = reply.tag else { return self.waiting.push(reply) };
        let (settled, is_settled) = oneshot::channel();
        self.tell(Settlement::AckNow { tag, settled });
        let (requests, refused) = (self.requests.clone(), self.refused.clone());
        self.acknowledging.spawn(async move {
            // A channel that is lost takes the refusal with it: the request may come again, and another server answers.
            if is_settled.await.is_ok() && requests.round_trip().await.is_ok() {
                let _ = refused.send(DirectCommand::Refusal(DirectReply { tag: None, ..reply }));
            }
        });
    }

    /// Waits for the refusals that are under way, and takes no other answers.
    async fn gather_refusals(&mut self) {
        while self.acknowledging.join_next().await.is_some() {}
        while let Ok(answer) = self.answers.try_recv() {
            if let DirectCommand::Refusal(reply) = answer {
                self.waiting.push(reply);
            }
        }
    }

    /// The reply is with the broker, or given up.
    fn settle(&self, reply: Option<DirectReply>) {
        if let Some(tag) = reply.and_then(|reply| reply.tag) {
            self.tell(Settlement::Done { tag });
        }
    }

    fn relieve<'a>(&mut self, on_their_way: impl IntoIterator<Item = &'a mut DirectReply>) {
        let Shed { acknowledge, lost } = self.waiting.relieve(on_their_way.into_iter());
        acknowledge.into_iter().for_each(|tag| self.tell(Settlement::Done { tag }));
        for reply in lost {
            self.counters.lost_direct_replies.add_one();
            tracing::warn!(address = shown(&reply.address), "a direct reply was dropped: too many wait");
            self.settle(Some(reply));
        }
    }

    fn tell(&self, settlement: Settlement) {
        // Without a settler the channel is gone, and the broker delivers again.
        let _ = self.settlements.send(settlement);
    }
}
