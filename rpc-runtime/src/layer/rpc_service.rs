//! The service that layers are wrapped around.

use std::future::Future;

use crate::message::{Fault, IncomingCall, Reply};

/// Something that answers calls: a method's dispatcher, or a layer around one.
///
/// `&self` and no readiness check: how many calls run at once is the server's `concurrency`, kept by the broker.
pub trait RpcService: Send + Sync + 'static {
    /// Answers one call.
    ///
    /// The future may be dropped at any await: when the server shuts down and its bound is over, when the connection is lost, or when a limit of
    /// time says so ([`Server::handler_timeout`](crate::Server::handler_timeout), a layer). A panic is answered
    /// `panicked`.
    fn call(&self, call: IncomingCall) -> impl Future<Output = Result<Reply, Fault>> + Send;
}
