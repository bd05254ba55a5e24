//! Writes what a client gets, in order, with heartbeats when there is nothing else.

use std::{io, ops::ControlFlow, sync::Arc, time::Duration};

use amq_protocol::protocol::{AMQPClass, connection};
use tokio::{
    io::AsyncWriteExt,
    sync::mpsc,
    time::{Instant, sleep, timeout_at},
};

use super::{Link, Outgoing, Sink, handshake::Agreement};
use crate::{
    codec::{write_content, write_heartbeat, write_method},
    faults::{Decree, Step, Tap},
    settings::CLOSING,
    vhost::{Command, Mailbox},
};

/// How many frames are encoded before they are written.
const BATCH: usize = 64;
/// A buffer that grew beyond this for a large message is given back.
const KEPT: usize = 256 * 1024;

pub(super) struct Writer<W> {
    sink: W,
    link: Arc<Link>,
    outgoing: mpsc::UnboundedReceiver<Outgoing>,
    vhost: Mailbox,
    frame_max: u32,
    heartbeat: Option<Duration>,
    buffer: Vec<u8>,
    /// When we closed the connection and the client has not confirmed it: how long we wait.
    closing: Option<Instant>,
    tap: Tap<Outgoing>,
}

/// How a connection ends by what was to be written.
enum Over {
    Closed,
    Reset,
    /// What was written is to arrive; what the client still says is not heard.
    Broken,
}

impl<W: Sink> Writer<W> {
    pub(super) fn new(
        sink: W,
        link: Arc<Link>,
        outgoing: mpsc::UnboundedReceiver<Outgoing>,
        agreement: &Agreement,
        tap: Tap<Outgoing>,
    ) -> Self {
        Self {
            sink,
            link,
            outgoing,
            vhost: agreement.vhost.clone(),
            frame_max: agreement.frame_max,
            // Twice per period: one may be lost on the way.
            heartbeat: agreement.heartbeat.map(|period| period / 2),
            buffer: Vec::new(),
            closing: None,
            tap,
        }
    }

    /// Ends when it is told to, when the socket breaks, or when the client does not confirm a close in time.
    pub(super) async fn run(mut self) -> io::Result<()> {
        let mut items = Vec::with_capacity(BATCH);
        loop {
            let wake = self.next_wake();
            let received = match wake {
                None => self.outgoing.recv_many(&mut items, BATCH).await,
                Some(at) => match timeout_at(at, self.outgoing.recv_many(&mut items, BATCH)).await {
                    Ok(received) => received,
                    Err(_) if self.closing.is_some_and(|deadline| deadline <= Instant::now()) => {
                        return Ok(());
                    }
                    Err(_) => {
                        // Nothing was asked for, so nothing counts as written.
                        if let ControlFlow::Break(over) = self.write(&[Outgoing::Heartbeat]).await? {
                            return self.end(over).await;
                        }
                        continue;
                    }
                },
            };
            if received == 0 {
                return Ok(());
            }
            if let ControlFlow::Break(over) = self.write(&items).await? {
                return self.end(over).await;
            }
            if self.link.written(&items) {
                self.vhost.send(Command::Writable(self.link.id));
            }
            items.clear();
        }
    }

    async fn write(&mut self, items: &[Outgoing]) -> io::Result<ControlFlow<Over>> {
        let idle = self.tap.is_idle();
        for item in items {
            let next = if idle { self.encode(item) } else { self.pass(item).await? };
            if next.is_break() {
                return Ok(next);
            }
            if self.buffer.len() > KEPT {
                self.flush().await?;
            }
        }
        self.flush().await?;
        Ok(ControlFlow::Continue(()))
    }

    /// Does to an item what rules say.
    async fn pass(&mut self, item: &Outgoing) -> io::Result<ControlFlow<Over>> {
        for step in self.tap.steps(item.clone()) {
            let next = match step {
                Step::Go(item) => self.encode(&item),
                Step::Half(item, bytes) => {
                    let start = self.buffer.len();
                    let next = self.encode(&item);
                    self.buffer.truncate(start.saturating_add(bytes));
                    next
                }
                Step::Decree(decree) => {
                    self.vhost.send(Command::decree(self.link.id, decree));
                    ControlFlow::Continue(())
                }
                Step::Wait(wait) => {
                    self.flush().await?;
                    wait.over().await;
                    ControlFlow::Continue(())
                }
                Step::Reset => {
                    self.flush().await?;
                    ControlFlow::Break(Over::Reset)
                }
                Step::Break => ControlFlow::Break(Over::Broken),
            };
            if next.is_break() {
                return Ok(next);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    async fn end(mut self, over: Over) -> io::Result<()> {
        match over {
            Over::Closed => {
                self.flush().await?;
                self.sink.shutdown().await
            }
            Over::Reset => {
                self.sink.abort();
                Ok(())
            }
            Over::Broken => {
                // First: an answer to what is written now must find nobody.
                self.vhost.send(Command::decree(self.link.id, Decree::Reset));
                self.flush().await?;
                self.sink.shutdown().await?;
                // Closing with unread bytes would be a reset, which could overtake what was written; the reader ends with the client.
                sleep(CLOSING).await;
                Ok(())
            }
        }
    }

    fn next_wake(&self) -> Option<Instant> {
        let heartbeat = self.heartbeat.map(|period| Instant::now() + period);
        match (self.closing, heartbeat) {
            (Some(closing), Some(heartbeat)) => Some(closing.min(heartbeat)),
            (closing, heartbeat) => closing.or(heartbeat),
        }
    }

    fn encode(&mut self, item: &Outgoing) -> ControlFlow<Over> {
        match item {
            Outgoing::Method(channel, method) => {
                if matches!(method, AMQPClass::Connection(connection::AMQPMethod::Close(_))) {
                    self.closing = Some(Instant::now() + CLOSING);
                }
                write_method(&mut self.buffer, *channel, method);
            }
            Outgoing::Content(channel, method, properties, body) => {
                write_method(&mut self.buffer, *channel, method);
                write_content(&mut self.buffer, *channel, properties.as_bytes(), body, self.frame_max);
            }
            Outgoing::Raw(bytes) => self.buffer.extend_from_slice(bytes),
            Outgoing::Heartbeat => write_heartbeat(&mut self.buffer),
            Outgoing::End => return ControlFlow::Break(Over::Closed),
            Outgoing::Reset => return ControlFlow::Break(Over::Reset),
        }
        ControlFlow::Continue(())
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.sink.write_all(&self.buffer).await?;
        self.buffer.clear();
        self.buffer.shrink_to(KEPT);
        Ok(())
    }
}
