//! Authorizes calls with an async function.

use std::{fmt, future::Future, sync::Arc};

use tower_layer::Layer;

use crate::{
    layer::{BoxService, RpcService},
    message::{Fault, FaultCode, IncomingCall, Reply},
};

/// Authorizes calls with an async function. A call that is not allowed does not run: the fault is
/// `unauthorized` (Never).
///
/// The function reads the call and returns a future, which may ask a token service or a database. If it needs
/// no I/O, use [`Server::authorize`](crate::Server::authorize), which also runs before redelivered requests
/// are refused. The broker verifies [`Context::user_id`](crate::Context::user_id). It does not verify
/// headers. If the function panics, the call does not run, and the fault is `panicked`.
///
/// ```
/// # extern crate amqp_rpc_runtime as amqp_rpc;
/// use amqp_rpc::{Server, layers::Authorize, middleware::IncomingCall};
///
/// async fn is_valid(token: Option<String>) -> bool {
///     token.as_deref() == Some("s3same")
/// }
///
/// let server = Server::new().layer(Authorize::by(|call: &IncomingCall| {
///     is_valid(call.context().headers().text("token").map(str::to_owned))
/// }));
/// # let _ = server;
/// ```
#[derive(Clone)]
pub struct Authorize<F>(Arc<F>);

impl<F, Fut> Authorize<F>
where
    F: Fn(&IncomingCall) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = bool> + Send,
{
    /// Allows the calls for which `allows` resolves to `true`.
    #[must_use]
    pub fn by(allows: F) -> Self {
        Self(Arc::new(allows))
    }
}

impl<F> fmt::Debug for Authorize<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authorize")
    }
}

impl<F> Layer<BoxService> for Authorize<F> {
    type Service = AuthorizeService<F>;

    fn layer(&self, next: BoxService) -> Self::Service {
        AuthorizeService { allows: Arc::clone(&self.0), next }
    }
}

/// The service of [`Authorize`].
pub struct AuthorizeService<F> {
    allows: Arc<F>,
    next: BoxService,
}

impl<F> fmt::Debug for AuthorizeService<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthorizeService")
    }
}

impl<F, Fut> RpcService for AuthorizeService<F>
where
    F: Fn(&IncomingCall) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = bool> + Send,
{
    async fn call(&self, call: IncomingCall) -> Result<Reply, Fault> {
        let allowed = (self.allows)(&call);
        if allowed.await {
            self.next.call(call).await
        } else {
            Err(Fault::new(FaultCode::Unauthorized, "the caller may not call this method"))
        }
    }
}
