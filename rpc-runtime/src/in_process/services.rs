//! The services of a client in process: finds the methods that a message is for, and runs them as a server does.

use std::{collections::HashMap, future::Future, time::Instant};

use amqp_rpc_transport::Delivered;
use futures_util::future::join_all;

use crate::{
    client::local::{MessageReceiver, Receiving, WrittenReply},
    codec::AnyCodec,
    contract::{MethodDef, MethodKind, Service, ServiceDef},
    layer::{BoxService, isolated},
    message::{Fault, FaultCode, IncomingCall, Inherited, Reply},
    wire::{namespace::Namespace, reply::compose, request::ReceivedRequest},
};

#[derive(Default)]
pub(super) struct Services {
    services: Vec<(&'static ServiceDef, BoxService)>,
    namespace: Namespace,
}

impl Services {
    pub(super) fn with(mut self, service: impl Service) -> Self {
        self.services.push((service.definition(), BoxService::unguarded(service)));
        self
    }

    pub(super) fn in_namespace(self, namespace: Namespace) -> Self {
        Self { namespace, ..self }
    }

    pub(super) fn names(&self) -> Vec<&'static str> {
        self.services.iter().map(|(definition, _)| definition.name).collect()
    }

    /// Checks that each call and each notification is for one method: as a server does, by exchange and routing
    /// key, and by queue and type.
    ///
    /// # Errors
    /// Which two methods would receive the same ones.
    pub(super) fn check(&self) -> Result<(), String> {
        let mut taken = HashMap::new();
        let methods = self.services.iter().flat_map(|(definition, _)| definition.methods);
        for method in methods.filter(|method| !is_event(method)) {
            let second = method.full_name;
            let (by_key, by_type) = ((method.exchange, method.routing_key), (method.queue, second));
            for (kind, address) in [("key", by_key), ("type", by_type)] {
                if let Some(first) = taken.insert((kind, address), second) {
                    return Err(format!("`{first}` and `{second}` would receive the same requests"));
                }
            }
        }
        Ok(())
    }

    /// The methods that receive a message: one of a call or a notification, of an event one per service.
    fn find(&self, message: &Delivered) -> Vec<(&'static MethodDef, BoxService)> {
        let of_each = |is_for: &dyn Fn(&MethodDef) -> bool| {
            let mut found = Vec::new();
            for (definition, service) in &self.services {
                // As a server does: of several events the one with the longest name that the key begins with.
                let methods = definition.methods.iter().copied().filter(|method| is_for(method));
                let method = methods.max_by_key(|method| method.routing_key.len());
                found.extend(method.map(|method| (method, service.clone())));
            }
            found
        };
        let mut found = of_each(&|method| !is_event(method) && self.is_called(method, message));
        found.extend(of_each(&|method| is_event(method) && self.has_topic(method, message)));
        found
    }

    /// Returns whether the message is published to the method: by its routing key, or on the default exchange,
    /// where that is a queue, by its type.
    fn is_called(&self, method: &MethodDef, message: &Delivered) -> bool {
        let Delivered { exchange, routing_key, properties, .. } = message;
        let is_its_key = **exchange == *self.namespace.exchange(method.exchange)
            && **routing_key == *self.namespace.routing_key(method);
        let is_its_queue = exchange.is_empty() && **routing_key == *self.namespace.queue(method.queue);
        is_its_key || (is_its_queue && properties.kind.as_deref() == Some(method.full_name))
    }

    /// Returns whether the message is this event, with whatever topic.
    fn has_topic(&self, event: &MethodDef, message: &Delivered) -> bool {
        let key = self.namespace.routing_key(event);
        let rest = message.routing_key.strip_prefix(&*key);
        *message.exchange == *self.namespace.exchange(event.exchange)
            && rest.is_some_and(|topic| topic.is_empty() || topic.starts_with('.'))
    }
}

fn is_event(method: &MethodDef) -> bool {
    method.kind == MethodKind::Event
}

impl MessageReceiver for Services {
    fn receive(&self, message: Delivered, codecs: &[AnyCodec]) -> Option<Receiving> {
        let found = self.find(&message);
        if found.is_empty() {
            let method = message.properties.kind.as_deref();
            tracing::debug!(method, services = ?self.names(), "no service in process has the method");
            return None;
        }
        let received_at = Instant::now();
        let running: Vec<_> = found
            .into_iter()
            .map(|(method, service)| {
                let mut request = ReceivedRequest::read(message.clone(), codecs);
                if is_event(method) {
                    request.return_address.reply_to = None;
                }
                serve(method, service, request, received_at)
            })
            .collect();
        Some(Box::pin(async { join_all(running).await.into_iter().flatten().next() }))
    }
}

/// Runs the method; ends with the reply, if a caller waits for one.
async fn serve(
    method: &'static MethodDef,
    service: BoxService,
    mut request: ReceivedRequest,
    received_at: Instant,
) -> Option<WrittenReply> {
    let address = request.take_return_address();
    let outcome = match request.into_call(method, received_at) {
        Ok(call) => run(&service, call).await,
        Err(fault) => Err(fault),
    };
    if address.reply_to.is_none() {
        if let Err(fault) = &outcome {
            log(method, fault);
        }
        return None;
    }
    Some(compose(address.correlation_id, &address.codec, outcome))
}

/// Runs the call, as a server that exposes panics: caller and method are parts of one program.
fn run(service: &BoxService, call: IncomingCall) -> impl Future<Output = Result<Reply, Fault>> {
    let inherited = Inherited::from(call.context.deadline(), call.context.headers());
    inherited.scope(isolated(service, call, true))
}

/// Nobody else is told that a notification or an event failed.
fn log(method: &MethodDef, fault: &Fault) {
    macro_rules! write_at {
        ($level:ident, $message:literal) => {
            tracing::$level!(
                target: "amqp_rpc_runtime::failures",
                service = method.service,
                method = method.full_name,
                outcome = fault.code().as_str(),
                reason = fault.message(),
                detail = fault.detail(),
                $message
            )
        };
    }
    match fault.code() {
        FaultCode::Panicked => write_at!(error, "the method panicked"),
        _ => write_at!(warn, "a notification or an event failed"),
    }
}
