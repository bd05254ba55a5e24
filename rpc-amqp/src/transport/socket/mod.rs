//! The connected socket: plain TCP, or TLS.

#[cfg(feature = "__rustls")]
mod encrypted;

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

#[cfg(feature = "__rustls")]
pub(crate) use encrypted::{ClosedBeforeFirstRead, Encrypted};

/// A connected socket, with or without TLS.
#[derive(Debug)]
pub(crate) enum Socket {
    Plain(Plain),
    #[cfg(feature = "__rustls")]
    Tls(encrypted::Encrypted),
}

/// A TCP socket that checks whether the first byte received belongs to a TLS record.
#[derive(Debug)]
pub(crate) struct Plain {
    stream: TcpStream,
    has_read: bool,
}

/// The peer speaks TLS on a connection without TLS.
#[derive(Debug)]
pub(crate) struct PeerSpeaksTls;

impl Socket {
    pub(crate) fn plain(stream: TcpStream) -> Self {
        Self::Plain(Plain { stream, has_read: false })
    }

    /// Sends TLS's `close_notify`, which lapin does not. To be called before the socket is dropped.
    pub(crate) fn send_close_notify(&mut self) {
        #[cfg(feature = "__rustls")]
        if let Self::Tls(encrypted) = self {
            encrypted.send_close_notify();
        }
    }
}

impl AsyncRead for Plain {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, into))?;
        if !self.has_read {
            self.has_read = true;
            // The type of a TLS record, most likely an alert. An AMQP frame begins with 1, 2, 3, 8 or `A`.
            if into.filled()[before..].first().is_some_and(|first| (0x14..=0x18).contains(first)) {
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, PeerSpeaksTls)));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Plain {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, from)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Evaluates an expression with the plain or the encrypted stream.
macro_rules! with_stream {
    ($socket:expr, $stream:ident => $result:expr) => {
        match $socket.get_mut() {
            Socket::Plain(stream) => {
                let $stream = Pin::new(stream);
                $result
            }
            #[cfg(feature = "__rustls")]
            Socket::Tls(stream) => {
                let $stream = Pin::new(stream);
                $result
            }
        }
    };
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        with_stream!(self, stream => stream.poll_read(cx, into))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        with_stream!(self, stream => stream.poll_write(cx, from))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        with_stream!(self, stream => stream.poll_write_vectored(cx, from))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        with_stream!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        with_stream!(self, stream => stream.poll_shutdown(cx))
    }
}

impl fmt::Display for PeerSpeaksTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the peer speaks TLS")
    }
}

impl std::error::Error for PeerSpeaksTls {}
