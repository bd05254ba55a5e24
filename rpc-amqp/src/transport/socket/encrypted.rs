//! The socket after a handshake of TLS.
//!
//! In TLS 1.3 the handshake is over for us before the broker has looked at our certificate. It says what it thinks of it and hangs
//! up; what we have sent meanwhile makes a reset of that, and a reset takes with it what was said. So an end before the first
//! word is told apart from any other.

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

#[derive(Debug)]
pub(crate) struct Encrypted {
    stream: Box<TlsStream<TcpStream>>,
    has_read: bool,
}

/// The peer has ended the connection before it said anything, for this reason.
#[derive(Debug)]
pub(crate) struct Unheard(String);

impl Encrypted {
    pub(crate) fn new(stream: TlsStream<TcpStream>) -> Self {
        Self { stream: Box::new(stream), has_read: false }
    }

    /// What cannot be written at once is not worth a wait.
    pub(crate) fn send_close_notify(&mut self) {
        let (stream, session) = self.stream.get_mut();
        session.send_close_notify();
        let _ = session.write_tls(&mut AtOnce(stream));
    }

    fn explained<T>(&self, done: io::Result<T>) -> io::Result<T> {
        done.map_err(|error| {
            // What TLS itself has to say is wrapped already.
            if self.has_read || error.get_ref().is_some() {
                return error;
            }
            io::Error::new(error.kind(), Unheard(error.to_string()))
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
        Poll::Ready(self.explained(read))
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, from).map(|written| self.explained(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, from).map(|written| self.explained(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx).map(|flushed| self.explained(flushed))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Writes what can be written without waiting.
struct AtOnce<'a>(&'a TcpStream);

impl io::Write for AtOnce<'_> {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.0.try_write(from)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Display for Unheard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the broker ended the connection before it said anything in TLS: {}", self.0)
    }
}

impl std::error::Error for Unheard {}
