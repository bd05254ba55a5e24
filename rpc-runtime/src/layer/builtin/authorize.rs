//! Asking who may call, where the answer takes time.

use std::{fmt, future::Future, sync::Arc};

use tower_layer::Layer;

use crate::{
    layer::{BoxService, RpcService},
    message::{Fault, FaultCode, IncomingCall, Reply},
};

/// Asks a function of every call whether it is allowed; one that is not is answered `unauthorized`, Never, and does not run.
///
/// The function takes from the call what it needs and returns a future, which may ask others: a token service, a database. What only looks
/// at the call is simpler as [`Server::authorize`](crate::Server::authorize), which also comes before anything is said of earlier deliveries.
/// [`Context::user_id`](crate::Context::user_id) is vouched for by the broker; headers are what the caller wrote. When the function
/// panics, the call does not run either, and is answered `panicked`.
///
/// ```
/// # extern crate amqp_rpc_runtime as amqp_rpc;
/// use amqp_rpc::{IncomingCall, Server, layers::Authorize};
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
    /// Allows the calls for which `allows` says so.
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

/// The service made by [`Authorize`].
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
        let asking = (self.allows)(&call);
        if asking.await {
            self.next.call(call).await
        } else {
            Err(Fault::new(FaultCode::Unauthorized, "the caller may not call this method"))
        }
    }
}
