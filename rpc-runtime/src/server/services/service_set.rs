//! The services and subscriptions of a server at the moment, and their queues. A set is never changed, only
//! replaced by another.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::AtomicBool},
};

use amqp_rpc_transport::{Broker, Connection, Topology, TopologyError};

use super::{
    event_receiver::{EventReceiver, SubscriptionInfo},
    named_methods::{with_blocking, with_queues},
    queue_plan::{QueueKind, QueuePlan},
    registration::{Registration, Role, ServiceId},
    routes::{RoutedService, Routes, add_removed, by_queue, events},
};
use crate::{
    contract::{MethodKind, ServiceDef},
    error::StartError,
    layer::BoxService,
    server::{
        config::{Declare, QueueOptions, ServiceOptions, ServiceSettings},
        topology::{
            DeadLetterQueue, DeclaredBefore, DeclaredService, QueueDeclaration, overflow_of, request_methods,
            request_topology,
        },
    },
};

/// All services and subscriptions of a server.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServiceSet {
    /// Queues of requests in alphabetical order, each followed by its overflow where it has one; then those
    /// of events.
    pub(crate) queues: Vec<Arc<QueuePlan>>,
    topology: Topology,
    /// Those of its queues that an earlier version declared.
    declared_before: DeclaredBefore,
    pub(super) services: Vec<ServedService>,
    /// Services that were removed, which answer requests that still come from a shared queue.
    pub(super) removed: Vec<ServedService>,
    pub(super) receivers: Vec<EventReceiver>,
    last_id: u32,
}

/// A service whose calls and notifications are served.
#[derive(Clone, Debug)]
pub(super) struct ServedService {
    pub(super) id: ServiceId,
    /// With the queues that it is served from.
    pub(super) definition: &'static ServiceDef,
    pub(super) service: BoxService,
    pub(super) queue_options: QueueOptions,
}

/// The queues and subscriptions that the user of a running server sees.
#[derive(Clone, Debug)]
pub(crate) struct ServiceSummary {
    pub(crate) queues: Vec<String>,
    pub(crate) subscriptions: Vec<SubscriptionInfo>,
}

impl ServiceSet {
    /// # Errors
    /// Everything that can be wrong with the services without a broker.
    pub(crate) fn new(
        registrations: Vec<Registration>,
        settings: &ServiceSettings,
    ) -> Result<Self, StartError> {
        let mut services = Self::default();
        for registration in registrations {
            services.register(registration, settings)?;
        }
        services.plan_queues(settings, &Self::default(), &BTreeSet::new())?;
        if services.queues.is_empty() {
            // There is no service, or only services without a method.
            return Err(StartError::NoService);
        }
        Ok(services)
    }

    /// The queues without overflows, and without those of listeners: only their connection can use these.
    pub(crate) fn summary(&self) -> ServiceSummary {
        let queues = self
            .queues
            .iter()
            .filter(|queue| queue.overflow_of.is_none() && queue.kind != QueueKind::Listener);
        let mut queues: Vec<_> = queues.map(|queue| queue.key.clone()).collect();
        queues.sort_unstable();
        ServiceSummary { queues, subscriptions: self.receivers.iter().map(EventReceiver::info).collect() }
    }

    /// # Errors
    /// When the broker cannot have one of the queues without losing requests silently.
    pub(crate) fn check_broker(&self, broker: Broker) -> Result<(), StartError> {
        let bounded = self.queues.iter().find_map(|queue| queue.overflow_of.as_ref());
        match bounded {
            Some(queue) if !(broker.has_reject_publish_dlx() || broker.returns_when_full()) => {
                Err(StartError::InvalidOption(format!(
                    "queue `{queue}`: {broker} cannot refuse requests to a full queue so that their callers learn of it; leave `max_length` out"
                )))
            }
            _ => Ok(()),
        }
    }

    /// Declares exchanges, queues and bindings, or checks that they exist, as `declare` says.
    pub(crate) async fn declare(
        &self,
        connection: &Connection,
        declare: Declare,
    ) -> Result<(), TopologyError> {
        match declare {
            Declare::All => self.declared_before.declare(&self.topology, connection, false).await,
            Declare::Passive => self.declared_before.declare(&self.topology, connection, true).await,
            Declare::None => Ok(()),
        }
    }

    /// Returns whether it serves a call that is not cancelled because its caller has stopped waiting.
    pub(crate) fn has_calls_that_may_be_abandoned(&self) -> bool {
        let mut methods = self.services.iter().flat_map(|service| request_methods(service.definition));
        methods.any(|method| method.kind == MethodKind::Call && !method.cancel_when_late)
    }

    pub(crate) fn queue(&self, key: &str) -> Option<&Arc<QueuePlan>> {
        self.queues.iter().find(|queue| queue.key == key)
    }

