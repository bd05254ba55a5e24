//! The connected socket, plain or in TLS.

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
pub(crate) use encrypted::{Encrypted, Unheard};

/// What AMQP is spoken on.
#[derive(Debug)]
pub(crate) enum Socket {
    Plain(Plain),
    #[cfg(feature = "__rustls")]
    Tls(encrypted::Encrypted),
}

/// A socket whose first byte is looked at.
#[derive(Debug)]
pub(crate) struct Plain {
    stream: TcpStream,
    has_read: bool,
}

/// The peer speaks TLS, and we do not.
#[derive(Debug)]
pub(crate) struct PeerSpeaksTls;

impl Socket {
    pub(crate) fn plain(stream: TcpStream) -> Self {
        Self::Plain(Plain { stream, has_read: false })
    }

    /// Says TLS's goodbye before the socket is dropped, which lapin forgets.
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
            // A record of TLS, most likely a complaint about what we said. A frame of AMQP begins with 1, 2, 3, 8 or an `A`.
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

/// Does the same with either.
macro_rules! of_either {
    ($socket:expr, $stream:ident => $answer:expr) => {
        match $socket.get_mut() {
            Socket::Plain(stream) => {
                let $stream = Pin::new(stream);
                $answer
            }
            #[cfg(feature = "__rustls")]
            Socket::Tls(stream) => {
                let $stream = Pin::new(stream);
                $answer
            }
        }
    };
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        of_either!(self, stream => stream.poll_read(cx, into))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        of_either!(self, stream => stream.poll_write(cx, from))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        of_either!(self, stream => stream.poll_write_vectored(cx, from))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        of_either!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        of_either!(self, stream => stream.poll_shutdown(cx))
    }
}

impl fmt::Display for PeerSpeaksTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the peer speaks TLS")
    }
}

impl std::error::Error for PeerSpeaksTls {}
