//! The server's side of a dialect.

use std::fmt;

use amqp_rpc_transport::{Headers, Properties, Topology};
use bytes::Bytes;
use smol_str::SmolStr;

use super::{Answer, Answered, Unsupported};
use crate::{
    codec::AnyCodec,
    contract::ServiceDef,
    message::{Fault, FaultCode},
};

/// How a service is served to the peers of another framework.
///
/// Its functions are called for each request and must not wait. A panic ends one request: in `read_request` it is answered
/// with the fault `internal`, elsewhere rejected; it is logged. A panic in `topology` ends the start of the server.
pub trait ServerDialect: fmt::Debug + Send + Sync + 'static {
    /// The name for logs and errors, such as `nameko`.
    fn name(&self) -> &'static str;

    /// The queues of the service, and what the broker needs besides, so that the requests of peers reach them. No namespace
    /// is added to these names.
    ///
    /// # Errors
    /// When the wire cannot say what the service needs. [`Server::start`](crate::Server::start) fails with it.
    fn topology(&self, service: &ServiceDef) -> Result<ServiceTopology, Unsupported>;

    /// The codecs of its bodies, besides those of the library. Default: none.
    fn codecs(&self) -> Vec<AnyCodec> {
        Vec::new()
    }

    /// Reads a request. Its body has passed the server's limit.
    fn read_request(&self, service: &ServiceDef, delivery: Delivery) -> Incoming;

    /// Returns whether a reply may be sent to this address, through the exchanges that the dialect replies through.
    ///
    /// The sender chooses the address: one that reaches a queue of requests would make the reply somebody's request. A
    /// request with an address that is not allowed does not run, and is rejected.
    fn allows_reply_to(&self, address: &str) -> bool;

    /// Writes the answer to a request that has its outcome.
    fn answer(&self, answered: &Answered<'_>) -> Answer;
}

/// What the broker needs to have for a service in a dialect.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceTopology {
    /// The queues that the service consumes, one at least: those of `topology` that have requests. Each may have requests of
    /// all its methods, and has the server's concurrency.
    pub queues: Vec<String>,
    /// Exchanges, queues and bindings, declared in this order.
    pub topology: Topology,
}

impl ServiceTopology {
    /// What one of the queues needs: everything but the other queues with their bindings.
    pub(crate) fn part_of(&self, queue: &str) -> Topology {
        let is_other = |name: &str| name != queue && self.queues.iter().any(|consumed| consumed == name);
        let mut part = self.topology.clone();
        part.queues.retain(|queue| !is_other(&queue.name));
        part.bindings.retain(|binding| !is_other(&binding.queue));
        part
    }
}

/// A request as the broker delivered it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Delivery {
    /// The exchange that it was published to.
    pub exchange: SmolStr,
    /// The routing key that it was published with.
    pub routing_key: SmolStr,
    /// Its properties.
    pub properties: Properties,
    /// Its body.
    pub body: Bytes,
}

impl Delivery {
    /// A delivery, for the tests of a dialect.
    pub fn new(
        exchange: impl Into<SmolStr>,
        routing_key: impl Into<SmolStr>,
        properties: Properties,
        body: impl Into<Bytes>,
    ) -> Self {
        Self { exchange: exchange.into(), routing_key: routing_key.into(), properties, body: body.into() }
    }
}

/// What a delivery is.
pub enum Incoming {
    /// A request of a method.
    Request(Box<IncomingRequest>),
    /// A request that cannot be read. It is answered with the fault, by [`ServerDialect::answer`].
    Refused {
        /// Why.
        fault: Fault,
        /// The properties of which [`IncomingRequest::properties`] says what they mean.
        properties: Box<Properties>,
        /// As [`IncomingRequest::kept`].
        kept: Headers,
    },
    /// Nothing that could be answered. It is acknowledged, and the text is logged.
    Ignored(String),
}

/// A request as the library's own protocol has it.
pub struct IncomingRequest {
    /// The full name of the method, as `{service}.{method}`. One that the service does not have is answered with the fault
    /// `unknown_method`.
    pub method: SmolStr,
    /// The values of the parameters: an object with their names, or for a `bare` method the one value.
    pub body: Bytes,
    /// The content type is that of `body`; it chooses the codec. `reply_to` and `correlation_id` say where the reply goes,
    /// `None` if nobody waits for one. `expiration`, headers, priority, message id, user and application reach the
    /// method's [`Context`](crate::Context). The type is ignored.
    pub properties: Properties,
    /// What the answer needs of the request, and the properties do not have. It is not sent.
    pub kept: Headers,
}

impl IncomingRequest {
    /// A request with a JSON body and the properties of its delivery.
    #[must_use]
    pub fn json(method: impl Into<SmolStr>, body: impl Into<Bytes>, mut properties: Properties) -> Self {
        properties.content_type = Some(SmolStr::new_static(AnyCodec::JSON.content_type()));
        properties.content_encoding = None;
        Self { method: method.into(), body: body.into(), properties, kept: Headers::new() }
    }
}

impl From<IncomingRequest> for Incoming {
    fn from(request: IncomingRequest) -> Self {
        Self::Request(Box::new(request))
    }
}

impl Incoming {
    /// A request that is answered with the fault `bad_request`.
    #[must_use]
    pub fn bad_request(why: impl Into<String>, properties: Properties) -> Self {
        Self::refused(Fault::new(FaultCode::BadRequest, why), properties)
    }

    /// A request that is answered with a fault.
    #[must_use]
    pub fn refused(fault: Fault, properties: Properties) -> Self {
        Self::Refused { fault, properties: Box::new(properties), kept: Headers::new() }
    }
}

#[cfg(test)]
mod tests {
    use amqp_rpc_transport::{Binding, Queue};

    use super::*;

    #[test]
    fn a_queue_needs_everything_but_the_other_queues_of_the_service() {
        let queue = |name: &str| Queue::transient(name, Headers::new());
        let binding = |queue: &str| Binding {
            queue: queue.into(),
            exchange: "X".into(),
            routing_key: queue.into(),
            arguments: Headers::new(),
        };
        let names = ["add", "sub", "dead"];
        let topology = Topology {
            exchanges: Vec::new(),
            queues: names.map(queue).into(),
            bindings: names.map(binding).into(),
        };
        let service = ServiceTopology { queues: vec!["add".into(), "sub".into()], topology };
        let part = service.part_of("add");
        assert_eq!(part.queues, ["add", "dead"].map(queue));
        assert_eq!(part.bindings, ["add", "dead"].map(binding));
    }
}
