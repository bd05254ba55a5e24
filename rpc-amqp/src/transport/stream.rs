//! The byte stream that lapin reads and writes: the socket behind the guard, with a cutoff.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_io::{AsyncRead, AsyncWrite};
use tokio::io::AsyncWrite as _;

use super::{
    cutoff::Cutoff,
    guard::{InspectedReader, Inspector},
    socket::Socket,
};

/// The connected socket that lapin reads and writes.
///
/// The guard inspects all inbound bytes. After the [`Cutoff`] is aborted, every read and write fails.
/// Dropping the stream sends TLS's `close_notify` and ends the cutoff.
#[derive(Debug)]
pub(crate) struct GuardedStream {
    reader: InspectedReader<Socket>,
    cutoff: Arc<Cutoff>,
}

impl GuardedStream {
    pub(crate) fn new(socket: Socket, inspector: Inspector, cutoff: Arc<Cutoff>) -> Self {
        Self { reader: InspectedReader::new(socket, inspector), cutoff }
    }

    fn check_cutoff(&self) -> io::Result<()> {
        if self.cutoff.is_aborted() {
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the connection was aborted"));
        }
        Ok(())
    }

    fn socket(&mut self) -> Pin<&mut Socket> {
        Pin::new(&mut self.reader.socket)
    }
}

impl AsyncRead for GuardedStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        self.check_cutoff()?;
        let read = self.reader.poll_read(cx, into);
        if read.is_pending() {
            self.cutoff.register(cx.waker());
            self.check_cutoff()?;
        }
        read
    }
}

impl AsyncWrite for GuardedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        self.check_cutoff()?;
        self.socket().poll_write(cx, from)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check_cutoff()?;
        self.socket().poll_write_vectored(cx, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check_cutoff()?;
        self.socket().poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check_cutoff()?;
        self.socket().poll_shutdown(cx)
    }
}

impl Drop for GuardedStream {
    fn drop(&mut self) {
        self.reader.socket.send_close_notify();
        self.cutoff.end();
    }
}
