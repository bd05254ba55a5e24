//! What a server serves at the moment, and the queues that it needs for that: never changed, only replaced.

#[cfg(all(test, not(shuttle)))]
mod tests;

use std::{collections::BTreeSet, sync::Arc};

use amqp_rpc_transport::{Binding, Connection, Topology, TopologyError};

use super::{
    active_subscription::SubscriptionInfo,
    removed_service::RemovedService,
    routes::{RoutedService, Routes, add_removed, by_queue, called},
    subscribed::EventReceiver,
};
use crate::{
    contract::ServiceDef,
    error::{ChangeError, StartError},
    layer::BoxService,
    server::{
        config::{Declare, Pattern, QueueOptions, Subscriber, Subscription, check},
        settings::{QueueKind, QueuePlan, Settings},
        topology::{binding, overflow_of, part_of, topology, topology_of_events},
    },
};

/// A service as it was given to the server, its layers not yet around it.
pub(crate) struct Registration {
    pub(crate) definition: &'static ServiceDef,
    pub(crate) service: BoxService,
    pub(crate) role: Role,
}

/// What the server is to do with it.
#[derive(Clone, Debug)]
pub(crate) enum Role {
    /// Serve its calls and notifications, from queues with these options or the server's.
    Serve(Option<QueueOptions>),
    /// Receive its events.
    Receive(Subscription),
}

/// Tells what is added twice, one after the other, apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServiceId(pub(crate) u32);

/// All that is served.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServiceSet {
    /// In alphabetical order, each followed by its overflow where it has one.
    pub(crate) queues: Vec<Arc<QueuePlan>>,
    topology: Topology,
    members: Vec<ServedService>,
    /// What was served before.
    removed: Vec<ServedService>,
    subscribers: Vec<EventReceiver>,
    ids: u32,
}

#[derive(Clone, Debug)]
struct ServedService {
    id: ServiceId,
    definition: &'static ServiceDef,
    service: BoxService,
    queue_options: QueueOptions,
}

/// A composition that is to replace another one.
pub(crate) struct Change {
    pub(crate) next: ServiceSet,
    /// The members that are removed by it.
    pub(crate) leaving: Vec<ServiceId>,
    /// The queues that it touches, overflows included.
    touched: BTreeSet<String>,
}

impl ServiceSet {
    /// Everything that can be wrong without a broker is found here.
    pub(crate) fn of(given: Vec<Registration>, settings: &Settings) -> Result<Self, StartError> {
        let mut services = Self::default();
        for given in given {
            services.admit(given, settings)?;
        }
        services.arrange(settings, &Self::default(), &BTreeSet::new())?;
        if services.queues.is_empty() {
            // No service, or services without a method.
            return Err(StartError::NoService);
        }
        Ok(services)
    }

    /// With one more service or subscription.
    pub(crate) fn with(&self, given: Registration, settings: &Settings) -> Result<Change, StartError> {
        let mut next = self.clone();
        let (definition, is_served) = (given.definition, matches!(given.role, Role::Serve(_)));
        next.admit(given, settings)?;
        let touched = if is_served {
            next.removed.retain(|member| member.definition != definition);
            queues_of([definition], settings)
        } else {
            next.subscribers.last().map(|subscribed| subscribed.queue.clone()).into_iter().collect()
        };
        if touched.is_empty() {
            return Err(StartError::NoService);
        }
        next.arrange(settings, self, &touched)?;
        Ok(Change { next, leaving: Vec::new(), touched })
    }

    /// Without any service of this name.
    pub(crate) fn without(&self, name: &str, settings: &Settings) -> Result<Change, ChangeError> {
        let mut next = self.clone();
        let leaving: Vec<_> = next.members.extract_if(.., |member| member.definition.name == name).collect();
        if leaving.is_empty() {
            let served = self.members.iter().map(|member| member.definition.name);
            return Err(not_served(name, served));
        }
        let touched = queues_of(leaving.iter().map(|member| member.definition), settings);
        let ids = leaving.iter().map(|member| member.id).collect();
        for member in leaving {
            // Its departure is not to wait for requests that are refused.
            let id = next.new_id();
            next.removed.push(member.removed(id));
        }
        next.arrange(settings, self, &touched)?;
        Ok(Change { next, leaving: ids, touched })
    }

