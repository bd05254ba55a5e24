//! Reads a client's frames and sends complete requests to the virtual host, no faster than it and the writer
//! handle them.

use std::{collections::HashMap, io, sync::Arc, time::Duration};

use amq_protocol::protocol::{AMQPClass, channel};
use tokio::{
    io::AsyncRead,
    sync::Semaphore,
    time::{Instant, timeout, timeout_at},
};

use super::{assembly::Assembly, blocking::wait_until_unblocked, handshake::Negotiated};
use crate::{
    codec::{Frame, FrameReader, kind, unexpected, unknown},
    interception::{Effect, Interceptor, Step},
    memory::Memory,
    protocol::{Incoming, OutgoingQueue, ProtocolError},
    settings::CLOSE_TIMEOUT,
    shared::Shared,
    vhost::{Command, Mailbox},
};

/// The requests that are sent to the virtual host at once.
const MAX_BATCH: usize = 256;
/// The batches of one connection that may wait for the virtual host.
const MAX_WAITING_BATCHES: usize = 2;

/// The reason why reading has ended.
#[derive(Debug)]
pub(super) enum ReadEnd {
    /// The client closed its side.
    Eof,
    Io(#[expect(dead_code, reason = "shown in the log")] io::Error),
    /// Nothing arrived for two heartbeat periods.
    MissedHeartbeats,
    /// The bytes were not AMQP. The close was written, and its confirmation cannot be read.
    Unreadable,
    /// The virtual host is gone.
    Shutdown,
}

pub(super) struct Reader<R> {
    frames: FrameReader<R>,
    vhost: VhostSender,
    memory: Arc<Memory>,
    max_message_size: u64,
    heartbeat: Option<Duration>,
    reports_blocking: bool,
    /// Publishers are refused instead of not being read.
    refuses_when_low: bool,
    assemblies: HashMap<u16, Assembly>,
    interceptor: Interceptor<Incoming>,
    /// When the bytes in the buffer arrived.
    arrival: Instant,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    pub(super) fn new(
        frames: FrameReader<R>,
        outgoing: Arc<OutgoingQueue>,
        negotiated: &Negotiated,
        shared: &Shared,
        interceptor: Interceptor<Incoming>,
    ) -> Self {
        Self {
            frames,
            vhost: VhostSender {
                outgoing,
                mailbox: negotiated.vhost.clone(),
                batch: Vec::new(),
                permits: Arc::new(Semaphore::new(MAX_WAITING_BATCHES)),
            },
            memory: Arc::clone(&shared.memory),
            max_message_size: shared.settings.max_message_size,
            heartbeat: negotiated.heartbeat,
            reports_blocking: negotiated.capabilities.connection_blocked,
            refuses_when_low: shared.settings.like.refuses_when_low(),
            assemblies: HashMap::new(),
            interceptor,
            arrival: Instant::now(),
        }
    }

    pub(super) async fn run(mut self) -> ReadEnd {
        loop {
            match self.take_frames().await {
                Ok(()) => {}
                // The writer still has to write the reason, and ends the connection.
                Err(ReadEnd::Shutdown) => return self.discard_rest().await,
                Err(ended) => return ended,
            }
            self.vhost.outgoing.until_writable().await;
            let filled = match self.heartbeat {
                None => self.frames.fill().await,
                Some(period) => match timeout(2 * period, self.frames.fill()).await {
                    Ok(filled) => filled,
                    Err(_) => return ReadEnd::MissedHeartbeats,
                },
            };
            match filled {
                Ok(0) => return ReadEnd::Eof,
                Ok(_) => self.arrival = Instant::now(),
                Err(error) => return ReadEnd::Io(error),
            }
        }
    }

    /// Takes every complete frame of the buffer.
    async fn take_frames(&mut self) -> Result<(), ReadEnd> {
        let idle = self.interceptor.is_idle();
        loop {
            match self.frames.next_frame() {
                Ok(None) => break,
                Ok(Some(frame)) => {
                    if is_publish(frame) && !self.refuses_when_low && self.memory.blocked().is_some() {
                        self.vhost.send_batch().await?;
                        wait_until_unblocked(&self.memory, &self.vhost.outgoing, self.reports_blocking).await;
                    }
                    match assemble(frame, &mut self.assemblies, self.max_message_size, &self.memory) {
                        Ok(None) => {}
                        Ok(Some(incoming)) if idle => self.vhost.batch.push(incoming),
                        Ok(Some(incoming)) => self.intercept(incoming).await?,
                        Err(error) => self.vhost.batch.push(Incoming::Invalid(error)),
                    }
                }
                Err(violation) => {
                    self.vhost.batch.push(Incoming::Invalid(violation.error()));
                    self.vhost.send_batch().await?;
                    return Err(self.discard_rest().await);
                }
            }
            if self.vhost.batch.len() >= MAX_BATCH {
                self.vhost.send_batch().await?;
            }
        }
        self.vhost.send_batch().await
    }

