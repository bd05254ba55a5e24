//! The byte stream that lapin reads and writes. Its other end is the task that owns the socket.

use std::{
    collections::VecDeque,
    io::{self, Read},
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use futures_io::{AsyncRead, AsyncWrite};

use super::{
    channels::{Channels, closed},
    outbound::{LapinCloses, close_ok},
};

/// With more bytes unread, nothing more is read from the socket. lapin's frames are few and small.
const MAX_UNREAD: usize = 1024 * 1024;

/// The frames that lapin has not read yet.
#[derive(Debug, Default)]
pub(crate) struct Pipe(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    unread: VecDeque<u8>,
    reader: Option<Waker>,
    /// Whether the other end waits until there is room.
    is_waited_for: bool,
    end: Option<End>,
}

#[derive(Debug)]
enum End {
    /// lapin gets the error next, once.
    Failed(io::Error),
    Closed,
}

impl Pipe {
    /// Appends whole frames.
    pub(super) fn push(&self, frames: &[u8]) {
        let mut state = self.lock();
        state.unread.extend(frames);
        wake(state);
    }

    /// Returns whether so much is unread that the caller must wait. It is woken through `Outbound::wake_driver`.
    pub(super) fn is_full(&self) -> bool {
        let mut state = self.lock();
        state.is_waited_for = state.unread.len() > MAX_UNREAD;
        state.is_waited_for
    }

    /// Ends the stream: lapin reads what is there, then the error, or the end.
    pub(super) fn end(&self, error: Option<io::Error>) {
        let mut state = self.lock();
        if state.end.is_none() {
            state.end = Some(error.map_or(End::Closed, End::Failed));
        }
        wake(state);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take_error(&mut self) -> Option<io::Error> {
        match self.end.as_mut().map(|end| mem::replace(end, End::Closed)) {
            Some(End::Failed(error)) => Some(error),
            Some(End::Closed) | None => None,
        }
    }
}

/// Wakes the reader without the lock.
fn wake(mut state: MutexGuard<'_, State>) {
    let reader = state.reader.take();
    drop(state);
    if let Some(reader) = reader {
        reader.wake();
    }
}

/// What lapin has for a socket.
#[derive(Debug)]
pub(crate) struct LapinStream {
    pipe: Arc<Pipe>,
    channels: Arc<Channels>,
}

impl LapinStream {
    pub(crate) fn new(pipe: Arc<Pipe>, channels: Arc<Channels>) -> Self {
        Self { pipe, channels }
    }
}

impl AsyncRead for LapinStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut state = self.pipe.lock();
        if state.unread.is_empty() && !into.is_empty() {
            return match state.take_error() {
                Some(error) => Poll::Ready(Err(error)),
                None if state.end.is_some() => Poll::Ready(Ok(0)),
                None => {
                    state.reader = Some(cx.waker().clone());
                    Poll::Pending
                }
            };
        }
        let read = state.unread.read(into);
        let is_waited_for = state.is_waited_for && state.unread.len() <= MAX_UNREAD;
        state.is_waited_for &= !is_waited_for;
        drop(state);
        if is_waited_for {
            self.channels.outbound().wake_driver();
        }
        Poll::Ready(read)
    }
}

impl AsyncWrite for LapinStream {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        let Some(LapinCloses { confirmed, to_confirm }) = self.channels.outbound().write_for_lapin(from)
        else {
            let error = self.pipe.lock().take_error();
            return Poll::Ready(Err(error.unwrap_or_else(|| io::ErrorKind::BrokenPipe.into())));
        };
        confirmed.into_iter().for_each(|channel| self.channels.end_channel(channel, &closed()));
        to_confirm.into_iter().for_each(|channel| self.pipe.push(&close_ok(channel)));
        Poll::Ready(Ok(from.len()))
    }

    /// Bytes are queued: they are written soon, or not at all.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// The socket is closed when this is dropped.
    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Drop for LapinStream {
    fn drop(&mut self) {
        self.channels.outbound().leave();
    }
}
