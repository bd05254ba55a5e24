//! Middleware of a server from an async function.

use std::{fmt, future::Future};

use tower_layer::Layer;

use crate::{
    layer::{BoxService, RpcService},
    message::{Fault, IncomingCall, Reply},
};

/// A layer that runs `middleware` around every call of a server.
///
/// The function can inspect the call, refuse it with a [`Fault`], or continue with [`Next::run`] and inspect
/// the outcome. A one-way message that it refuses with `overloaded` is [retried](crate::Context::has_caller).
/// Calls that are refused before they reach a method (unknown method, too large, unsupported content type) do
/// not pass through middleware.
///
/// ```
/// # extern crate amqp_rpc_runtime as amqp_rpc;
/// use amqp_rpc::{Fault, FaultCode, Server, middleware::{self, IncomingCall, Next, Reply}};
///
/// async fn only_known_tenants(call: IncomingCall, next: Next) -> Result<Reply, Fault> {
///     match call.context().headers().text("tenant") {
///         Some("acme") => next.run(call).await,
///         _ => Err(Fault::new(FaultCode::Unauthorized, "unknown tenant")),
///     }
/// }
///
/// let server = Server::new().layer(middleware::from_fn(only_known_tenants));
/// ```
pub fn from_fn<F, Fut>(middleware: F) -> FromFn<F>
where
    F: Fn(IncomingCall, Next) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<Reply, Fault>> + Send,
{
    FromFn(middleware)
}

/// The rest of a server's layers, down to the method.
#[derive(Clone, Debug)]
pub struct Next(BoxService);

impl Next {
    /// Continues with the call.
    ///
    /// # Errors
    /// The fault of the method or of another layer. A method's own error is a [`Reply`].
    pub async fn run(self, call: IncomingCall) -> Result<Reply, Fault> {
        self.0.call(call).await
    }
}

/// The layer made by [`from_fn`].
#[derive(Clone)]
pub struct FromFn<F>(F);

impl<F> fmt::Debug for FromFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FromFn")
    }
}

impl<F: Clone> Layer<BoxService> for FromFn<F> {
    type Service = FromFnService<F>;

    fn layer(&self, next: BoxService) -> Self::Service {
        FromFnService { middleware: self.0.clone(), next }
    }
}

/// The service made by [`from_fn`]'s layer.
#[derive(Clone)]
pub struct FromFnService<F> {
    middleware: F,
    next: BoxService,
}

impl<F> fmt::Debug for FromFnService<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FromFnService")
    }
}

impl<F, Fut> RpcService for FromFnService<F>
where
    F: Fn(IncomingCall, Next) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Reply, Fault>> + Send,
{
    async fn call(&self, call: IncomingCall) -> Result<Reply, Fault> {
        (self.middleware)(call, Next(self.next.clone())).await
    }
}
