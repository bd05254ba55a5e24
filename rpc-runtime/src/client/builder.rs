//! The builder of a client: sets its options, then connects.

mod bodies;
mod check;

use std::{sync::Arc, time::Duration};

use amqp_rpc_transport::{ConnectError, ConnectOptions, Inbound, MAX_COALESCED_BYTES, connect_first};
use tower_layer::Layer;

use super::{
    handle::Client,
    layers::LayerStack,
    service::{BoxClientService, ClientService},
    session::{
        background::Background, link::Link, start::start, supervisor::Supervisor, sweep_trigger::SweepTrigger,
    },
    settings::{LinkOptions, ReplyTo, Settings},
};
use crate::{
    codec::{AnyCodec, Compression},
    dialect::ClientDialect,
    secrets::Secrets,
};

/// Settings of a [`Client`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `connect`"]
pub struct ClientBuilder {
    timeout: Duration,
    max_in_flight: usize,
    max_request_bytes: usize,
    max_reply_bytes: usize,
    reply_to: ReplyTo,
    namespace: Option<String>,
    app_id: Option<String>,
    sends_user_id: bool,
    fails_fast: bool,
    waits_while_blocked: bool,
    detached: bool,
    deadline_margin: Option<Duration>,
    validates: bool,
    compression: Option<Compression>,
    coalesce: u16,
    codec: AnyCodec,
    secrets: Secrets,
    dialect: Option<Arc<dyn ClientDialect>>,
    layers: LayerStack,
}

/// What a client is made of, beside its connection.
pub(super) struct ClientParts {
    pub(super) settings: Settings,
    pub(super) link_options: LinkOptions,
    pub(super) layers: LayerStack,
}

impl Client {
    /// Connects with the defaults of [`ClientBuilder`].
    ///
    /// Tasks on the runtime that this is called on bring replies and timeouts: keep it running. When it
    /// stops, calls fail with `Disconnected`. While it exists but does not run (a current-thread runtime
    /// outside of `block_on`), calls from elsewhere wait, even past their timeout.
    ///
    /// ```no_run
    /// # extern crate amqp_rpc_runtime as amqp_rpc;
    /// # async fn run() -> Result<(), amqp_rpc::error::ConnectError> {
    /// let client = amqp_rpc::Client::connect("amqp://localhost").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// See [`ConnectError`]; each variant says what to do.
    pub async fn connect(options: impl Into<ConnectOptions>) -> Result<Self, ConnectError> {
        Self::builder().connect(options).await
    }

    /// A builder that sets options and then connects.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }
}

