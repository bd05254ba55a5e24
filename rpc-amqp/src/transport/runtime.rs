//! The runtime that lapin runs on: tokio, but with sockets that are already connected.

use std::{
    future::Future,
    io::{self, Read, Write},
    net::SocketAddr,
    time::{Duration, Instant},
};

use async_rs::{
    Tokio,
    traits::{Executor, Reactor, RuntimeKit},
    util::Task,
};
use futures_util::Stream;

use super::pipe::LapinStream;

/// Tokio with [`LapinStream`] in place of its TCP streams.
///
/// It opens no sockets: the connector hands lapin a stream that is already connected.
#[derive(Clone, Debug)]
pub(crate) struct LapinRuntime(Tokio);

impl LapinRuntime {
    /// The tokio runtime of the calling task.
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

impl Reactor for LapinRuntime {
    type TcpStream = LapinStream;
    type Sleep = <Tokio as Reactor>::Sleep;

    #[allow(refining_impl_trait, reason = "the trait's own bound cannot be named outside its crate")]
    fn register<H: Read + Write + Send + 'static>(&self, _: H) -> io::Result<LapinStream> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn sleep(&self, duration: Duration) -> Self::Sleep {
        self.0.sleep(duration)
    }

    fn interval(&self, duration: Duration) -> impl Stream<Item = Instant> + Send + 'static {
        self.0.interval(duration)
    }

    #[allow(refining_impl_trait, reason = "it only fails")]
    fn tcp_connect_addr(&self, _: SocketAddr) -> std::future::Ready<io::Result<LapinStream>> {
        std::future::ready(Err(io::ErrorKind::Unsupported.into()))
    }
}
