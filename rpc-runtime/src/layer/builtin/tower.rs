//! Layers of the tower crate, for servers and for clients. With the feature `tower`.

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
    client::{BoxClientService, ClientService, OutgoingCall},
    contract::NoError,
    error::CallError,
    layer::{BoxService, RpcService},
    message::{Fault, FaultCode, IncomingCall, Reply},
};

/// Makes a layer of tower, such as its timeout, concurrency limit, rate limit or load shed, one for
/// [`Server::layer`](crate::Server::layer) or [`ClientBuilder::layer`](crate::ClientBuilder::layer).
///
/// What it makes is one service for all calls, so that it need not be `Clone`. Calls pass its `poll_ready` one after the other; when a
/// caller's time is over before his turn, the call does not run: `expired` on a server, [`TimedOut`](crate::TimedOut) on a client. Where a
/// layer waits, the calls it holds back count as running for the server's [`concurrency`](crate::Server::concurrency).
///
/// Its errors become faults: those of a load shed are `overloaded`, those of a timeout `deadline_exceeded` (on a client `Timeout`), others
/// `internal`, with their text as [detail](Fault::detail). What is `overloaded` and has no caller is held and tried again
/// ([`Context::has_caller`](crate::Context::has_caller)). [`FromTower::map_err`] says otherwise for a server's.
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
    /// Lets `explain` say what a server answers for an error of the layer. Faults of what is behind it pass as they are.
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
        Fault::new(FaultCode::Overloaded, "the server has too much to do")
    } else if error.is::<Elapsed>() {
        Fault::new(FaultCode::DeadlineExceeded, "the method was cancelled after its limit on this server")
    } else {
        Fault::new(FaultCode::Internal, "a layer of the server failed").with_detail(error.to_string())
    }
}

/// What is behind a layer, as a tower service.
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

/// The service made by [`from_tower`]'s layer.
pub struct FromTowerService<S> {
    // Held across an await: a service remembers one task that waits for it to be ready, and this is the queue of the others.
    service: Mutex<S>,
    explain: Arc<Explain>,
}

impl<S> FromTowerService<S> {
    fn new(service: S, explain: &Arc<Explain>) -> Self {
        Self { service: Mutex::new(service), explain: Arc::clone(explain) }
    }

    /// The response to come; `None` when `deadline` comes before the service is ready.
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
            None => Err(Fault::new(FaultCode::Expired, "the caller's time was over while the call waited")),
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
        let [not_sent, given_up] = call.timeouts();
        let mut given_up = Some(given_up);
        let mut explain = |error: S::Error| match error.into().downcast::<CallError<NoError>>() {
            Ok(error) => *error,
            // Whether it was sent only the layers behind know.
            Err(error) if error.is::<Elapsed>() && given_up.is_some() => {
                CallError::Timeout(given_up.take().expect("it was just there"))
            }
            Err(error) => CallError::Fault((self.explain)(error)),
        };
        match self.start(call, deadline).await.map_err(&mut explain)? {
            Some(responding) => responding.await.map_err(explain),
            None => Err(CallError::Timeout(not_sent)),
        }
    }
}