impl ClientBuilder {
    pub(crate) fn new() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            max_in_flight: 1024,
            max_request_bytes: 1024 * 1024,
            max_reply_bytes: 16 * 1024 * 1024,
            reply_to: ReplyTo::default(),
            namespace: None,
            app_id: None,
            sends_user_id: false,
            fails_fast: false,
            waits_while_blocked: false,
            detached: false,
            deadline_margin: None,
            validates: false,
            compression: None,
            coalesce: 1,
            codec: AnyCodec::JSON,
            secrets: Secrets::NONE,
            dialect: None,
            layers: LayerStack::default(),
        }
    }

    /// The timeout of calls, where neither call, typed client nor method sets one. Default 10 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Limits the calls in flight; others wait for a slot, within their timeout. Default 1024.
    ///
    /// As many one-way messages (notifications and events) may wait for their publisher confirm at the same
    /// time.
    pub fn max_in_flight(mut self, calls: usize) -> Self {
        self.max_in_flight = calls;
        self
    }

    /// The largest encoded request that is sent; a larger one fails with `TooLarge`. Default 1 MiB, like
    /// the largest that a server reads.
    pub fn max_request_bytes(mut self, bytes: usize) -> Self {
        self.max_request_bytes = bytes;
        self
    }

    /// The largest reply that is read; of a larger one the body is skipped, and its call fails with `Decode`.
    /// Default 16 MiB, as on servers. Undecoded replies take up to this times `max_in_flight` in all.
    /// With [`coalesce`](Self::coalesce) up to 64 KiB are read in any case, and refused if it is one larger reply.
    pub fn max_reply_bytes(mut self, bytes: usize) -> Self {
        self.max_reply_bytes = bytes;
        self
    }

    /// The address that replies are sent to. Default: an exclusive queue.
    pub fn reply_to(mut self, strategy: ReplyTo) -> Self {
        self.reply_to = strategy;
        self
    }

    /// Prefixes exchanges and queues with `{namespace}.`, so that one trait serves many tenants. The server
    /// must use the same one.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// The `app_id` of requests, which servers see as [`Context::app_id`](crate::Context::app_id). Default:
    /// nothing.
    pub fn app_id(mut self, app_id: impl Into<String>) -> Self {
        self.app_id = Some(app_id.into());
        self
    }

    /// Sends the name of the connection's user in every request (`user_id`), which servers see as
    /// [`Context::user_id`](crate::Context::user_id). The broker checks it. Default: off.
    pub fn send_user_id(mut self) -> Self {
        self.sends_user_id = true;
        self
    }

    /// Refuses calls and notifications at once, with `NoConsumer`, when their queue has no consumers; see
    /// [`Call::fail_fast`](crate::Call::fail_fast). Events have no queue, and are published all the same. Default:
    /// a call waits for a server, within its timeout, and a notification for as long as its queue keeps it.
    pub fn fail_fast(mut self) -> Self {
        self.fails_fast = true;
        self
    }

    /// Makes calls wait, within their timeout, while the broker blocks publishers because it is short of
    /// memory or disk. Default: they fail at once with `Blocked`. LavinMQ does not say when it accepts messages
    /// again: that is noticed at most 30 s later.
    pub fn wait_while_blocked(mut self) -> Self {
        self.waits_while_blocked = true;
        self
    }

    /// Detaches every call of this client from the call that is being served; see
    /// [`Call::detached`](crate::Call::detached). Default: they inherit its deadline and its trace.
    pub fn detached(mut self) -> Self {
        self.detached = true;
        self
    }

    /// The time that a method keeps for its own answer, when it makes a call of this client: the call waits
    /// no longer than until its caller's deadline less this. If no more than this is left, nothing is sent.
    ///
    /// Without a margin the call would end together with the caller's timeout: what the method makes of its
    /// `Timeout` would come too late, and its caller would see a `Timeout` of the method. Default: a tenth of
    /// the time that is left, at least 20 ms, at most 500 ms, and never more than half of it.
    pub fn deadline_margin(mut self, margin: Duration) -> Self {
        self.deadline_margin = Some(margin);
        self
    }

    /// Checks the values of every request against the rules of its contract before it is sent. A request that
    /// breaks one fails with `Invalid`. Default: only the server checks, as it does in any case.
    pub fn validate(mut self) -> Self {
        self.validates = true;
        self
    }

    /// Runs `layer` around everything that this client sends. The first layer that is added sees a call
    /// first. Without layers calls are sent directly.
    ///
    /// [`middleware::client_from_fn`](crate::middleware::client_from_fn) makes a layer from an async
    /// function. The timeout of a call runs on while layers wait, but does not interrupt them: a layer should
    /// wait no longer than [`OutgoingCall::remaining`](crate::middleware::OutgoingCall::remaining).
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<BoxClientService> + Send + Sync + 'static,
        L::Service: ClientService,
    {
        self.layers.add(layer);
        self
    }

    /// Lets up to `calls` calls of one method travel in one message, where its servers read such messages and are
    /// fast: those that are ready when the client writes. There are no timers, a call alone is sent as ever. Default
    /// 1: each call is a message of its own.
    ///
    /// With many calls in flight a message is most of the cost of a call: see docs/performance.md. What it
    /// costs: after the loss of a server, or a shutdown that takes longer than its `drain_timeout`, all calls of a
    /// message run again, also those that were answered, so it is for methods that may run twice. A refusal waits for
    /// the other calls of its message. And a queue should have no servers that do not read such messages: the client
    /// stops when it hears from one, but a message may reach it before, and its calls fail or are sent again singly.
    /// docs/semantics.md has the rules. Needs [`ReplyTo::ExclusiveQueue`]. Calls of methods that are `at_most_once` or
    /// locked in a cluster, untyped calls, notifications and events never share a message.
    pub fn coalesce(mut self, calls: u16) -> Self {
        self.coalesce = calls;
        self
    }

    /// Connects, and opens the reply address. Dropping the future ends the attempt and closes its connection.
    ///
    /// # Errors
    /// See [`ConnectError`]; each variant says what to do.
    pub async fn connect(self, options: impl Into<ConnectOptions>) -> Result<Client, ConnectError> {
        self.connect_on(options.into(), None).await
    }

    /// Connects. `background`: keeps the runtime of a blocking client alive.
    pub(crate) async fn connect_on(
        self,
        options: ConnectOptions,
        background: Option<Arc<Background>>,
    ) -> Result<Client, ConnectError> {
        let namespace = self.check()?;
        let ClientParts { settings, link_options, layers } = self.into_parts(namespace);
        let trigger = Arc::new(SweepTrigger::default());
        let max_body_bytes = match link_options.coalesce {
            1 => settings.max_reply_bytes,
            // Several small replies may come in one message.
            _ => settings.max_reply_bytes.max(MAX_COALESCED_BYTES),
        };
        let inbound = Inbound { max_body_bytes, on_return: Arc::clone(&trigger.returned) };
        let open = |connection| Link::open(connection, link_options.clone());
        let (link, replies) = connect_first(&options, &inbound, open).await?;
        let supervisor = Supervisor { connect_options: options, inbound, link_options };
        let session = start(link, replies, settings, trigger, supervisor, background);
        let layers = layers.around(&session);
        Ok(Client { session, layers, timeout: None })
    }
}
