//! Reading through the guard: what came is inspected before it is handed on.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, ReadBuf};

use super::Inspector;

/// How much is read at once; it grows only when a frame that must be seen whole needs more.
const BUFFER: usize = 64 * 1024;
/// From here on the rest of a body is not worth a copy.
const WORTH_READING_PAST: usize = 8 * 1024;
/// What lapin gets in place of a long body that is left out: it must not think that the broker fell silent.
const HEARTBEAT: [u8; 8] = [8, 0, 0, 0, 0, 0, 0, 0xCE];

/// A stream whose incoming bytes pass the guard.
#[derive(Debug)]
pub(crate) struct InspectedReader<S> {
    pub(crate) socket: S,
    inspector: Inspector,
    /// Up to `handed_on` lapin has it; up to `inspected` it may have it; up to `filled` it came in.
    buffer: Vec<u8>,
    handed_on: usize,
    inspected: usize,
    filled: usize,
}

impl<S: AsyncRead + Unpin> InspectedReader<S> {
    pub(crate) fn new(socket: S, inspector: Inspector) -> Self {
        Self { socket, inspector, buffer: vec![0; BUFFER], handed_on: 0, inspected: 0, filled: 0 }
    }

    /// Reads what lapin may see into `into`. Zero bytes mean that the broker has closed the connection.
    ///
    /// # Errors
    /// Those of the socket, and `InvalidData` when what came is not AMQP.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            let harmless = &self.buffer[self.handed_on..self.inspected];
            if !harmless.is_empty() || into.is_empty() {
                let length = harmless.len().min(into.len());
                into[..length].copy_from_slice(&harmless[..length]);
                self.handed_on += length;
                return Poll::Ready(Ok(length));
            }
            self.close_up();
            if self.filled == 0 && self.inspector.passing() >= WORTH_READING_PAST {
                return self.poll_read_past(cx, into);
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

    /// Straight from the socket: the rest of a body needs no inspection.
    fn poll_read_past(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let length = into.len().min(self.inspector.passing());
        let mut into = ReadBuf::new(&mut into[..length]);
        ready!(Pin::new(&mut self.socket).poll_read(cx, &mut into))?;
        let length = into.filled().len();
        self.inspector.passed(length);
        Poll::Ready(Ok(length))
    }

    fn inspect(&mut self) -> io::Result<()> {
        let news = &mut self.buffer[self.inspected..self.filled];
        let mut progress = self.inspector.inspect(news)?;
        if progress.kept == 0 && progress.read >= HEARTBEAT.len() {
            news[..HEARTBEAT.len()].copy_from_slice(&HEARTBEAT);
            progress.kept = HEARTBEAT.len();
        }
        // What follows what was read follows what is kept, when something was taken out.
        if progress.kept < progress.read {
            news.copy_within(progress.read.., progress.kept);
            self.filled -= progress.read - progress.kept;
        }
        self.inspected += progress.kept;
        if progress.wanted > self.buffer.len() {
            self.buffer.resize(progress.wanted, 0);
        }
        Ok(())
    }

    /// Moves the beginning of a frame, which waits for its rest, to the front.
    fn close_up(&mut self) {
        if self.handed_on > 0 {
            self.buffer.copy_within(self.handed_on..self.filled, 0);
            self.filled -= self.handed_on;
            (self.handed_on, self.inspected) = (0, 0);
        }
    }
}
