//! Writes the frames for a client, in order, and heartbeats when nothing else is to be written.

use std::{io, ops::ControlFlow, sync::Arc, time::Duration};

use amq_protocol::protocol::{AMQPClass, connection};
use tokio::{
    io::AsyncWriteExt,
    sync::mpsc,
    time::{Instant, sleep, timeout_at},
};

use super::{handshake::Negotiated, sink::Sink};
use crate::{
    codec::{write_content, write_heartbeat, write_method},
    interception::{Effect, Interceptor, Step},
    protocol::{Outgoing, OutgoingContent, OutgoingQueue},
    settings::CLOSE_TIMEOUT,
    vhost::{Command, Mailbox},
};

/// The frames that are encoded before they are written.
const MAX_BATCH: usize = 64;
/// The capacity that the buffer keeps after a large message.
const MAX_KEPT_CAPACITY: usize = 256 * 1024;

pub(super) struct Writer<W> {
    sink: W,
    queue: Arc<OutgoingQueue>,
    outgoing: mpsc::UnboundedReceiver<Outgoing>,
    vhost: Mailbox,
    frame_max: u32,
    heartbeat: Option<Duration>,
    buffer: Vec<u8>,
    /// When to stop waiting for close-ok, once the broker has closed the connection.
    close_deadline: Option<Instant>,
    interceptor: Interceptor<Outgoing>,
}

/// How the writer ends the connection.
enum WriteEnd {
    Closed,
    Reset,
    /// What was written arrives; what the client still sends is ignored.
    Broken,
}

impl<W: Sink> Writer<W> {
    pub(super) fn new(
        sink: W,
        queue: Arc<OutgoingQueue>,
        outgoing: mpsc::UnboundedReceiver<Outgoing>,
        negotiated: &Negotiated,
        interceptor: Interceptor<Outgoing>,
    ) -> Self {
        Self {
            sink,
            queue,
            outgoing,
            vhost: negotiated.vhost.clone(),
            frame_max: negotiated.frame_max,
            // Twice per period: one may be lost on the way.
            heartbeat: negotiated.heartbeat.map(|period| period / 2),
            buffer: Vec::new(),
            close_deadline: None,
            interceptor,
        }
    }

    /// Ends at [`Outgoing::End`] or [`Outgoing::Reset`], when the socket breaks, or when the client does not
    /// confirm a close in time.
    pub(super) async fn run(mut self) -> io::Result<()> {
        let mut items = Vec::with_capacity(MAX_BATCH);
        loop {
            let wake = self.next_wake();
            let received = match wake {
                None => self.outgoing.recv_many(&mut items, MAX_BATCH).await,
                Some(at) => match timeout_at(at, self.outgoing.recv_many(&mut items, MAX_BATCH)).await {
                    Ok(received) => received,
                    Err(_) if self.close_deadline.is_some_and(|deadline| deadline <= Instant::now()) => {
                        return Ok(());
                    }
                    Err(_) => {
                        // The heartbeat does not come from the queue, so nothing counts as written.
                        if let ControlFlow::Break(end) = self.write(&[Outgoing::Heartbeat]).await? {
                            return self.end(end).await;
                        }
                        continue;
                    }
                },
            };
            if received == 0 {
                return Ok(());
            }
            if let ControlFlow::Break(end) = self.write(&items).await? {
                return self.end(end).await;
            }
            if self.queue.mark_written(&items) {
                self.vhost.send(Command::Writable(self.queue.id));
            }
            items.clear();
        }
    }

    async fn write(&mut self, items: &[Outgoing]) -> io::Result<ControlFlow<WriteEnd>> {
        let idle = self.interceptor.is_idle();
        let arrival = Instant::now();
        for item in items {
            let next = if idle { self.encode(item) } else { self.intercept(item, arrival).await? };
            if next.is_break() {
                return Ok(next);
            }
            if self.buffer.len() > MAX_KEPT_CAPACITY {
                self.flush().await?;
            }
        }
        self.flush().await?;
        Ok(ControlFlow::Continue(()))
    }

    /// Applies the rules to an item.
    async fn intercept(&mut self, item: &Outgoing, arrival: Instant) -> io::Result<ControlFlow<WriteEnd>> {
        for step in self.interceptor.apply(item.clone()) {
            let next = match step {
                Step::Forward(item) => self.encode(&item),
                Step::Truncate(item, bytes) => {
                    let start = self.buffer.len();
                    let next = self.encode(&item);
                    self.buffer.truncate(start.saturating_add(bytes));
                    next
                }
                Step::Apply(effect) => {
                    self.vhost.send(Command::Apply(self.queue.id, effect));
                    ControlFlow::Continue(())
                }
                Step::Wait(wait) => {
                    self.flush().await?;
                    wait.over(arrival).await;
                    ControlFlow::Continue(())
                }
                Step::Reset => {
                    self.flush().await?;
                    ControlFlow::Break(WriteEnd::Reset)
                }
                Step::Break => ControlFlow::Break(WriteEnd::Broken),
            };
            if next.is_break() {
                return Ok(next);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    async fn end(mut self, end: WriteEnd) -> io::Result<()> {
        match end {
            WriteEnd::Closed => {
                self.flush().await?;
                self.sink.shutdown().await
            }
            WriteEnd::Reset => {
                self.sink.abort();
                Ok(())
            }
            WriteEnd::Broken => {
                // First: what the client answers to the bytes that are written now must have no effect.
                self.vhost.send(Command::Apply(self.queue.id, Effect::Reset));
                self.flush().await?;
                self.sink.shutdown().await?;
                // Closing with unread bytes would be a reset, which could overtake what was written. The
                // reader ends with the client.
                sleep(CLOSE_TIMEOUT).await;
                Ok(())
            }
        }
    }

    fn next_wake(&self) -> Option<Instant> {
        let heartbeat = self.heartbeat.map(|period| Instant::now() + period);
        match (self.close_deadline, heartbeat) {
            (Some(deadline), Some(heartbeat)) => Some(deadline.min(heartbeat)),
            (deadline, heartbeat) => deadline.or(heartbeat),
        }
    }

    fn encode(&mut self, item: &Outgoing) -> ControlFlow<WriteEnd> {
        match item {
            Outgoing::Method(channel, method) => {
                if matches!(method, AMQPClass::Connection(connection::AMQPMethod::Close(_))) {
                    self.close_deadline = Some(Instant::now() + CLOSE_TIMEOUT);
                }
                write_method(&mut self.buffer, *channel, method);
            }
            Outgoing::Content(OutgoingContent { channel, method, properties, body, .. }) => {
                write_method(&mut self.buffer, *channel, method);
                write_content(&mut self.buffer, *channel, properties.as_bytes(), body, self.frame_max);
            }
            Outgoing::Raw(bytes) => self.buffer.extend_from_slice(bytes),
            Outgoing::Heartbeat => write_heartbeat(&mut self.buffer),
            Outgoing::End => return ControlFlow::Break(WriteEnd::Closed),
            Outgoing::Reset => return ControlFlow::Break(WriteEnd::Reset),
        }
        ControlFlow::Continue(())
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.sink.write_all(&self.buffer).await?;
        self.buffer.clear();
        self.buffer.shrink_to(MAX_KEPT_CAPACITY);
        Ok(())
    }
}
