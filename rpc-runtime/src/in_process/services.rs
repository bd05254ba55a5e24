//! The services of a client in process: finds the methods that a message is for, and runs them as a server does.

use std::{collections::HashMap, future::Future, sync::Arc, time::Instant};

use amqp_rpc_transport::Delivered;
use futures_util::future::join_all;

use crate::{
    client::local::{MessageReceiver, Receiving, WrittenReply},
    codec::AnyCodec,
    contract::{LockedMethod, MethodDef, MethodKind, Service, ServiceDef},
    idempotency::{Deduplication, MissingStore, deduplicated},
    layer::{BoxService, isolated},
    lock::{Entered, HeldLock, Locks, MethodLock, Place},
    message::{Fault, FaultCode, IncomingCall, Inherited, Partition, Reply, cluster_lock},
    secrets::Secrets,
    wire::{namespace::Namespace, partition::partition_key, reply::compose, request::ReceivedRequest},
};

#[derive(Default)]
pub(super) struct Services {
    services: Vec<LocalService>,
    locks: Locks,
    namespace: Namespace,
}

struct LocalService {
    definition: &'static ServiceDef,
    service: BoxService,
    /// Those of its methods that have locks.
    locked: Vec<LockedMethod>,
}

/// A method that receives a message.
struct Receiver<'a> {
    method: &'static MethodDef,
    of: &'a LocalService,
}

impl Services {
    pub(super) fn with(mut self, service: impl Service) -> Self {
        let (definition, locked) = (service.definition(), service.locked_methods());
        self.services.push(LocalService { definition, service: BoxService::unguarded(service), locked });
        self
    }

    /// # Errors
    /// When a service has a deduplicated method, and there is no store.
    pub(super) fn deduplicated(
        mut self,
        deduplication: Option<&Arc<Deduplication>>,
    ) -> Result<Self, MissingStore> {
        for local in &mut self.services {
            let methods = local.definition.methods.iter().copied();
            local.service = deduplicated(local.service.clone(), methods, deduplication)?;
        }
        Ok(self)
    }

    pub(super) fn in_namespace(self, namespace: Namespace) -> Self {
        Self { namespace, ..self }
    }

    pub(super) fn names(&self) -> Vec<&'static str> {
        self.services.iter().map(|service| service.definition.name).collect()
    }

    /// Checks that each call and each notification is for one method: as a server does, by exchange and routing
    /// key, and by queue and type; and that the services keep their locks.
    ///
    /// # Errors
    /// Which two methods would receive the same ones, or whose lock could not be kept.
    pub(super) fn check(&self) -> Result<(), String> {
        let mut taken = HashMap::new();
        for service in &self.services {
            for method in service.definition.methods {
                MethodLock::of(method, &service.locked, &self.locks)?;
            }
        }
        let methods = self.services.iter().flat_map(|service| service.definition.methods);
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
    fn find(&self, message: &Delivered) -> Vec<Receiver<'_>> {
        let of_each = |is_for: &dyn Fn(&MethodDef) -> bool| {
            let mut found = Vec::new();
            for of in &self.services {
                // As a server does: of several events the one with the longest name that the key begins with.
                let methods = of.definition.methods.iter().copied().filter(|method| is_for(method));
                let method = methods.max_by_key(|method| method.routing_key.len());
                found.extend(method.map(|method| Receiver { method, of }));
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
            && is_key_of(routing_key, method, &self.namespace);
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

/// Returns whether a request with this routing key is for the method, through whichever partition of its lock.
fn is_key_of(routing_key: &str, method: &MethodDef, namespace: &Namespace) -> bool {
    let partitions = cluster_lock(method).map_or(0, |lock| lock.partitions);
    let mut keys = Partition::all(partitions).take(partitions.into());
    *routing_key == *namespace.routing_key(method)
        || keys.any(|partition| *routing_key == partition_key(method, partition, namespace))
}

fn is_event(method: &MethodDef) -> bool {
    method.kind == MethodKind::Event
}

impl MessageReceiver for Services {
    fn receive(&self, message: Delivered, codecs: &[AnyCodec], secrets: &Secrets) -> Option<Receiving> {
        let found = self.find(&message);
        if found.is_empty() {
            let method = message.properties.kind.as_deref();
            tracing::debug!(method, services = ?self.names(), "no service in process has the method");
            return None;
        }
        let received_at = message.received_at;
        let running: Vec<_> = found
            .into_iter()
            .map(|Receiver { method, of }| {
                // In the order of the calls.
                let lock = MethodLock::of(method, &of.locked, &self.locks);
                let lock = lock.map(|lock| lock.map(|lock| (lock.arrive(), lock)));
                let mut request = ReceivedRequest::read(message.clone(), codecs);
                if is_event(method) {
                    request.return_address.reply_to = None;
                }
                request.read_secrets(secrets);
                serve(method, of.service.clone(), lock, request, received_at)
            })
            .collect();
        Some(Box::pin(async { join_all(running).await.into_iter().flatten().next() }))
    }
}

/// Runs the method; ends with the reply, if a caller waits for one.
async fn serve(
    method: &'static MethodDef,
    service: BoxService,
    lock: Result<Option<(Place, MethodLock)>, String>,
    mut request: ReceivedRequest,
    received_at: Instant,
) -> Option<WrittenReply> {
    let address = request.take_return_address();
    let outcome = match (request.into_call(method, received_at), lock) {
        (Err(fault), _) => Err(fault),
        (Ok(_), Err(why)) => Err(Fault::new(FaultCode::Internal, why)),
        (Ok(call), Ok(None)) => run(&service, call).await,
        (Ok(call), Ok(Some((place, lock)))) => match hold(place, &lock, &call).await {
            Ok(held) => held.scope(run(&service, call)).await,
            Err(fault) => Err(fault),
        },
    };
    if address.reply_to.is_none() {
        if let Err(fault) = &outcome {
            log(method, fault);
        }
        return None;
    }
    Some(compose(address.correlation_id, &address.codec, outcome))
}

/// Waits for the lock, at most until the caller stops waiting.
async fn hold(place: Place, lock: &MethodLock, call: &IncomingCall) -> Result<HeldLock, Fault> {
    let key = lock.key(call, true)?;
    let queued = match place.enter(&key).await {
        Entered::Held(held) => return Ok(held),
        Entered::Queued(queued) => queued,
    };
    match call.context.remaining() {
        None => Ok(queued.turn().await),
        Some(remaining) => {
            // By tokio's clock, which a test may have paused.
            let turn = tokio::time::timeout(remaining, queued.turn()).await;
            turn.map_err(|_| Fault::expired())
        }
    }
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
