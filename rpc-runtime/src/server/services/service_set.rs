//! The services and subscriptions of a server at the moment, and their queues. A set is never changed, only
//! replaced by another.

mod plan;
mod reflected;

use std::{collections::BTreeSet, sync::Arc};

use amqp_rpc_contract::description::ServiceDescription;
use amqp_rpc_transport::{Broker, BrokerError, Connection, Disconnect, Topology, TopologyError};

use super::{
    dialect_service::DialectService,
    event_receiver::{EventReceiver, SubscriptionInfo},
    named_methods::{with_blocking, with_queues},
    queue_plan::QueuePlan,
    registration::{Registration, Role, ServiceId},
    routes::{RoutedService, events},
};
use crate::{
    contract::{LockedMethod, MethodKind, ServiceDef},
    error::StartError,
    idempotency::{MissingStore, deduplicated},
    layer::BoxService,
    server::{
        config::{Declare, QueueOptions, ServiceOptions, ServiceSettings},
        reflection::{Answers, ServiceCounters},
        topology::{DeclaredBefore, DeclaredService, request_methods},
    },
};

pub(super) use reflected::REFLECTION;

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
    pub(super) in_dialects: Vec<DialectService>,
    /// Answers the reserved methods, if the server tells of itself.
    answers: Option<BoxService>,
    last_id: u32,
}

/// A service whose calls and notifications are served.
#[derive(Clone, Debug)]
pub(super) struct ServedService {
    pub(super) id: ServiceId,
    /// With the queues that it is served from.
    pub(super) definition: &'static ServiceDef,
    pub(super) service: BoxService,
    pub(super) locked: Arc<[LockedMethod]>,
    pub(super) queue_options: QueueOptions,
    pub(super) describe: Option<fn() -> ServiceDescription>,
    /// `None` if its calls are not counted.
    pub(super) counters: Option<ServiceCounters>,
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
        let answers = settings.reflection.as_ref();
        let answers = answers.map(|instance| BoxService::new(Answers(Arc::clone(instance))));
        let answers = answers.map(|answers| settings.layers.wrap(answers));
        let mut services = Self { answers, ..Self::default() };
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

    /// The queues without overflows, and without exclusive ones: only their connection can use these.
    pub(crate) fn summary(&self) -> ServiceSummary {
        let queues = self
            .queues
            .iter()
            .filter(|queue| queue.overflow_of.is_none() && !queue.kind.is_exclusive())
            .filter(|queue| queue.partition.is_none());
        let mut queues: Vec<_> = queues.map(|queue| queue.key.clone()).collect();
        queues.sort_unstable();
        ServiceSummary { queues, subscriptions: self.receivers.iter().map(EventReceiver::info).collect() }
    }

    /// # Errors
    /// When the broker cannot have one of the queues without losing requests silently, or without running requests of
    /// one lock at the same time.
    pub(crate) fn check_broker(&self, broker: Broker) -> Result<(), StartError> {
        let partition = self.queues.iter().find_map(|queue| queue.partition.as_ref());
        if let Some(of) = partition.filter(|_| !broker.has_single_active_consumer()) {
            return Err(StartError::InvalidOption(format!(
                "queue `{}` has methods with `lock_scope = \"cluster\"`: {broker} is not known to have single active consumers, without which every server would run them at once",
                of.queue
            )));
        }
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
        let in_dialects = self.in_dialects.iter().map(|service| service.definition);
        let definitions = self.services.iter().map(|service| service.definition).chain(in_dialects);
        let mut methods = definitions.flat_map(request_methods);
        methods.any(|method| method.kind == MethodKind::Call && !method.cancel_when_late)
    }

    /// Tells the dialects why the link was lost.
    pub(crate) fn note_loss(&self, lost: &BrokerError) {
        let disconnect = Disconnect::from(lost);
        let dialects = self.queues.iter().filter_map(|queue| queue.dialect.as_ref());
        dialects.for_each(|served| served.note_loss(&disconnect));
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
        let Registration { definition, service, locked, role, describe } = registration;
        let id = self.new_id();
        match role {
            Role::Serve(options) => {
                if !definition.methods.is_empty() && request_methods(definition).next().is_none() {
                    return Err(StartError::OnlyEvents { service: definition.name });
                }
                let definition = with_queues(definition, &options)?;
                let methods = request_methods(definition);
                let service = with_blocking(service, definition, methods.clone(), &options.blocking)?;
                let service = deduplicated(service, methods, settings.deduplication.as_ref())
                    .map_err(|MissingStore { method }| StartError::NoIdempotencyStore { method })?;
                let service = settings.layers.wrap(service);
                let ServiceOptions { queue_options, .. } = options;
                let mut queue_options = queue_options.unwrap_or_else(|| settings.queue_options.clone());
                if settings.declare != Declare::All {
                    // The program that declares the queues decides about dead letters and overflow.
                    queue_options = queue_options.of_others();
                }
                let locked = locked.into();
                let counters = settings.reflection.as_ref().map(|_| ServiceCounters::of(definition));
                let served =
                    ServedService { id, definition, service, locked, queue_options, describe, counters };
                self.services.push(served);
            }
            Role::ServeIn(dialect) => {
                let methods = request_methods(definition);
                let service = deduplicated(service, methods, settings.deduplication.as_ref())
                    .map_err(|MissingStore { method }| StartError::NoIdempotencyStore { method })?;
                let service = (settings.layers.wrap(service), locked.into());
                self.in_dialects.push(DialectService::new(id, definition, service, dialect)?);
            }
            Role::Receive(subscription) => {
                let service = with_blocking(service, definition, events(definition), &subscription.blocking)?;
                let service = settings.layers.wrap(service);
                let receiver = EventReceiver::new(id, definition, (service, locked), subscription, settings)?;
                self.receivers.push(receiver);
            }
        }
        Ok(id)
    }

    pub(super) fn new_id(&mut self) -> ServiceId {
        self.last_id = self.last_id.wrapping_add(1);
        ServiceId(self.last_id)
    }
}

impl ServedService {
    fn declared(&self) -> DeclaredService<'_> {
        DeclaredService { definition: self.definition, queue_options: &self.queue_options }
    }

    fn routed(&self) -> RoutedService<'_> {
        let Self { id, definition, service, locked, counters, .. } = self;
        RoutedService { id: *id, definition, service, locked, counters: counters.as_ref() }
    }
}
