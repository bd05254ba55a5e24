//! Changes of what a running server serves. Each makes the set of services that is to replace the current
//! one.

#[cfg(all(test, not(shuttle)))]
mod tests;

use std::{collections::BTreeSet, sync::Arc};

use amqp_rpc_transport::Binding;

use super::{
    dialect_service::DialectService,
    event_receiver::{EventReceiver, SubscriptionInfo},
    queue_plan::QueuePlan,
    registration::{Registration, Role, ServiceId},
    removed_service::RemovedService,
    service_set::{REFLECTION, ServedService, ServiceSet},
};
use crate::{
    contract::ServiceDef,
    error::{ChangeError, StartError},
    layer::BoxService,
    server::{
        config::{Declare, Pattern, ServiceSettings, Subscriber, check_patterns, check_unbound},
        topology::{binding, overflow_of, request_methods, request_queues},
    },
};

/// A set of services that is to replace another one.
pub(crate) struct Change {
    pub(crate) next: ServiceSet,
    /// The services that it removes.
    pub(crate) removed: Vec<ServiceId>,
    /// The keys of the queues that it touches, overflows included.
    touched: BTreeSet<String>,
}

/// A change of a subscription's patterns.
pub(crate) struct Rebinding {
    pub(crate) change: Change,
    /// The bindings to take from the subscription's queue.
    pub(crate) unbound: Vec<Binding>,
}

impl Change {
    /// The queues that it touches and that are consumed afterwards.
    pub(crate) fn touched_queues(&self) -> impl Iterator<Item = &Arc<QueuePlan>> {
        self.next.queues.iter().filter(|queue| self.touched.contains(&queue.key))
    }

    /// The keys of the queues that are not consumed afterwards.
    pub(crate) fn removed_queues(&self) -> impl Iterator<Item = &str> {
        self.touched.iter().map(String::as_str).filter(|key| self.next.queue(key).is_none())
    }
}

impl ServiceSet {
    /// Adds a service or a subscription. Returns its id as well.
    pub(crate) fn with(
        &self,
        registration: Registration,
        settings: &ServiceSettings,
    ) -> Result<(Change, ServiceId), StartError> {
        let mut next = self.clone();
        let is_served = matches!(registration.role, Role::Serve(_));
        let id = next.register(registration, settings)?;
        let served = next.services.last().filter(|_| is_served).map(|service| service.definition);
        let in_dialect = next.in_dialects.last().filter(|service| service.id == id);
        let mut touched: BTreeSet<_> = if let Some(service) = in_dialect {
            service.queues().map(str::to_owned).collect()
        } else if let Some(definition) = served {
            next.removed.retain(|service| service.definition != definition);
            queues_of([definition], settings)
        } else {
            next.receivers.last().map(|receiver| receiver.queue.clone()).into_iter().collect()
        };
        if touched.is_empty() {
            return Err(StartError::NoService);
        }
        if served.is_some() {
            // Every server is asked for it as well.
            touched.insert(REFLECTION.to_owned());
        }
        next.plan_queues(settings, self, &touched)?;
        Ok((Change { next, removed: Vec::new(), touched }, id))
    }

    /// Removes every service of this name.
    pub(crate) fn without(&self, name: &str, settings: &ServiceSettings) -> Result<Change, ChangeError> {
        let change = self.without_services(|_, definition| definition.name == name, settings)?;
        let in_dialects = self.in_dialects.iter().map(|service| service.definition.name);
        let served = self.services.iter().map(|service| service.definition.name).chain(in_dialects);
        change.ok_or_else(|| not_served(name, served))
    }

    /// Removes this subscription.
    pub(crate) fn unsubscribed(
        &self,
        subscription: &SubscriptionInfo,
        settings: &ServiceSettings,
    ) -> Result<Change, ChangeError> {
        self.without_receiver(self.find(subscription)?, settings)
    }

    /// Removes the service or subscription with this id. `None` when it was removed before.
    pub(crate) fn without_id(
        &self,
        id: ServiceId,
        settings: &ServiceSettings,
    ) -> Result<Option<Change>, ChangeError> {
        match self.receivers.iter().position(|receiver| receiver.id == id) {
            Some(index) => self.without_receiver(index, settings).map(Some),
            None => self.without_services(|served, _| served == id, settings),
        }
    }