    /// Without this subscription.
    pub(crate) fn unsubscribed(
        &self,
        shown: &SubscriptionInfo,
        settings: &Settings,
    ) -> Result<Change, ChangeError> {
        let mut next = self.clone();
        let index = self.find(shown)?;
        let touched = BTreeSet::from([next.subscribers.remove(index).queue]);
        next.arrange(settings, self, &touched)?;
        Ok(Change { next, leaving: vec![shown.id], touched })
    }

    /// With other patterns of this subscription. Also returns what is to be unbound for it.
    pub(crate) fn rebound(
        &self,
        shown: &SubscriptionInfo,
        bind: Vec<Pattern>,
        unbind: &[Pattern],
        settings: &Settings,
    ) -> Result<(Change, Vec<Binding>), ChangeError> {
        let mut next = self.clone();
        let subscribed = &mut next.subscribers[self.find(shown)?];
        if subscribed.by != Subscriber::Listener && settings.declare != Declare::All {
            let text = "a server that does not declare its queues binds nothing; whoever declares them does";
            return Err(StartError::InvalidOption(text.into()).into());
        }
        check(bind.iter().chain(unbind), subscribed.definition)?;
        subscribed.patterns.retain(|pattern| !unbind.contains(pattern));
        subscribed.patterns.extend(bind);
        let key = subscribed.queue.clone();
        let unbound = unbind.iter().map(|pattern| binding(pattern, &key, &settings.namespace)).collect();
        let touched = BTreeSet::from([key]);
        next.arrange(settings, self, &touched)?;
        Ok((Change { next, leaving: Vec::new(), touched }, unbound))
    }

    /// The names of the queues that others can know: without those for what a queue has no room for, and those of listeners.
    pub(crate) fn shown(&self) -> ServiceSummary {
        let queues = self
            .queues
            .iter()
            .filter(|queue| queue.overflow_of.is_none() && queue.kind != QueueKind::Listener);
        let mut queues: Vec<_> = queues.map(|queue| queue.key.clone()).collect();
        queues.sort_unstable();
        ServiceSummary { queues, subscriptions: self.subscribers.iter().map(EventReceiver::shown).collect() }
    }

    fn find(&self, shown: &SubscriptionInfo) -> Result<usize, ChangeError> {
        let found = self.subscribers.iter().position(|subscribed| subscribed.id == shown.id);
        found.ok_or_else(|| not_served(shown, self.subscribers.iter().map(EventReceiver::shown)))
    }

    /// Makes sure of exchanges, queues and bindings, as far as the server may.
    pub(crate) async fn declare(
        &self,
        connection: &Connection,
        declare: Declare,
    ) -> Result<(), TopologyError> {
        match declare {
            Declare::All => self.topology.declare(connection, false).await,
            Declare::Passive => self.topology.declare(connection, true).await,
            Declare::None => Ok(()),
        }
    }

    fn admit(&mut self, given: Registration, settings: &Settings) -> Result<(), StartError> {
        let Registration { definition, service, role } = given;
        let id = self.new_id();
        let service = settings.layers.around(service);
        match role {
            Role::Serve(queue_options) => {
                if !definition.methods.is_empty() && called(definition).next().is_none() {
                    return Err(StartError::OnlyEvents { service: definition.name });
                }
                let mut queue_options = queue_options.unwrap_or_else(|| settings.queue_options.clone());
                if settings.declare != Declare::All {
                    // Whoever declares the queues decides about what leaves them.
                    queue_options = queue_options.of_others();
                }
                self.members.push(ServedService { id, definition, service, queue_options });
            }
            Role::Receive(subscription) => {
                self.subscribers.push(EventReceiver::new(id, definition, service, subscription, settings)?);
            }
        }
        Ok(())
    }

    fn new_id(&mut self) -> ServiceId {
        self.ids = self.ids.wrapping_add(1);
        ServiceId(self.ids)
    }

