//! Reads a socket through the inspector.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, ReadBuf};

use super::Inspector;

/// The initial size of the buffer. It grows when a frame that must be inspected whole is larger.
const BUFFER_BYTES: usize = 64 * 1024;
/// When at least this much of a body passes uninspected, it is read without a copy through the buffer.
const MIN_DIRECT_READ: usize = 8 * 1024;
/// lapin gets this in place of discarded bytes. Otherwise it would miss the broker's heartbeat during a long
/// body.
const HEARTBEAT: [u8; 8] = [8, 0, 0, 0, 0, 0, 0, 0xCE];

/// A socket whose inbound bytes are inspected.
#[derive(Debug)]
pub(crate) struct InspectedReader<S> {
    pub(crate) socket: S,
    inspector: Inspector,
    /// lapin has read the bytes up to `consumed` and may read those up to `inspected`. The socket has filled
    /// it up to `filled`.
    buffer: Vec<u8>,
    consumed: usize,
    inspected: usize,
    filled: usize,
}

impl<S: AsyncRead + Unpin> InspectedReader<S> {
    pub(crate) fn new(socket: S, inspector: Inspector) -> Self {
        Self { socket, inspector, buffer: vec![0; BUFFER_BYTES], consumed: 0, inspected: 0, filled: 0 }
    }

    /// Reads bytes for lapin into `into`. Zero bytes mean that the broker has closed the connection.
    ///
    /// # Errors
    /// Those of the socket, and `InvalidData` when the broker violates AMQP.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            let unread = &self.buffer[self.consumed..self.inspected];
            if !unread.is_empty() || into.is_empty() {
                let length = unread.len().min(into.len());
                into[..length].copy_from_slice(&unread[..length]);
                self.consumed += length;
                return Poll::Ready(Ok(length));
            }
            self.compact();
            if self.filled == 0 && self.inspector.passing() >= MIN_DIRECT_READ {
                return self.poll_read_direct(cx, into);
            }
            let mut free = ReadBuf::new(&mut self.buffer[self.filled..]);
            ready!(Pin::new(&mut self.socket).poll_read(cx, &mut free))?;
            let length = free.filled().len();
            if length == 0 {
                return Poll::Ready(Ok(0));
            }
            self.filled += length;
            self.inspect()?;
        }
    }

    /// Reads from the socket without the buffer: the rest of a body needs no inspection.
    fn poll_read_direct(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let length = into.len().min(self.inspector.passing());
        let mut into = ReadBuf::new(&mut into[..length]);
        ready!(Pin::new(&mut self.socket).poll_read(cx, &mut into))?;
        let length = into.filled().len();
        self.inspector.passed(length);
        Poll::Ready(Ok(length))
    }

    fn inspect(&mut self) -> io::Result<()> {
        let new = &mut self.buffer[self.inspected..self.filled];
        let mut progress = self.inspector.inspect(new)?;
        if progress.kept == 0 && progress.read >= HEARTBEAT.len() {
            new[..HEARTBEAT.len()].copy_from_slice(&HEARTBEAT);
            progress.kept = HEARTBEAT.len();
        }
        // Bytes were removed: close the gap before those that are not inspected yet.
        if progress.kept < progress.read {
            new.copy_within(progress.read.., progress.kept);
            self.filled -= progress.read - progress.kept;
        }
        self.inspected += progress.kept;
        if progress.wanted > self.buffer.len() {
            self.buffer.resize(progress.wanted, 0);
        }
        Ok(())
    }

    /// Moves the bytes that lapin has not read to the front of the buffer.
    fn compact(&mut self) {
        if self.consumed > 0 {
            self.buffer.copy_within(self.consumed..self.filled, 0);
            self.filled -= self.consumed;
            (self.consumed, self.inspected) = (0, 0);
        }
    }
}
