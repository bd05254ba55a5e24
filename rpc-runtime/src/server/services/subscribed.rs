//! A member of a server that receives events.

use amqp_rpc_transport::Topology;

use super::{
    active_subscription::SubscriptionInfo,
    routes::{RoutedService, Routes},
    service_set::ServiceId,
};
use crate::{
    contract::ServiceDef,
    error::StartError,
    layer::BoxService,
    server::{
        config::{Declare, Patterns, QueueOptions, Subscriber, Subscription},
        settings::{QueueKind, QueuePlan, Settings},
        topology::new_listener_queue,
    },
};

/// A member that receives events.
#[derive(Clone, Debug)]
pub(crate) struct EventReceiver {
    pub(crate) id: ServiceId,
    pub(crate) definition: &'static ServiceDef,
    service: BoxService,
    pub(crate) by: Subscriber,
    pub(crate) patterns: Patterns,
    pub(crate) queue_options: QueueOptions,
    /// The key of its queue.
    pub(crate) queue: String,
}

impl EventReceiver {
    /// Everything that can be wrong with it without a broker is found here.
    pub(crate) fn new(
        id: ServiceId,
        definition: &'static ServiceDef,
        service: BoxService,
        subscription: Subscription,
        settings: &Settings,
    ) -> Result<Self, StartError> {
        let is_listener = subscription.by == Subscriber::Listener;
        subscription.check(definition, is_listener || settings.declare == Declare::All)?;
        let Subscription { by, patterns, queue_options } = subscription;
        let queue = match &by {
            Subscriber::Group(group) => {
                settings.namespace.queue(&format!("{}.events.{group}", definition.name)).into_owned()
            }
            Subscriber::Listener => new_listener_queue(&settings.namespace),
        };
        let queue_options = match queue_options {
            Some(options) => options,
            None if is_listener => QueueOptions::new(),
            None => settings.queue_options.clone(),
        };
        Ok(Self { id, definition, service, by, patterns, queue_options, queue })
    }

    /// What anybody can know of it.
    pub(crate) fn shown(&self) -> SubscriptionInfo {
        SubscriptionInfo { id: self.id, service: self.definition.name, by: self.by.clone() }
    }

    /// Its queue, which needs `needed`.
    pub(crate) fn plan_queue(&self, needed: Topology, settings: &Settings) -> Result<QueuePlan, StartError> {
        let (kind, declare) = match self.by {
            // Nobody else can declare it.
            Subscriber::Listener => (QueueKind::Listener, Declare::All),
            Subscriber::Group(_) => (QueueKind::Group, settings.declare),
        };
        let routed = RoutedService { member: self.id, definition: self.definition, service: &self.service };
        Ok(QueuePlan {
            key: self.queue.clone(),
            name: self.queue.clone(),
            kind,
            routes: Routes::of_events(&routed, &settings.namespace)?,
            concurrency: settings.concurrency,
            declare,
            overflow_of: None,
            topology: needed.into(),
        })
    }
}
