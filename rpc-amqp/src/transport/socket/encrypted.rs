//! The socket after a TLS handshake.
//!
//! In TLS 1.3 the client's handshake is complete before the broker has verified the client certificate. A
//! broker that rejects it sends an alert and closes. If the client has sent data meanwhile, the close becomes
//! a TCP reset, and the alert may be lost with it. So a connection that ends before the first byte was
//! received is reported as [`ClosedBeforeFirstRead`].

use std::{
    fmt,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

/// A TLS stream that tells an end before the first byte from a later one.
#[derive(Debug)]
pub(crate) struct Encrypted {
    stream: Box<TlsStream<TcpStream>>,
    has_read: bool,
}

/// The peer ended the TLS connection before it sent any data. Holds the error of the socket.
#[derive(Debug)]
pub(crate) struct ClosedBeforeFirstRead(String);

impl Encrypted {
    pub(crate) fn new(stream: TlsStream<TcpStream>) -> Self {
        Self { stream: Box::new(stream), has_read: false }
    }

    /// Sends `close_notify` as far as the socket takes it without waiting.
    pub(crate) fn send_close_notify(&mut self) {
        let (stream, session) = self.stream.get_mut();
        session.send_close_notify();
        let _ = session.write_tls(&mut NonBlocking(stream));
    }

    fn classify<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            // An error of TLS itself is already wrapped in it.
            if self.has_read || error.get_ref().is_some() {
                return error;
            }
            io::Error::new(error.kind(), ClosedBeforeFirstRead(error.to_string()))
        })
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let mut read = ready!(Pin::new(&mut self.stream).poll_read(cx, into));
        if read.is_ok() && into.filled().len() > before {
            self.has_read = true;
        } else if read.is_ok() && !self.has_read && into.remaining() > 0 {
            read = Err(io::ErrorKind::UnexpectedEof.into());
        }
        Poll::Ready(self.classify(read))
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, from).map(|written| self.classify(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, from);
        written.map(|written| self.classify(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx).map(|flushed| self.classify(flushed))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Writes without waiting for the socket.
struct NonBlocking<'a>(&'a TcpStream);

impl io::Write for NonBlocking<'_> {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.0.try_write(from)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Display for ClosedBeforeFirstRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the broker ended the TLS connection before it sent any data: {}", self.0)
    }
}

impl std::error::Error for ClosedBeforeFirstRead {}
