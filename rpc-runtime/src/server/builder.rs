//! A server's settings, and starting it.

use std::{fmt, sync::Arc, time::Duration};

use amqp_rpc_transport::{ConnectOptions, Inbound, connect_first};
use tower_layer::Layer;

use crate::{
    codec::{Codec, Compression},
    contract::Service,
    error::StartError,
    layer::{BoxService, RpcService},
    message::Context,
    server::{
        config::{Declare, QueueOptions, RedeliveryPolicy, ReplyPolicy, Subscription},
        handle::RunningServer,
        log::{FailedCall, FailureLog},
        serve::{AdmissionRules, Authorization, TimeLimits},
        services::{Registration, Role, ServiceFilter, ServiceSet},
        session::Link,
        settings::{ServerLayers, Settings},
    },
    wire::address::Namespace,
};

/// Services, and how they are served; [`start`](Self::start) makes it run.
#[must_use = "a server does nothing until `start`"]
pub struct Server {
    services: Vec<Registration>,
    subset: ServiceFilter,
    layers: ServerLayers,
    concurrency: u16,
    drain_timeout: Duration,
    conditions: AdmissionRules,
    max_reply_bytes: usize,
    exposes_panics: bool,
    failures: FailureLog,
    patience: TimeLimits,
    namespace: Option<String>,
    declare: Declare,
    queue_options: QueueOptions,
}

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}

impl Server {
    /// A server without services.
    pub fn new() -> Self {
        const BROKER_LIMIT: usize = 16 * 1024 * 1024;
        Self {
            services: Vec::new(),
            subset: ServiceFilter::default(),
            layers: ServerLayers::default(),
            concurrency: 64,
            drain_timeout: Duration::from_secs(30),
            conditions: AdmissionRules {
                max_request_bytes: BROKER_LIMIT,
                codecs: Vec::new(),
                compression: None,
                reply_policy: ReplyPolicy::default(),
                redelivered: RedeliveryPolicy::default(),
                authorization: None,
            },
            max_reply_bytes: BROKER_LIMIT,
            exposes_panics: false,
            failures: FailureLog::default(),
            patience: TimeLimits::default(),
            namespace: None,
            declare: Declare::default(),
            queue_options: QueueOptions::default(),
        }
    }

    /// Serves `service`, the generated `…Server` around your implementation. May be called for any number of services.
    pub fn service<S: Service>(self, service: S) -> Self {
        self.give(service, Role::Serve(None))
    }

    /// Serves `service` from queues with options of their own.
    pub fn service_with<S: Service>(self, service: S, queue_options: QueueOptions) -> Self {
        self.give(service, Role::Serve(Some(queue_options)))
    }

    /// Receives events of `service`: those that `subscription` names. May be called for any number of subscriptions; to be received by
    /// several groups, one implementation is shared with `…Server::from_arc`.
    ///
    /// Its calls and notifications are not served by this: that takes [`service`](Self::service), which in turn receives no events. A
    /// handler sees in [`Context::topic`] what its event is about. What it fails with is logged, and its event goes to the dead letters
    /// of the group; that an event has a `reply_to` changes nothing about it: nobody is answered.
    pub fn subscribe<S: Service>(self, service: S, subscription: Subscription) -> Self {
        self.give(service, Role::Receive(subscription))
    }

