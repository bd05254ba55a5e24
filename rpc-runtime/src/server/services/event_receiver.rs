//! A service that receives events by a subscription.

use std::{
    fmt,
    sync::{Arc, atomic::AtomicBool},
};

use amqp_rpc_transport::Topology;

use super::{
    queue_plan::{QueueKind, QueuePlan},
    registration::ServiceId,
    routes::{RoutedService, Routes},
};
use crate::{
    contract::{LockedMethod, ServiceDef},
    error::StartError,
    layer::BoxService,
    server::{
        config::{Declare, Patterns, QueueOptions, ServiceSettings, Subscriber, Subscription},
        topology::{
            DeadLetterQueue, EventQueue, QueueDeclaration, event_topology, group_queue, new_listener_queue,
        },
    },
};

/// A service with the events that it receives.
#[derive(Clone, Debug)]
pub(crate) struct EventReceiver {
    pub(crate) id: ServiceId,
    pub(crate) definition: &'static ServiceDef,
    service: BoxService,
    locked: Arc<[LockedMethod]>,
    pub(crate) by: Subscriber,
    pub(crate) patterns: Patterns,
    queue_options: QueueOptions,
    /// The key of its queue.
    pub(crate) queue: String,
}

/// The part of a subscription that its user sees, which identifies it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SubscriptionInfo {
    pub(crate) id: ServiceId,
    pub(crate) service: &'static str,
    pub(crate) by: Subscriber,
}

impl EventReceiver {
    /// # Errors
    /// Everything that can be wrong with the subscription without a broker.
    pub(crate) fn new(
        id: ServiceId,
        definition: &'static ServiceDef,
        (service, locked): (BoxService, Vec<LockedMethod>),
        subscription: Subscription,
        settings: &ServiceSettings,
    ) -> Result<Self, StartError> {
        let is_listener = subscription.by == Subscriber::Listener;
        subscription.check(definition, is_listener || settings.declare == Declare::All)?;
        let Subscription { by, patterns, queue_options, blocking: _ } = subscription;
        let queue = match &by {
            Subscriber::Group(group) => group_queue(definition.name, group, &settings.namespace),
            Subscriber::Listener => new_listener_queue(&settings.namespace),
        };
        let queue_options = match queue_options {
            Some(options) => options,
            None if is_listener => QueueOptions::new(),
            None => settings.queue_options.clone(),
        };
        let locked = locked.into();
        Ok(Self { id, definition, service, locked, by, patterns, queue_options, queue })
    }

    pub(crate) fn is_listener(&self) -> bool {
        self.by == Subscriber::Listener
    }

    pub(crate) fn info(&self) -> SubscriptionInfo {
        SubscriptionInfo { id: self.id, service: self.definition.name, by: self.by.clone() }
    }

    /// The topology that its queue needs.
    pub(crate) fn topology(&self, settings: &ServiceSettings) -> Result<Topology, StartError> {
        let queue = EventQueue {
            name: &self.queue,
            is_listener: self.is_listener(),
            patterns: &self.patterns,
            options: &self.queue_options,
        };
        event_topology(&queue, settings)
    }

    /// The plan of its queue, which needs `needed` on the broker.
    pub(crate) fn plan_queue(
        &self,
        needed: Topology,
        settings: &ServiceSettings,
    ) -> Result<QueuePlan, StartError> {
        let (kind, declare) = match self.by {
            // No other program can declare it.
            Subscriber::Listener => (QueueKind::Listener, Declare::All),
            Subscriber::Group(_) => (QueueKind::Group, settings.declare),
        };
        let Self { id, definition, service, locked, .. } = self;
        let routed = RoutedService { id: *id, definition, service, locked, counters: None };
        let routes = Routes::of_events(&routed, &settings.namespace, &settings.locks)?;
        Ok(QueuePlan {
            key: self.queue.clone(),
            kind,
            max_parked: routes.have_locks().then_some(settings.max_parked),
            routes,
            concurrency: settings.concurrency,
            overflow_of: None,
            partition: None,
            dead_letters: DeadLetterQueue::of(&self.queue, &needed),
            declaration: QueueDeclaration::new(self.queue.clone(), declare, needed),
            dialect: None,
            consume_denied: AtomicBool::default(),
        })
    }
}

impl fmt::Display for SubscriptionInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.by {
            Subscriber::Group(name) => write!(f, "{}.events.{name}", self.service),
            Subscriber::Listener => write!(f, "{} (listener)", self.service),
        }
    }
}
