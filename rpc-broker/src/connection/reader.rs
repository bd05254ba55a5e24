//! Reads a client's frames and hands complete requests to the vhost, no faster than the vhost and the writer take them.

use std::{collections::HashMap, io, sync::Arc, time::Duration};

use amq_protocol::protocol::{AMQPClass, channel, connection};
use tokio::{
    io::AsyncRead,
    sync::Semaphore,
    time::{Instant, timeout, timeout_at},
};

use super::{Incoming, Link, Outgoing, assembly::Assembly, handshake::Agreement};
use crate::{
    codec::{Frame, FrameReader, kind, unexpected, unknown},
    faults::{Decree, Step, Tap},
    memory::Memory,
    refusal::{Refusal, reply_text},
    settings::CLOSING,
    shared::Shared,
    vhost::{Command, Mailbox},
};

/// How many requests go to the vhost at once.
const BATCH: usize = 256;
/// How many batches of one connection may wait for the vhost.
const BATCHES_WAITING: usize = 2;

/// Why nothing more is read.
#[derive(Debug)]
pub(super) enum Ended {
    /// The client closed its side.
    Eof,
    Io(#[expect(dead_code, reason = "shown in the log")] io::Error),
    /// Nothing came for two heartbeats.
    MissedHeartbeats,
    /// The bytes were no AMQP; the close was said, and its answer cannot be read.
    Unreadable,
    /// The vhost is gone.
    Shutdown,
}

pub(super) struct Reader<R> {
    frames: FrameReader<R>,
    link: Arc<Link>,
    vhost: Mailbox,
    memory: Arc<Memory>,
    largest_message: u64,
    heartbeat: Option<Duration>,
    says_blocked: bool,
    assemblies: HashMap<u16, Assembly>,
    batch: Vec<Incoming>,
    turns: Arc<Semaphore>,
    tap: Tap<Incoming>,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    pub(super) fn new(
        frames: FrameReader<R>,
        link: Arc<Link>,
        agreement: &Agreement,
        shared: &Shared,
        tap: Tap<Incoming>,
    ) -> Self {
        Self {
            frames,
            link,
            vhost: agreement.vhost.clone(),
            memory: Arc::clone(&shared.memory),
            largest_message: shared.settings.max_message_size,
            heartbeat: agreement.heartbeat,
            says_blocked: agreement.capabilities.connection_blocked,
            assemblies: HashMap::new(),
            batch: Vec::new(),
            turns: Arc::new(Semaphore::new(BATCHES_WAITING)),
            tap,
        }
    }

    pub(super) async fn run(mut self) -> Ended {
        loop {
            match self.take_frames().await {
                Ok(()) => {}
                // The writer still has to say why, and ends the connection.
                Err(Ended::Shutdown) => return self.discard_the_rest().await,
                Err(ended) => return ended,
            }
            self.link.until_writable().await;
            let filled = match self.heartbeat {
                None => self.frames.fill().await,
                Some(period) => match timeout(2 * period, self.frames.fill()).await {
                    Ok(filled) => filled,
                    Err(_) => return Ended::MissedHeartbeats,
                },
            };
            match filled {
                Ok(0) => return Ended::Eof,
                Ok(_) => {}
                Err(error) => return Ended::Io(error),
            }
        }
    }

    /// Takes every complete frame of the buffer.
    async fn take_frames(&mut self) -> Result<(), Ended> {
        let idle = self.tap.is_idle();
        loop {
            match self.frames.next_frame() {
                Ok(None) => break,
                Ok(Some(frame)) => {
                    if is_publish(frame) && self.memory.blocked().is_some() {
                        hand_over(&mut self.batch, &self.turns, &self.vhost, &self.link).await?;
                        wait_blocked(&self.memory, &self.link, self.says_blocked).await;
                    }
                    match take(frame, &mut self.assemblies, self.largest_message, &self.memory) {
                        Ok(None) => {}
                        Ok(Some(incoming)) if idle => self.batch.push(incoming),
                        Ok(Some(incoming)) => self.pass(incoming).await?,
                        Err(refusal) => self.batch.push(Incoming::Refused(refusal)),
                    }
                }
                Err(violation) => {
                    self.batch.push(Incoming::Refused(violation.refusal()));
                    hand_over(&mut self.batch, &self.turns, &self.vhost, &self.link).await?;
                    return Err(self.discard_the_rest().await);
                }
            }
            if self.batch.len() >= BATCH {
                hand_over(&mut self.batch, &self.turns, &self.vhost, &self.link).await?;
            }
        }
        hand_over(&mut self.batch, &self.turns, &self.vhost, &self.link).await
    }