    /// Plans the queues anew; those of `before` that are not `touched` stay the same ones.
    fn arrange(
        &mut self,
        settings: &Settings,
        before: &Self,
        touched: &BTreeSet<String>,
    ) -> Result<(), StartError> {
        let declared: Vec<_> =
            self.members.iter().map(|member| (member.definition, member.queue_options.clone())).collect();
        let mut topology = topology(&declared, &settings.namespace)?;
        let mut routes = by_queue(self.members.iter().map(ServedService::routed), &settings.namespace)?;
        add_removed(&mut routes, self.removed.iter().map(ServedService::routed), &settings.namespace);
        let planned = |name: String, routes, overflow_of: Option<String>| {
            if let Some(queue) = before.untouched(&name, touched) {
                return queue;
            }
            let topology = part_of(&topology, overflow_of.as_deref().unwrap_or(&name), settings.declare);
            let (concurrency, declare) = (settings.concurrency, settings.declare);
            let (kind, key) = (QueueKind::Requests, name.clone());
            Arc::new(QueuePlan { key, name, kind, routes, concurrency, declare, overflow_of, topology })
        };
        self.queues.clear();
        for (name, routes) in routes {
            let overflow = overflow_of(&name);
            let overflows = topology.queues.iter().any(|queue| queue.name == overflow);
            self.queues.push(planned(name.clone(), routes, None));
            if overflows {
                self.queues.push(planned(overflow, Routes::default(), Some(name)));
            }
        }
        for subscribed in &self.subscribers {
            if self.queues.iter().any(|queue| queue.key == subscribed.queue) {
                return Err(StartError::InvalidOption(format!(
                    "queue `{}` is consumed already; name all events in one subscription to `{}`, or subscribe as a group of another name",
                    subscribed.queue, subscribed.definition.name
                )));
            }
            let needed = topology_of_events(subscribed, settings)?;
            if subscribed.by != Subscriber::Listener {
                topology.extend(&needed);
            }
            self.queues.push(match before.untouched(&subscribed.queue, touched) {
                Some(queue) => queue,
                None => Arc::new(subscribed.plan_queue(needed, settings)?),
            });
        }
        self.topology = topology;
        Ok(())
    }

    fn untouched(&self, key: &str, touched: &BTreeSet<String>) -> Option<Arc<QueuePlan>> {
        if touched.contains(key) { None } else { self.queue(key).cloned() }
    }

    fn queue(&self, key: &str) -> Option<&Arc<QueuePlan>> {
        self.queues.iter().find(|queue| queue.key == key)
    }
}

impl Change {
    /// The queues that it touches and that are consumed afterwards.
    pub(crate) fn touched(&self) -> impl Iterator<Item = &Arc<QueuePlan>> {
        self.next.queues.iter().filter(|queue| self.touched.contains(&queue.key))
    }

    /// The keys of those that are not.
    pub(crate) fn given_up(&self) -> impl Iterator<Item = &str> {
        self.touched.iter().map(String::as_str).filter(|key| self.next.queue(key).is_none())
    }
}

impl ServedService {
    fn routed(&self) -> RoutedService<'_> {
        RoutedService { member: self.id, definition: self.definition, service: &self.service }
    }

    fn removed(self, id: ServiceId) -> Self {
        Self { id, service: BoxService::new(RemovedService(self.definition.name)), ..self }
    }
}

/// Services of several raw methods, and a server's listeners, have one name together.
fn not_served(name: impl ToString, served: impl Iterator<Item = impl ToString>) -> ChangeError {
    let mut served: Vec<_> = served.map(|served| served.to_string()).collect();
    served.sort_unstable();
    served.dedup();
    ChangeError::NotServed { name: name.to_string(), served }
}

/// What anybody can know of it.
#[derive(Clone, Debug)]
pub(crate) struct ServiceSummary {
    pub(crate) queues: Vec<String>,
    pub(crate) subscriptions: Vec<SubscriptionInfo>,
}

fn queues_of(
    definitions: impl IntoIterator<Item = &'static ServiceDef>,
    settings: &Settings,
) -> BTreeSet<String> {
    let names = definitions.into_iter().flat_map(called).map(|method| settings.namespace.queue(method.queue));
    names.flat_map(|name| [overflow_of(&name), name.into_owned()]).collect()
}
