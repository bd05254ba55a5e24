//! The task that owns the socket: it parses what comes in, and writes what is queued.

#[cfg(test)]
mod tests;

use std::{
    future::Future,
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

use super::{
    channels::Channels,
    cutoff::Cutoff,
    inbound::Parser,
    outbound::{LapinState, Outbound},
    pipe::Pipe,
    socket::Socket,
};
use crate::{encode::FrameBuffer, error::BrokerError};

/// The initial size of the read buffer. It grows with what comes at once, and with the frames that must be
/// parsed whole.
const READ_BUFFER: usize = 32 * 1024;
/// It does not grow further than this for the sake of fewer reads.
const MAX_READ_BUFFER: usize = 256 * 1024;
/// One write has at most so many pieces: two for each frame of a large body.
const MAX_PIECES: usize = 64;
/// After so many reads it is the turn of writing.
const READS_AT_ONCE: usize = 8;
/// lapin gets a heartbeat at least so often while only messages come in, which it does not see: otherwise it
/// would miss the broker's heartbeat. The shortest interval that lapin checks is half a second.
const HEARTBEAT_INTERVAL: Duration = Duration::from_millis(200);
/// lapin gives a connection up after two missing heartbeats. The shortest interval of heartbeats is a second.
const SILENCE: Duration = Duration::from_secs(1);
/// How long what is queued may take to be written after the connection was closed.
const LAST_WRITE: Duration = Duration::from_secs(5);
const HEARTBEAT: [u8; 8] = [8, 0, 0, 0, 0, 0, 0, 0xCE];

/// Reads and writes the socket of one connection.
///
/// Dropped at any time, also by a runtime that ends, it ends the connection for all that wait for it.
#[derive(Debug)]
pub(crate) struct Driver {
    socket: Socket,
    parser: Parser,
    shared: Shared,
    /// When something was read last.
    read_at: Instant,
    buffer: Vec<u8>,
    filled: usize,
    for_lapin: Vec<u8>,
    /// When lapin was given something last.
    lapin_fed_at: Instant,
    writing: FrameBuffer,
    needs_flush: bool,
    /// Set when lapin has left while there is something to write: the longest time for that.
    last_write: Option<Pin<Box<Sleep>>>,
    /// Whether it has let others run that may have something to send, since it wrote last.
    has_yielded: bool,
    end: Option<io::Error>,
}

/// What the driver shares with the handles of the connection, and with lapin.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) outbound: Arc<Outbound>,
    pub(crate) channels: Arc<Channels>,
    pub(crate) pipe: Arc<Pipe>,
    pub(crate) cutoff: Arc<Cutoff>,
}

impl Shared {
    pub(crate) fn new(cutoff: Arc<Cutoff>) -> Self {
        let outbound = Arc::new(Outbound::default());
        let channels = Arc::new(Channels::new(Arc::clone(&outbound)));
        Self { outbound, channels, pipe: Arc::default(), cutoff }
    }
}

impl Driver {
    pub(crate) fn new(socket: Socket, parser: Parser, shared: Shared) -> Self {
        Self {
            socket,
            parser,
            shared,
            read_at: Instant::now(),
            buffer: vec![0; READ_BUFFER],
            filled: 0,
            for_lapin: Vec::new(),
            lapin_fed_at: Instant::now(),
            writing: FrameBuffer::default(),
            needs_flush: false,
            last_write: None,
            has_yielded: false,
            end: None,
        }
    }

    /// Resolves when the connection has ended.
    fn drive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.shared.cutoff.is_aborted() {
            return Poll::Ready(Err(aborted()));
        }
        // Before what is queued: a peer that is silent may not read either.
        let lapin = self.shared.outbound.lapin_state();
        if lapin == LapinState::Lost {
            return Poll::Ready(Err(given_up(self.read_at.elapsed())));
        }
        if lapin == LapinState::Closed {
            let limit = self.last_write.get_or_insert_with(|| Box::pin(sleep(LAST_WRITE)));
            if limit.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        if self.read(cx)?.is_ready() {
            // There is more, after what is to be written.
            cx.waker().wake_by_ref();
        }
        self.write(cx)
    }