    /// Does to a request what rules say.
    async fn pass(&mut self, incoming: Incoming) -> Result<(), Ended> {
        for step in self.tap.steps(incoming) {
            match step {
                Step::Go(incoming) => self.batch.push(incoming),
                Step::Half(..) => {} // half a request is none
                Step::Decree(decree) => self.batch.push(Incoming::Decreed(decree)),
                Step::Wait(wait) => {
                    hand_over(&mut self.batch, &self.turns, &self.vhost, &self.link).await?;
                    match self.heartbeat {
                        None => wait.over().await,
                        Some(period) => {
                            timeout(2 * period, wait.over()).await.map_err(|_| Ended::MissedHeartbeats)?;
                        }
                    }
                }
                Step::Reset | Step::Break => {
                    self.batch.push(Incoming::Decreed(Decree::Reset));
                    hand_over(&mut self.batch, &self.turns, &self.vhost, &self.link).await?;
                    // The writer ends the connection when the vhost has done what came before.
                    return std::future::pending().await;
                }
            }
        }
        Ok(())
    }

    /// Gives the client time to read why it is closed: closing a socket with unread bytes would reset it.
    async fn discard_the_rest(&mut self) -> Ended {
        let deadline = Instant::now() + CLOSING;
        while let Ok(Ok(1..)) = timeout_at(deadline, self.frames.discard()).await {}
        Ended::Unreadable
    }
}

/// Sends the batch once the vhost has taken the one before the last.
async fn hand_over(
    batch: &mut Vec<Incoming>,
    turns: &Arc<Semaphore>,
    vhost: &Mailbox,
    link: &Link,
) -> Result<(), Ended> {
    if batch.is_empty() {
        return Ok(());
    }
    let turn = Arc::clone(turns).acquire_owned().await.expect("it is never closed");
    if vhost.send(Command::Input { from: link.id, requests: std::mem::take(batch), _turn: turn }) {
        Ok(())
    } else {
        Err(Ended::Shutdown)
    }
}

/// Stops reading until publishing is allowed again. Nobody watches for heartbeats meanwhile, as with RabbitMQ.
async fn wait_blocked(memory: &Memory, link: &Link, says_blocked: bool) {
    let Some(reason) = memory.blocked() else { return };
    if says_blocked {
        let blocked = connection::Blocked { reason: reply_text(reason.as_ref().to_owned()) };
        link.send(on_connection(connection::AMQPMethod::Blocked(blocked)));
    }
    memory.until_unblocked().await;
    if says_blocked {
        link.send(on_connection(connection::AMQPMethod::Unblocked(connection::Unblocked {})));
    }
}

fn on_connection(method: connection::AMQPMethod) -> Outgoing {
    Outgoing::Method(0, AMQPClass::Connection(method))
}

fn is_publish(frame: Frame<'_>) -> bool {
    frame.kind == kind::METHOD && frame.payload.starts_with(&[0, 60, 0, 40])
}

fn take(
    frame: Frame<'_>,
    assemblies: &mut HashMap<u16, Assembly>,
    largest_message: u64,
    memory: &Arc<Memory>,
) -> Result<Option<Incoming>, Refusal> {
    match (frame.kind, frame.channel) {
        (kind::HEARTBEAT, 0) if frame.payload.is_empty() => Ok(Some(Incoming::Heartbeat)),
        (kind::HEARTBEAT, _) if frame.payload.is_empty() => Err(unexpected(frame)),
        (kind::METHOD, 0) => Assembly::Method.accept(frame, largest_message, || memory.charge()),
        (kind::HEADER | kind::BODY, 0) => Err(unexpected(frame)),
        (kind::METHOD | kind::HEADER | kind::BODY, channel) => {
            let assembly = assemblies.entry(channel).or_default();
            let taken = assembly.accept(frame, largest_message, || memory.charge());
            if let Ok(Some(Incoming::Method(channel, method))) = &taken
                && ends_channel(method)
            {
                assemblies.remove(channel);
            }
            taken
        }
        _ => Err(unknown(frame.kind, frame.payload)),
    }
}

fn ends_channel(method: &AMQPClass) -> bool {
    matches!(method, AMQPClass::Channel(channel::AMQPMethod::Close(_) | channel::AMQPMethod::CloseOk(_)))
}