    /// Applies the rules to a request.
    async fn intercept(&mut self, incoming: Incoming) -> Result<(), ReadEnd> {
        for step in self.interceptor.apply(incoming) {
            match step {
                Step::Forward(incoming) => self.vhost.batch.push(incoming),
                Step::Truncate(..) => {} // a part of a request is not a request
                Step::Apply(effect) => self.vhost.batch.push(Incoming::Effect(effect)),
                Step::Wait(wait) => {
                    self.vhost.send_batch().await?;
                    match self.heartbeat {
                        None => wait.over(self.arrival).await,
                        Some(period) => {
                            timeout(2 * period, wait.over(self.arrival))
                                .await
                                .map_err(|_| ReadEnd::MissedHeartbeats)?;
                        }
                    }
                }
                Step::Reset | Step::Break => {
                    self.vhost.batch.push(Incoming::Effect(Effect::Reset));
                    self.vhost.send_batch().await?;
                    // The writer ends the connection when the virtual host has handled what came before.
                    return std::future::pending().await;
                }
            }
        }
        Ok(())
    }

    /// Gives the client time to read the reason of the close: closing a socket with unread bytes would reset
    /// it.
    async fn discard_rest(&mut self) -> ReadEnd {
        let deadline = Instant::now() + CLOSE_TIMEOUT;
        while let Ok(Ok(1..)) = timeout_at(deadline, self.frames.discard()).await {}
        ReadEnd::Unreadable
    }
}

/// Collects requests and sends them to the virtual host in batches.
struct VhostSender {
    outgoing: Arc<OutgoingQueue>,
    mailbox: Mailbox,
    batch: Vec<Incoming>,
    permits: Arc<Semaphore>,
}

impl VhostSender {
    /// Sends the batch once the virtual host has handled the one before the last.
    async fn send_batch(&mut self) -> Result<(), ReadEnd> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let permit = Arc::clone(&self.permits).acquire_owned().await.expect("it is never closed");
        let requests = std::mem::take(&mut self.batch);
        if self.mailbox.send(Command::Requests { from: self.outgoing.id, requests, _permit: permit }) {
            Ok(())
        } else {
            Err(ReadEnd::Shutdown)
        }
    }
}

fn is_publish(frame: Frame<'_>) -> bool {
    frame.kind == kind::METHOD && frame.payload.starts_with(&[0, 60, 0, 40])
}

/// Adds a frame to the request of its channel; returns the request when it is complete.
fn assemble(
    frame: Frame<'_>,
    assemblies: &mut HashMap<u16, Assembly>,
    max_message_size: u64,
    memory: &Arc<Memory>,
) -> Result<Option<Incoming>, ProtocolError> {
    match (frame.kind, frame.channel) {
        (kind::HEARTBEAT, 0) if frame.payload.is_empty() => Ok(Some(Incoming::Heartbeat)),
        (kind::HEARTBEAT, _) if frame.payload.is_empty() => Err(unexpected(frame)),
        (kind::METHOD, 0) => Assembly::Method.accept(frame, max_message_size, || memory.charge()),
        (kind::HEADER | kind::BODY, 0) => Err(unexpected(frame)),
        (kind::METHOD | kind::HEADER | kind::BODY, channel) => {
            let assembly = assemblies.entry(channel).or_default();
            let assembled = assembly.accept(frame, max_message_size, || memory.charge());
            if let Ok(Some(Incoming::Method(channel, method))) = &assembled
                && ends_channel(method)
            {
                assemblies.remove(channel);
            }
            assembled
        }
        _ => Err(unknown(frame.kind, frame.payload)),
    }
}

fn ends_channel(method: &AMQPClass) -> bool {
    matches!(method, AMQPClass::Channel(channel::AMQPMethod::Close(_) | channel::AMQPMethod::CloseOk(_)))
}