    fn without_services(
        &self,
        is_removed: impl Fn(ServiceId, &ServiceDef) -> bool,
        settings: &ServiceSettings,
    ) -> Result<Option<Change>, ChangeError> {
        let mut next = self.clone();
        let is_one = |service: &mut ServedService| is_removed(service.id, service.definition);
        let removed: Vec<_> = next.services.extract_if(.., is_one).collect();
        let is_one = |service: &mut DialectService| is_removed(service.id, service.definition);
        let in_dialects: Vec<_> = next.in_dialects.extract_if(.., is_one).collect();
        if removed.is_empty() && in_dialects.is_empty() {
            return Ok(None);
        }
        let mut touched = queues_of(removed.iter().map(|service| service.definition), settings);
        touched.insert(REFLECTION.to_owned());
        touched.extend(in_dialects.iter().flat_map(DialectService::queues).map(str::to_owned));
        let ids = removed.iter().map(|service| service.id);
        let ids = ids.chain(in_dialects.iter().map(|service| service.id)).collect();
        for service in removed {
            // Under another id: the removal must not wait for requests that are refused.
            let id = next.new_id();
            next.removed.push(service.into_removed(id));
        }
        next.plan_queues(settings, self, &touched)?;
        Ok(Some(Change { next, removed: ids, touched }))
    }

    fn without_receiver(&self, index: usize, settings: &ServiceSettings) -> Result<Change, ChangeError> {
        let mut next = self.clone();
        let receiver = next.receivers.remove(index);
        let touched = BTreeSet::from([receiver.queue]);
        next.plan_queues(settings, self, &touched)?;
        Ok(Change { next, removed: vec![receiver.id], touched })
    }

    /// Adds patterns to this subscription, and removes others.
    pub(crate) fn rebound(
        &self,
        subscription: &SubscriptionInfo,
        bind: Vec<Pattern>,
        unbind: &[Pattern],
        settings: &ServiceSettings,
    ) -> Result<Rebinding, ChangeError> {
        let mut next = self.clone();
        let receiver = &mut next.receivers[self.find(subscription)?];
        if receiver.by != Subscriber::Listener && settings.declare != Declare::All {
            let text = "a server that does not declare its queues binds nothing; the program that declares them does";
            return Err(StartError::InvalidOption(text.into()).into());
        }
        check_patterns(&bind, receiver.definition)?;
        check_unbound(unbind, receiver.definition)?;
        receiver.patterns.retain(|pattern| !unbind.contains(pattern));
        receiver.patterns.extend(bind);
        let key = receiver.queue.clone();
        let unbound = unbind.iter().map(|pattern| binding(pattern, &key, &settings.namespace)).collect();
        let touched = BTreeSet::from([key]);
        next.plan_queues(settings, self, &touched)?;
        let change = Change { next, removed: Vec::new(), touched };
        Ok(Rebinding { change, unbound })
    }

    fn find(&self, subscription: &SubscriptionInfo) -> Result<usize, ChangeError> {
        let found = self.receivers.iter().position(|receiver| receiver.id == subscription.id);
        found.ok_or_else(|| not_served(subscription, self.receivers.iter().map(EventReceiver::info)))
    }
}

impl ServedService {
    fn into_removed(self, id: ServiceId) -> Self {
        Self { id, service: BoxService::new(RemovedService(self.definition.name)), ..self }
    }
}

/// Lists each name once: several raw methods can have the same service, and all listeners of a service have
/// one name.
fn not_served(name: impl ToString, served: impl Iterator<Item = impl ToString>) -> ChangeError {
    let mut served: Vec<_> = served.map(|served| served.to_string()).collect();
    served.sort_unstable();
    served.dedup();
    ChangeError::NotServed { name: name.to_string(), served }
}

fn queues_of(
    definitions: impl IntoIterator<Item = &'static ServiceDef>,
    settings: &ServiceSettings,
) -> BTreeSet<String> {
    let methods = definitions.into_iter().flat_map(request_methods);
    let queues = methods.flat_map(|method| request_queues(method, &settings.namespace));
    queues.flat_map(|queue| [overflow_of(&queue.name), queue.name]).collect()
}
