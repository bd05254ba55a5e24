//! Adapts layers of the tower crate, for servers and clients. With the feature `tower`.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use ::tower::{BoxError, Service, load_shed::error::Overloaded, timeout::error::Elapsed};
use tokio::sync::Mutex;
use tower_layer::Layer;

use crate::{
    client::layering::{BoxClientService, ClientService, OutgoingCall},
    contract::NoError,
    error::CallError,
    layer::{BoxService, RpcService},
    message::{Fault, FaultCode, IncomingCall, Reply},
};

/// Adapts a layer of tower, such as its timeout, concurrency limit, rate limit or load shed, for
/// [`Server::layer`](crate::Server::layer) or [`ClientBuilder::layer`](crate::client::ClientBuilder::layer).
///
/// The layer makes one service for all calls, which need not be `Clone`. Calls pass its `poll_ready` one
/// after the other. A call whose caller's timeout is over before that does not run: the server replies
/// `expired`, and a client's call ends with [`CallError::Timeout`]. Calls that wait in the layer count for
/// the server's [`concurrency`](crate::Server::concurrency).
///
/// Errors of the layer become faults. An error of a load shed becomes `overloaded`, that of a timeout
/// `deadline_exceeded` (on a client `CallError::Timeout`), and any other error `internal`, with its text as
/// [detail](Fault::detail). [`FromTower::map_err`] changes this for a server. A one-way message that is
/// refused with `overloaded` is [retried](crate::Context::has_caller).
///
/// ```
/// use std::time::Duration;
///
/// # extern crate amqp_rpc_runtime as amqp_rpc;
/// use amqp_rpc::{Server, layers::from_tower};
///
/// let server = Server::new().layer(from_tower(tower::timeout::TimeoutLayer::new(Duration::from_secs(5))));
/// # let _ = server;
/// ```
pub fn from_tower<L>(layer: L) -> FromTower<L> {
    FromTower { layer, explain: Arc::new(fault_of) }
}

/// The layer made by [`from_tower`].
#[derive(Clone)]
pub struct FromTower<L> {
    layer: L,
    explain: Arc<Explain>,
}

type Explain = dyn Fn(BoxError) -> Fault + Send + Sync;

impl<L> FromTower<L> {
    /// Converts errors of the layer into faults with `explain`, on a server. Faults of the inner service pass
    /// unchanged.
    #[must_use]
    pub fn map_err(mut self, explain: impl Fn(BoxError) -> Fault + Send + Sync + 'static) -> Self {
        self.explain = Arc::new(explain);
        self
    }
}

impl<L: fmt::Debug> fmt::Debug for FromTower<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FromTower").field(&self.layer).finish()
    }
}

fn fault_of(error: BoxError) -> Fault {
    if error.is::<Overloaded>() {
        Fault::new(FaultCode::Overloaded, "the server is at its limit of calls")
    } else if error.is::<Elapsed>() {
        Fault::new(FaultCode::DeadlineExceeded, "the method was cancelled after its limit on this server")
    } else {
        Fault::new(FaultCode::Internal, "a layer of the server failed").with_detail(error.to_string())
    }
}

/// The service that a tower layer wraps: the inner layers and the method, as a tower service.
#[derive(Clone, Debug)]
pub struct InnerService<S>(S);

type Boxed<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

impl Service<IncomingCall> for InnerService<BoxService> {
    type Response = Reply;
    type Error = Fault;
    type Future = Boxed<Reply, Fault>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: IncomingCall) -> Self::Future {
        let next = self.0.clone();
        Box::pin(async move { next.call(call).await })
    }
}

impl Service<OutgoingCall> for InnerService<BoxClientService> {
    type Response = Reply;
    type Error = CallError<NoError>;
    type Future = Boxed<Reply, CallError<NoError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: OutgoingCall) -> Self::Future {
        let next = self.0.clone();
        Box::pin(async move { next.call(call).await })
    }
}

impl<L: Layer<InnerService<BoxService>>> Layer<BoxService> for FromTower<L> {
    type Service = FromTowerService<L::Service>;

    fn layer(&self, next: BoxService) -> Self::Service {
        FromTowerService::new(self.layer.layer(InnerService(next)), &self.explain)
    }
}

impl<L: Layer<InnerService<BoxClientService>>> Layer<BoxClientService> for FromTower<L> {
    type Service = FromTowerService<L::Service>;

    fn layer(&self, next: BoxClientService) -> Self::Service {
        FromTowerService::new(self.layer.layer(InnerService(next)), &self.explain)
    }
}

/// The service of [`FromTower`].
pub struct FromTowerService<S> {
    // An async mutex, held across an await: a tower service wakes only the last task that polled its
    // readiness. The other tasks wait for the mutex.
    service: Mutex<S>,
    explain: Arc<Explain>,
}

impl<S> FromTowerService<S> {
    fn new(service: S, explain: &Arc<Explain>) -> Self {
        Self { service: Mutex::new(service), explain: Arc::clone(explain) }
    }

    /// The future of the response; `None` if the service is not ready before `deadline`.
    async fn start<C>(&self, call: C, deadline: Option<Instant>) -> Result<Option<S::Future>, S::Error>
    where
        S: Service<C>,
    {
        let starting = async {
            let mut service = self.service.lock().await;
            poll_fn(|cx| service.poll_ready(cx)).await?;
            Ok(Some(service.call(call)))
        };
        match deadline {
            None => starting.await,
            Some(deadline) => tokio::time::timeout_at(deadline.into(), starting).await.unwrap_or(Ok(None)),
        }
    }
}

impl<S> fmt::Debug for FromTowerService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FromTowerService")
    }
}

impl<S> RpcService for FromTowerService<S>
where
    S: Service<IncomingCall, Response = Reply> + Send + 'static,
    S::Error: Into<BoxError> + Send,
    S::Future: Send,
{
    async fn call(&self, call: IncomingCall) -> Result<Reply, Fault> {
        let deadline = call.context().deadline();
        let explain = |error: S::Error| match error.into().downcast::<Fault>() {
            Ok(fault) => *fault,
            Err(error) => (self.explain)(error),
        };
        match self.start(call, deadline).await.map_err(&explain)? {
            Some(responding) => responding.await.map_err(&explain),
            None => {
                Err(Fault::new(FaultCode::Expired, "the caller's timeout was over while the call waited"))
            }
        }
    }
}

impl<S> ClientService for FromTowerService<S>
where
    S: Service<OutgoingCall, Response = Reply> + Send + 'static,
    S::Error: Into<BoxError> + Send,
    S::Future: Send,
{
    async fn call(&self, call: OutgoingCall) -> Result<Reply, CallError<NoError>> {
        let deadline = Instant::now().checked_add(call.remaining());
        let [not_sent, outcome_unknown] = call.timeouts();
        let mut outcome_unknown = Some(outcome_unknown);
        let mut explain = |error: S::Error| match error.into().downcast::<CallError<NoError>>() {
            Ok(error) => *error,
            // Only the inner layers know whether it was sent.
            Err(error) if error.is::<Elapsed>() && outcome_unknown.is_some() => {
                CallError::Timeout(outcome_unknown.take().expect("it was just there"))
            }
            Err(error) => CallError::Fault((self.explain)(error)),
        };
        match self.start(call, deadline).await.map_err(&mut explain)? {
            Some(responding) => responding.await.map_err(explain),
            None => Err(CallError::Timeout(not_sent)),
        }
    }
}
