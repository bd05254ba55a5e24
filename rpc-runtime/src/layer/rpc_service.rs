//! The service that layers are wrapped around.

use std::future::Future;

use crate::message::{Fault, IncomingCall, Reply};

/// Serves calls: the methods of a service, or a layer around them.
///
/// In contrast to tower's `Service` it takes `&self` and has no `poll_ready`: the broker limits the number of
/// calls that run at once, by the server's [`concurrency`](crate::Server::concurrency).
pub trait RpcService: Send + Sync + 'static {
    /// Serves one call.
    ///
    /// The server may drop the future at any await: at the end of the time for a shutdown, when the
    /// connection is lost, or when a time limit is over
    /// ([`Server::handler_timeout`](crate::Server::handler_timeout), a layer). If the future panics, the
    /// server replies `panicked`.
    fn call(&self, call: IncomingCall) -> impl Future<Output = Result<Reply, Fault>> + Send;
}
