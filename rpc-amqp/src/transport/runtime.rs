//! The byte stream that lapin reads and writes: our socket, behind the guard, on a cutoff.

use std::{
    future::Future,
    io::{self, IoSlice, Read, Write},
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use async_rs::{
    Tokio,
    traits::{Executor, Reactor, RuntimeKit},
    util::Task,
};
use futures_io::{AsyncRead, AsyncWrite};
use futures_util::Stream;
use tokio::io::AsyncWrite as _;

use super::{
    cutoff::Cutoff,
    guard::{Guarded, Inspector},
    socket::Socket,
};

/// A connected socket for lapin.
#[derive(Debug)]
pub(crate) struct Transport {
    guarded: Guarded<Socket>,
    cutoff: Arc<Cutoff>,
}

impl Transport {
    pub(crate) fn new(socket: Socket, inspector: Inspector, cutoff: Arc<Cutoff>) -> Self {
        Self { guarded: Guarded::new(socket, inspector), cutoff }
    }

    fn check(&self) -> io::Result<()> {
        if self.cutoff.is_aborted() {
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the connection was given up"));
        }
        Ok(())
    }

    fn socket(&mut self) -> Pin<&mut Socket> {
        Pin::new(&mut self.guarded.socket)
    }
}

impl AsyncRead for Transport {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        let read = self.guarded.poll_read(cx, into);
        if read.is_pending() {
            self.cutoff.register(cx.waker());
            self.check()?;
        }
        read
    }
}

impl AsyncWrite for Transport {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        self.socket().poll_write(cx, from)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        self.socket().poll_write_vectored(cx, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        self.socket().poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        self.socket().poll_shutdown(cx)
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        self.guarded.socket.send_close_notify();
        self.cutoff.end();
    }
}

/// tokio, but with our transport in the place of its TCP streams.
#[derive(Clone, Debug)]
pub(crate) struct LapinRuntime(Tokio);

impl LapinRuntime {
    /// Bound to the runtime this is called on.
    pub(crate) fn current() -> Self {
        Self(Tokio::current())
    }
}

impl RuntimeKit for LapinRuntime {}

impl Executor for LapinRuntime {
    type Task<T: Send + 'static> = <Tokio as Executor>::Task<T>;

    fn block_on<T, F: Future<Output = T>>(&self, future: F) -> T {
        self.0.block_on(future)
    }

    fn spawn<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
        &self,
        future: F,
    ) -> Task<Self::Task<T>> {
        self.0.spawn(future)
    }

    fn spawn_blocking<T: Send + 'static, F: FnOnce() -> T + Send + 'static>(
        &self,
        function: F,
    ) -> Task<Self::Task<T>> {
        self.0.spawn_blocking(function)
    }
}

/// lapin makes no sockets itself: it asks the connector, which hands over the one it has.
impl Reactor for LapinRuntime {
    type TcpStream = Transport;
    type Sleep = <Tokio as Reactor>::Sleep;

    #[allow(refining_impl_trait, reason = "the trait's own bound cannot be named outside its crate")]
    fn register<H: Read + Write + Send + 'static>(&self, _: H) -> io::Result<Transport> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn sleep(&self, duration: Duration) -> Self::Sleep {
        self.0.sleep(duration)
    }

    fn interval(&self, duration: Duration) -> impl Stream<Item = Instant> + Send + 'static {
        self.0.interval(duration)
    }

    #[allow(refining_impl_trait, reason = "it only fails")]
    fn tcp_connect_addr(&self, _: SocketAddr) -> std::future::Ready<io::Result<Transport>> {
        std::future::ready(Err(io::ErrorKind::Unsupported.into()))
    }
}