    /// Serves only those of its services that are named, such as by a configuration. Default: all of them. A name that is none of the
    /// server's is refused by [`start`](Self::start) with the list of those that are. A later call replaces the names.
    ///
    /// The names are those on the wire, such as `fib`. What is left out is not declared, and nothing is logged about it. What is added to
    /// the running server is not asked for its name. Subscriptions are left out with their services.
    ///
    /// ```
    /// # use amqp_rpc_runtime::Server;
    /// let enabled = std::env::var("SERVICES").unwrap_or_else(|_| "fib,accounts".into());
    /// let server = Server::new().only(enabled.split(','));
    /// # let _ = server;
    /// ```
    pub fn only<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.subset.only = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Leaves out those of its services that are named. For the rest as [`only`](Self::only), after which it is applied.
    pub fn except<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.subset.except = names.into_iter().map(Into::into).collect();
        self
    }

    fn give<S: Service>(mut self, service: S, role: Role) -> Self {
        let definition = service.definition();
        let service = BoxService::innermost(service);
        self.services.push(Registration { definition, service, role });
        self
    }

    /// Runs `layer` around every call of every service. The first layer that is added sees a call first.
    ///
    /// [`middleware::from_fn`](crate::middleware::from_fn) makes a layer from an async function.
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<BoxService> + Send + Sync + 'static,
        L::Service: RpcService,
    {
        self.layers.0.push(Box::new(move |next| BoxService::new(layer.layer(next))));
        self
    }

    /// How many calls of one queue run at once; others wait on the broker, where another server may take them. Default 64,
    /// at least 1.
    pub fn concurrency(mut self, calls: u16) -> Self {
        self.concurrency = calls;
        self
    }

    /// How long [`RunningServer::shutdown`] lets calls finish before it cancels them. Default 30 s.
    pub fn drain_timeout(mut self, timeout: Duration) -> Self {
        self.drain_timeout = timeout;
        self
    }

    /// The longest that a method may run, layers included. Then its future is dropped wherever it waits, and its caller gets
    /// `deadline_exceeded`, Unknown: of what it does, some may be done. A request without a caller goes to the dead letters. Default: no
    /// limit.
    ///
    /// Make it a bit longer than the timeout of the clients: a caller whose own time is over first gets its `Timeout`. It counts from
    /// the receipt of the request, and for one without a caller that a layer refused with `overloaded`, from each try. A `blocking` method
    /// cannot be cancelled: the caller is answered, and the method, once it has started, goes on unheard on its thread, beside those that
    /// run in its place.
    pub fn handler_timeout(mut self, timeout: Duration) -> Self {
        self.patience.handler_timeout = Some(timeout);
        self
    }

    /// Cancels methods whose caller waits no longer, as [`handler_timeout`](Self::handler_timeout) does, when the time is over that the
    /// request came with. Default: they run to their end, for what is dropped half-way is half done.
    ///
    /// The caller has its `Timeout` by then: the server counts from the receipt of the request, so never less than the caller does.
    pub fn cancel_when_late(mut self) -> Self {
        self.patience.cancels_late = true;
        self
    }

    /// The largest encoded request that is read; a larger one is answered `request_too_large`, its body left on the wire. Default
    /// 16 MiB.
    pub fn max_request_bytes(mut self, bytes: usize) -> Self {
        self.conditions.max_request_bytes = bytes;
        self
    }

    /// The largest encoded reply that is sent; instead of a larger one the caller gets `reply_too_large`. Default 16 MiB.
    pub fn max_reply_bytes(mut self, bytes: usize) -> Self {
        self.max_reply_bytes = bytes;
        self
    }

    /// Compresses replies for callers that say that they read it, by the header `accept-encoding`; clients that
    /// [compress](crate::ClientBuilder::compression) say so. Default: replies travel as they are. Requests that are compressed are read in any
    /// case, with the features `gzip` and `zstd`; inflated they may have no more than [`max_request_bytes`](Self::max_request_bytes).
    pub fn compression(mut self, compression: Compression) -> Self {
        self.conditions.compression = Some(compression);
        self
    }

    /// Reads requests in a codec of one's own, and answers in it; see [`Codec`](crate::codec::Codec). May be called for any number of codecs.
    /// Default: those that this crate was compiled with: JSON, and with the features `msgpack` and `cbor` MessagePack and CBOR.
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.conditions.codecs.push(codec.into());
        self
    }

    /// Sends the text of a panic to the caller. Default: it stays in the server's log, for it may name anything.
    pub fn expose_panics(mut self) -> Self {
        self.exposes_panics = true;
        self
    }

    /// Logs the errors that methods return to their callers as well, at `INFO`, without their content. Default: they are results like
    /// others, and only what fails otherwise is logged.
    pub fn log_errors(mut self) -> Self {
        self.failures.logs_errors = true;
        self
    }

    /// Keeps failures out of the log for which `excludes` says so: those that are expected. A further function adds to the others; one
    /// that panics excludes nothing. Asked only of what would be logged. Default: every failure is logged, once, under the target
    /// `amqp_rpc_runtime::failures`.
    ///
    /// ```
    /// # extern crate amqp_rpc_runtime as amqp_rpc;
    /// use amqp_rpc::{FaultCode, Server};
    ///
    /// #[derive(serde::Deserialize)]
    /// enum FibError {
    ///     TooLarge { limit: u64 },
    /// }
    ///
    /// let server = Server::new()
    ///     .log_errors()
    ///     .log_exclude(|failure| matches!(failure.error(), Some(FibError::TooLarge { .. })))
    ///     .log_exclude(|failure| failure.fault().is_some_and(|fault| *fault.code() == FaultCode::Expired));
    /// # let _ = server;
    /// ```
    pub fn log_exclude(mut self, excludes: impl Fn(&FailedCall<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.failures.exclusions.push(Box::new(excludes));
        self
    }

    /// Which reply addresses are answered to. Default: those of RPC clients; see [`ReplyPolicy`].
    pub fn reply_policy(mut self, policy: ReplyPolicy) -> Self {
        self.conditions.reply_policy = policy;
        self
    }

    /// Whether a request that was delivered before is run, when its method declares nothing. Default: it is. `idempotent` methods
    /// always run it, `at_most_once` methods never.
    pub fn redelivered(mut self, policy: RedeliveryPolicy) -> Self {
        self.conditions.redelivered = policy;
        self
    }

    /// Asks `allows` of every call before its body is decoded; a call that is not allowed is answered `unauthorized` and does not run.
    /// Default: everybody who can send a request may call everything.
    ///
    /// [`Context::user_id`] is vouched for by the broker, but only there when the client states it
    /// ([`ClientBuilder::send_user_id`](crate::ClientBuilder::send_user_id)): `None` is anybody. A later call replaces the function. It
    /// runs where all requests of a queue pass, so it should be quick, such as a look-up; what takes time belongs into a
    /// [`layer`](Self::layer). When it panics, the call is refused.
    ///
    /// ```
    /// # extern crate amqp_rpc_runtime as amqp_rpc;
    /// use amqp_rpc::{Client, Context, Server};
    ///
    /// fn may_call(cx: &Context) -> bool {
    ///     match cx.method().full_name {
    ///         "accounts.close" => cx.user_id() == Some("back-office"),
    ///         _ => cx.user_id().is_some(),
    ///     }
    /// }
    ///
    /// let server = Server::new().authorize(may_call);
    /// let client = Client::builder().send_user_id();
    /// # let _ = (server, client);
    /// ```
    pub fn authorize(mut self, allows: impl Fn(&Context) -> bool + Send + Sync + 'static) -> Self {
        self.conditions.authorization = Some(Authorization(Arc::new(allows)));
        self
    }

    /// Prefixes exchanges and queues with `{namespace}.`, so that one trait serves many tenants. Clients must use the same one.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Who makes exchanges, queues and bindings. Default: this server.
    pub fn declare(mut self, declare: Declare) -> Self {
        self.declare = declare;
        self
    }

    /// What queues are declared with, unless their service says otherwise.
    pub fn queue_options(mut self, options: QueueOptions) -> Self {
        self.queue_options = options;
        self
    }

    /// Connects, makes sure of queues and exchanges, and returns when every consumer is live.
    ///
    /// # Errors
    /// See [`StartError`]; each variant says what to do.
    pub async fn start(self, options: impl Into<ConnectOptions>) -> Result<RunningServer, StartError> {
        let ((settings, services), options) = (self.settings()?, options.into());
        let settings = Arc::new(settings);
        // Nothing that a server publishes is mandatory: nobody waits for returned messages.
        let inbound =
            Inbound { max_body_bytes: settings.conditions.max_request_bytes, on_return: Arc::default() };
        let first = connect_first(&options, &inbound, StartError::is_passing, |connection| {
            let (settings, services) = (Arc::clone(&settings), &services);
            async move { Link::first(&settings, services, connection).await }
        });
        let first = first.await?;
        Ok(RunningServer::supervise(settings, services, options, inbound, first))
    }

    /// Everything that can be wrong without a broker is found here.
    pub(crate) fn settings(self) -> Result<(Settings, ServiceSet), StartError> {
        if self.concurrency == 0 {
            // For AMQP zero means without limit, which no server wants.
            return Err(StartError::InvalidOption("concurrency must be at least 1".into()));
        }
        if self.patience.handler_timeout.is_some_and(|timeout| timeout.is_zero()) {
            return Err(StartError::InvalidOption("handler_timeout must be longer than zero".into()));
        }
        let namespace = match &self.namespace {
            Some(name) => Namespace::parse(name).map_err(StartError::InvalidOption)?,
            None => Namespace::default(),
        };
        let settings = Settings {
            namespace,
            layers: self.layers,
            queue_options: self.queue_options,
            declare: self.declare,
            concurrency: self.concurrency,
            conditions: self.conditions,
            max_reply_bytes: self.max_reply_bytes,
            exposes_panics: self.exposes_panics,
            failures: Arc::new(self.failures),
            patience: self.patience,
            counters: Arc::default(),
            drain_timeout: self.drain_timeout,
        };
        let services = ServiceSet::of(self.subset.of(self.services)?, &settings)?;
        Ok((settings, services))
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services: Vec<_> = self.services.iter().map(|served| served.definition.name).collect();
        f.debug_struct("Server")
            .field("services", &services)
            .field("layers", &self.layers.0.len())
            .field("concurrency", &self.concurrency)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}
