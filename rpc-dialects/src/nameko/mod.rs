//! nameko 2 and 3: arguments by position and by name, replies through the exchange of requests.

mod client;
mod errors;
mod server;

use amqp_rpc_runtime::Headers;
use amqp_rpc_runtime::{
    dialect::{Binding, Exchange, ExchangeKind, Topology},
    server::ReplyPolicy,
};

/// The exchange of requests and replies.
const EXCHANGE: &str = "nameko-rpc";

/// The dialect of nameko 2 and 3, for both sides.
///
/// A service is called by `ServiceRpcProxy`, `ClusterRpcProxy` and `ServiceRpcClient`; a client calls what `@rpc` methods
/// serve. The name of the contract's service is that of the nameko service, in `#[rpc_service(name = "..")]`.
///
/// The method's own error travels as an exception: its kind is the name of the enum's variant, or its member `code` or
/// `type`, its value the `Display`, and its JSON a further member `data`. [`errors_in`](Self::errors_in) names the module
/// of Python that has a class for each. A client reads `data`, if it is there, as the method's own error; else
/// `CallOptions::map_errors` makes errors of exceptions, by `RemoteError::code`, which is `exc_type`.
///
/// Not in this wire: notifications (a nameko service ends when it has run a request without a reply address, so that a
/// client refuses them), and events.
#[derive(Clone, Debug)]
pub struct Nameko {
    module: Option<String>,
    replies: ReplyPolicy,
}

impl Default for Nameko {
    fn default() -> Self {
        Self::new()
    }
}

impl Nameko {
    /// The dialect with its defaults.
    #[must_use]
    pub fn new() -> Self {
        Self { module: None, replies: ReplyPolicy::none().allow_pattern("{uuid}") }
    }

    /// The module of Python whose exceptions the methods' own errors are, such as `math.errors`. A caller that knows the
    /// class catches it; others get nameko's `RemoteError`. Default: the name of the service.
    #[must_use]
    pub fn errors_in(mut self, module: impl Into<String>) -> Self {
        self.module = Some(module.into());
        self
    }

    /// The reply addresses that a server answers. They are routing keys of the exchange of requests, so that one such as
    /// `math.compute` would make a reply somebody's request. Default: UUIDs, which all clients of nameko have.
    #[must_use]
    pub fn reply_policy(mut self, policy: ReplyPolicy) -> Self {
        self.replies = policy;
        self
    }
}

/// The exchange of requests and replies, with the binding of a queue.
fn exchange_with(binding: &str, queue: &str) -> Topology {
    Topology {
        exchanges: vec![Exchange::durable(EXCHANGE, ExchangeKind::Topic)],
        queues: Vec::new(),
        bindings: vec![Binding {
            queue: queue.to_owned(),
            exchange: EXCHANGE.to_owned(),
            routing_key: binding.to_owned(),
            arguments: Headers::new(),
        }],
    }
}

/// The queue of a service's requests.
fn queue_of(service: &str) -> String {
    format!("rpc-{service}")
}
