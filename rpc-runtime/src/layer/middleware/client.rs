//! Middleware of a client from an async function.

use std::{fmt, future::Future};

use tower_layer::Layer;

use crate::{
    client::layering::{BoxClientService, ClientService, OutgoingCall},
    contract::NoError,
    error::CallError,
    message::Reply,
};

/// A layer that runs `middleware` around all calls, notifications and events of a client.
///
/// The function can inspect the call, change its headers, refuse it with a [`CallError`], or continue with
/// [`ClientNext::run`] and inspect the outcome. The method's own error is a [`Reply`].
///
/// ```
/// # extern crate amqp_rpc_runtime as amqp_rpc;
/// use amqp_rpc::{CallError, Client, contract::NoError, middleware::{self, ClientNext, OutgoingCall, Reply}};
///
/// async fn with_token(mut call: OutgoingCall, next: ClientNext) -> Result<Reply, CallError<NoError>> {
///     call.headers_mut().insert("token", "s3same");
///     next.run(call).await
/// }
///
/// let client = Client::builder().layer(middleware::client_from_fn(with_token));
/// ```
pub fn client_from_fn<F, Fut>(middleware: F) -> ClientFromFn<F>
where
    F: Fn(OutgoingCall, ClientNext) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<Reply, CallError<NoError>>> + Send,
{
    ClientFromFn(middleware)
}

/// The rest of a client's layers, down to the one that sends. A clone can send the call once more.
#[derive(Clone, Debug)]
pub struct ClientNext(BoxClientService);

impl ClientNext {
    /// Continues with the call.
    ///
    /// # Errors
    /// The error of a call that has no reply. A method's own error is a [`Reply`].
    pub async fn run(self, call: OutgoingCall) -> Result<Reply, CallError<NoError>> {
        self.0.call(call).await
    }
}

/// The layer made by [`client_from_fn`].
#[derive(Clone)]
pub struct ClientFromFn<F>(F);

impl<F> fmt::Debug for ClientFromFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientFromFn")
    }
}

impl<F: Clone> Layer<BoxClientService> for ClientFromFn<F> {
    type Service = ClientFromFnService<F>;

    fn layer(&self, next: BoxClientService) -> Self::Service {
        ClientFromFnService { middleware: self.0.clone(), next }
    }
}

/// The service made by [`client_from_fn`]'s layer.
#[derive(Clone)]
pub struct ClientFromFnService<F> {
    middleware: F,
    next: BoxClientService,
}

impl<F> fmt::Debug for ClientFromFnService<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientFromFnService")
    }
}

impl<F, Fut> ClientService for ClientFromFnService<F>
where
    F: Fn(OutgoingCall, ClientNext) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Reply, CallError<NoError>>> + Send,
{
    async fn call(&self, call: OutgoingCall) -> Result<Reply, CallError<NoError>> {
        (self.middleware)(call, ClientNext(self.next.clone())).await
    }
}
