//! Raw methods: served by name, without a trait, by a function that gets the request as it came.

use std::{
    collections::HashMap,
    fmt,
    future::Future,
    sync::{LazyLock, Mutex, PoisonError},
};

use serde::de::DeserializeOwned;

use super::{decode::decode, dispatch::refuse_expired};
use crate::{
    codec::{self, AnyCodec},
    contract::{MethodDef, Repetition, ServeFuture, Service, ServiceDef},
    message::{Fault, FaultCode, IncomingCall, Reply},
};

/// Name and address of a method that no trait declares.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct RawMethod {
    name: String,
    exchange: Option<String>,
    routing_key: Option<String>,
    queue: Option<String>,
    repetition: Repetition,
    cancel_when_late: bool,
}

impl RawMethod {
    /// The method `name`, such as `legacy.sum` or `servers.trees.list`.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            exchange: None,
            routing_key: None,
            queue: None,
            repetition: Repetition::default(),
            cancel_when_late: false,
        }
    }

    /// Receives what is published to `exchange`; empty for the default exchange, where the routing key is the
    /// queue. Default: `amqp-rpc`.
    pub fn exchange(mut self, exchange: impl Into<String>) -> Self {
        self.exchange = Some(exchange.into());
        self
    }

    /// Receives what is published under `routing_key`. Default: the name; on the default exchange the queue.
    pub fn routing_key(mut self, routing_key: impl Into<String>) -> Self {
        self.routing_key = Some(routing_key.into());
        self
    }

    /// Receives its requests from `queue`. Default: the service, which is what comes before the last dot of
    /// the name.
    pub fn queue(mut self, queue: impl Into<String>) -> Self {
        self.queue = Some(queue.into());
        self
    }

    /// Declares whether it may run twice for one request.
    pub fn repetition(mut self, repetition: Repetition) -> Self {
        self.repetition = repetition;
        self
    }

    /// Has it cancelled when its caller's deadline has passed, as
    /// [`Server::cancel_when_late`](crate::Server::cancel_when_late) does for all methods.
    pub fn cancel_when_late(mut self) -> Self {
        self.cancel_when_late = true;
        self
    }

    /// The definition of the method. Definitions are interned, because they live as long as the program.
    fn definition(self) -> &'static ServiceDef {
        static INTERNED: LazyLock<Mutex<HashMap<RawMethod, &'static ServiceDef>>> =
            LazyLock::new(Mutex::default);
        let mut interned = INTERNED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(definition) = interned.get(&self) {
            return definition;
        }
        let leaked = |text: &str| -> &'static str { Box::leak(text.into()) };
        let name = leaked(&self.name);
        let service = MethodDef::service_of(name);
        let mut method = MethodDef::new(service, name).repetition(self.repetition).reading_anything();
        if self.cancel_when_late {
            method = method.cancel_when_late();
        }
        if let Some(queue) = &self.queue {
            method = method.queue(leaked(queue));
        }
        if let Some(exchange) = &self.exchange {
            method = method.exchange(leaked(exchange));
            if exchange.is_empty() {
                method = method.routing_key(method.queue);
            }
        }
        if let Some(routing_key) = &self.routing_key {
            method = method.routing_key(leaked(routing_key));
        }
        let methods = Box::leak(Box::new([&*Box::leak(Box::new(method))]));
        let definition = Box::leak(Box::new(ServiceDef::new(service, methods)));
        interned.insert(self, definition);
        definition
    }
}

impl From<&str> for RawMethod {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for RawMethod {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

/// A service that is a function, for [`Server::service_with`](crate::Server::service_with) and
/// [`RunningServer::add`](crate::RunningServer::add).
///
/// It serves one method, as part of the service that the method's name says; several make one service
/// together, to [`Server::only`](crate::Server::only) and
/// [`RunningServer::remove`](crate::RunningServer::remove).
///
/// Names and addresses are kept until the program ends, each once: take them from a configuration, never from
/// requests.
pub struct RawService {
    definition: &'static ServiceDef,
    handler: Box<dyn Fn(IncomingCall) -> ServeFuture + Send + Sync>,
}

impl RawService {
    /// Serves `method` by `handler`; see [`Server::raw`](crate::Server::raw).
    #[must_use]
    pub fn new<H, Fut>(method: impl Into<RawMethod>, handler: H) -> Self
    where
        H: Fn(IncomingCall) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply, Fault>> + Send + 'static,
    {
        let handler = Box::new(move |call| -> ServeFuture { Box::pin(handler(call)) });
        Self { definition: method.into().definition(), handler }
    }
}

impl Service for RawService {
    const DEFINITION: &'static ServiceDef = &ServiceDef::new("", &[]);

    fn definition(&self) -> &'static ServiceDef {
        self.definition
    }

    fn dispatch(&self, call: IncomingCall) -> ServeFuture {
        let is_encrypted = || {
            let checked = call.secrets.check_raw(&call.codec, &call.body);
            checked.map_err(|why| Fault::new(FaultCode::BadRequest, why))
        };
        match refuse_expired(&call.context).and_then(|()| is_encrypted()) {
            Ok(()) => (self.handler)(call),
            Err(fault) => Box::pin(std::future::ready(Err(fault))),
        }
    }
}

impl fmt::Debug for RawService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawService").field("definition", &self.definition).finish_non_exhaustive()
    }
}

impl IncomingCall {
    /// Decodes the request from JSON: into a `serde_json::Value`, or any type of its shape.
    ///
    /// # Errors
    /// The fault to answer with: `unsupported_media_type` when the request says that it is something else,
    /// `bad_request` when it is not the JSON of a `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        let content_type = self.context.content_type();
        if !codec::for_content_type(content_type, &[]).is_ok_and(|codec| codec.is_json()) {
            let content_type = content_type.unwrap_or_default();
            let message = format!("content type {content_type:?} is not supported; send application/json");
            return Err(Fault::new(FaultCode::UnsupportedMediaType, message));
        }
        let method = self.method().full_name;
        let scope = self.secrets.of_request(method);
        let request = scope.run(|| decode(&AnyCodec::JSON, &self.body))?;
        let body = (&AnyCodec::JSON, &self.body);
        let checked = self.secrets.check::<T>(method, &scope, self.context.correlation_id(), body);
        checked.map_err(|why| Fault::new(FaultCode::BadRequest, why))?;
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_kept_once_however_often_it_is_named() {
        let method = || RawMethod::new("a.b.sum").exchange("").queue("legacy");
        let definition = method().definition();
        assert!(std::ptr::eq(definition, method().definition()));
        assert_eq!(definition.name, "a.b");
        let [method] = definition.methods else { panic!("{definition:?}") };
        assert_eq!((method.full_name, method.queue, method.routing_key), ("a.b.sum", "legacy", "legacy"));
    }

    #[test]
    fn a_method_goes_where_a_typed_one_would() {
        let [raw] = RawMethod::new("fib.compute").definition().methods else { panic!("one method") };
        let typed = MethodDef::new("fib", "fib.compute");
        assert_eq!(
            (raw.service, raw.exchange, raw.routing_key, raw.queue),
            (typed.service, typed.exchange, typed.routing_key, typed.queue)
        );
    }
}