    /// Reads until nothing is there. Resolves when there may be more.
    fn read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        for _ in 0..READS_AT_ONCE {
            if self.shared.pipe.is_full() {
                return Poll::Pending;
            }
            let mut free = ReadBuf::new(&mut self.buffer[self.filled..]);
            ready!(Pin::new(&mut self.socket).poll_read(cx, &mut free))?;
            let read = free.filled().len();
            if read == 0 {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
            self.filled += read;
            let is_full = self.filled == self.buffer.len();
            self.parse()?;
            if is_full && self.buffer.len() < MAX_READ_BUFFER {
                self.buffer.resize(2 * self.buffer.len(), 0);
            }
        }
        Poll::Ready(Ok(()))
    }

    fn parse(&mut self) -> io::Result<()> {
        // Once for all that was read together.
        let now = Instant::now();
        self.read_at = now;
        let parsed = self.parser.parse(&mut self.buffer[..self.filled], now, &mut self.for_lapin);
        if self.for_lapin.is_empty() && now.duration_since(self.lapin_fed_at) >= HEARTBEAT_INTERVAL {
            self.for_lapin.extend_from_slice(&HEARTBEAT);
        }
        if !self.for_lapin.is_empty() {
            self.shared.pipe.push(&self.for_lapin);
            self.for_lapin.clear();
            self.lapin_fed_at = now;
        }
        // After the frames in front of what violates AMQP: they may hold the broker's reason.
        let progress = parsed?;
        self.buffer.copy_within(progress.read..self.filled, 0);
        self.filled -= progress.read;
        if progress.wanted > self.buffer.len() {
            self.buffer.resize(progress.wanted, 0);
        }
        Ok(())
    }

    /// Writes until nothing is queued. Resolves when lapin has left and all is written.
    fn write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.writing.is_empty() {
                if self.shared.outbound.is_scheduled() && !self.has_yielded {
                    // Others that are ready may have something to send: one write for all of it.
                    self.has_yielded = true;
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                self.has_yielded = false;
                // Before taking: what lapin wrote before it left is taken then.
                let lapin = self.shared.outbound.lapin_state();
                self.shared.outbound.take(&mut self.writing);
                if self.writing.is_empty() {
                    if self.needs_flush {
                        ready!(Pin::new(&mut self.socket).poll_flush(cx))?;
                        self.needs_flush = false;
                    }
                    return if lapin == LapinState::Active { Poll::Pending } else { Poll::Ready(Ok(())) };
                }
            }
            let mut socket = Pin::new(&mut self.socket);
            let written = ready!(match self.writing.whole() {
                Some(bytes) => socket.as_mut().poll_write(cx, bytes),
                None => {
                    let mut room = [IoSlice::new(&[]); MAX_PIECES];
                    socket.as_mut().poll_write_vectored(cx, self.writing.pieces(&mut room))
                }
            })?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.needs_flush = true;
            self.writing.advance(written);
            self.shared.outbound.count_written(written);
        }
    }
}

impl Future for Driver {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.shared.cutoff.register(cx.waker());
        self.shared.outbound.register(cx.waker());
        self.end = ready!(self.drive(cx)).err();
        Poll::Ready(())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let Shared { outbound, channels, pipe, cutoff } = &self.shared;
        let error = self.end.take();
        let reason = error.as_ref().map_or_else(|| "the connection is closed".to_owned(), reason);
        channels.end(&BrokerError::new(None, reason));
        // lapin gets the original error, whether it reads or writes next: its type tells how connecting failed.
        pipe.end(error.filter(|error| !is_end(error)));
        outbound.end();
        self.socket.send_close_notify();
        cutoff.end();
    }
}

/// The reason of a loss in words.
fn reason(error: &io::Error) -> String {
    if is_end(error) {
        "the broker has ended the connection without a reason".into()
    } else {
        error.to_string()
    }
}

/// The end of the socket's bytes, rather than an error of the socket or of TLS.
fn is_end(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::UnexpectedEof && error.get_ref().is_none()
}

fn aborted() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "the connection was aborted")
}

/// The reason why lapin has left a connection of its own accord, when nothing was read for `silence`: heartbeats are
/// missing, or it met an error.
fn given_up(silence: Duration) -> io::Error {
    match silence >= SILENCE {
        true => io::Error::new(io::ErrorKind::TimedOut, "the broker sent no heartbeat in time"),
        false => io::Error::other("lapin gave up the connection; it logs the reason at `ERROR`"),
    }
}