    /// Returns the id of the registration.
    pub(super) fn register(
        &mut self,
        registration: Registration,
        settings: &ServiceSettings,
    ) -> Result<ServiceId, StartError> {
        let Registration { definition, service, role } = registration;
        let id = self.new_id();
        match role {
            Role::Serve(options) => {
                if !definition.methods.is_empty() && request_methods(definition).next().is_none() {
                    return Err(StartError::OnlyEvents { service: definition.name });
                }
                let definition = with_queues(definition, &options)?;
                let methods = request_methods(definition);
                let service = with_blocking(service, definition, methods, &options.blocking)?;
                let service = settings.layers.wrap(service);
                let ServiceOptions { queue_options, .. } = options;
                let mut queue_options = queue_options.unwrap_or_else(|| settings.queue_options.clone());
                if settings.declare != Declare::All {
                    // The program that declares the queues decides about dead letters and overflow.
                    queue_options = queue_options.of_others();
                }
                self.services.push(ServedService { id, definition, service, queue_options });
            }
            Role::Receive(subscription) => {
                let service = with_blocking(service, definition, events(definition), &subscription.blocking)?;
                let service = settings.layers.wrap(service);
                let receiver = EventReceiver::new(id, definition, service, subscription, settings)?;
                self.receivers.push(receiver);
            }
        }
        Ok(id)
    }

    pub(super) fn new_id(&mut self) -> ServiceId {
        self.last_id = self.last_id.wrapping_add(1);
        ServiceId(self.last_id)
    }

    /// Plans the queues anew. Queues of `before` that are not `touched` stay the same ones.
    pub(super) fn plan_queues(
        &mut self,
        settings: &ServiceSettings,
        before: &Self,
        touched: &BTreeSet<String>,
    ) -> Result<(), StartError> {
        let kept = |key: &str| if touched.contains(key) { None } else { before.queue(key).cloned() };
        self.queues.clear();
        self.plan_request_queues(settings, kept)?;
        self.plan_event_queues(settings, kept)
    }

    fn plan_request_queues(
        &mut self,
        settings: &ServiceSettings,
        kept: impl Fn(&str) -> Option<Arc<QueuePlan>>,
    ) -> Result<(), StartError> {
        let topology =
            request_topology(self.services.iter().map(ServedService::declared), &settings.namespace)?;
        let mut routes = by_queue(self.services.iter().map(ServedService::routed), &settings.namespace)?;
        add_removed(&mut routes, self.removed.iter().map(ServedService::routed), &settings.namespace);
        let planned = |name: String, routes, overflow_of: Option<String>| {
            if let Some(queue) = kept(&name) {
                return queue;
            }
            let key = name.clone();
            // What the broker dead-letters to an overflow may be a dead letter of the full queue.
            let dead_letters = DeadLetterQueue::of(overflow_of.as_deref().unwrap_or(&key), &topology);
            let (full, before) = (overflow_of.as_deref(), self.declared_before.clone());
            let declaration = QueueDeclaration::part_of(&topology, name, full, settings.declare, before);
            Arc::new(QueuePlan {
                key,
                kind: QueueKind::Requests,
                routes,
                concurrency: settings.concurrency,
                overflow_of,
                declaration,
                dead_letters,
                consume_denied: AtomicBool::default(),
            })
        };
        for (name, routes) in routes {
            let overflow = overflow_of(&name);
            let overflows = topology.queues.iter().any(|queue| queue.name == overflow);
            self.queues.push(planned(name.clone(), routes, None));
            if overflows {
                self.queues.push(planned(overflow, Routes::default(), Some(name)));
            }
        }
        self.topology = topology;
        Ok(())
    }

    fn plan_event_queues(
        &mut self,
        settings: &ServiceSettings,
        kept: impl Fn(&str) -> Option<Arc<QueuePlan>>,
    ) -> Result<(), StartError> {
        for receiver in &self.receivers {
            if self.queues.iter().any(|queue| queue.key == receiver.queue) {
                return Err(StartError::InvalidOption(format!(
                    "queue `{}` is consumed already; name all events in one subscription to `{}`, or subscribe as a group of another name",
                    receiver.queue, receiver.definition.name
                )));
            }
            let needed = receiver.topology(settings)?;
            if !receiver.is_listener() {
                self.topology.extend(&needed);
            }
            self.queues.push(match kept(&receiver.queue) {
                Some(queue) => queue,
                None => Arc::new(receiver.plan_queue(needed, settings)?),
            });
        }
        Ok(())
    }
}

impl ServedService {
    fn declared(&self) -> DeclaredService<'_> {
        DeclaredService { definition: self.definition, queue_options: &self.queue_options }
    }

    fn routed(&self) -> RoutedService<'_> {
        RoutedService { id: self.id, definition: self.definition, service: &self.service }
    }
}
