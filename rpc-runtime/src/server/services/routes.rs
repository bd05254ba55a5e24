//! Finds the method that a request is for: by its routing key, else by its type.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::registration::ServiceId;
use crate::{
    contract::{LockedMethod, MethodDef, MethodKind, ServiceDef},
    error::StartError,
    layer::BoxService,
    lock::{Locks, MethodLock},
    message::{Fault, FaultCode, cluster_lock},
    server::{
        reflection::{MethodCounters, ServiceCounters},
        topology::{PartitionOf, RequestQueue, request_methods, request_queues},
    },
    wire::namespace::Namespace,
};

/// A method, and the service in its layers that runs it.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) method: &'static MethodDef,
    pub(crate) service: BoxService,
    pub(crate) service_id: ServiceId,
    /// What a call of it has to hold.
    pub(crate) lock: Option<MethodLock>,
    /// Count its calls, if the server tells of them.
    pub(crate) counters: Option<Arc<MethodCounters>>,
}

/// The methods whose requests come from one queue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Routes {
    // A queue has few methods: comparing names takes less time than hashing one.
    by_key: BTreeMap<String, Route>,
    by_type: BTreeMap<&'static str, Route>,
    /// Reserved methods, whose routing keys are their names. They stand apart from the others: each name more is one more
    /// to compare for every request.
    bound: BTreeMap<&'static str, Route>,
    /// Reserved methods without a routing key, by their types: the key of their requests may be that of another method.
    unbound: BTreeMap<&'static str, UnboundRoute>,
    /// The methods are events: their routing keys end with a topic.
    have_topics: bool,
    /// Set for a queue that is one of the partitions of another.
    pub(crate) partition: Option<PartitionOf>,
}

impl Routes {
    /// Finds the method. A request that was dead-lettered and sent again has another routing key, but the
    /// same type.
    pub(crate) fn find(
        &self,
        exchange: &str,
        routing_key: &str,
        kind: Option<&str>,
    ) -> Result<&Route, Fault> {
        if !self.unbound.is_empty()
            && let Some(reserved) = kind.and_then(|kind| self.unbound.get(kind))
            && reserved.exchanges.iter().any(|served| served == exchange)
        {
            return Ok(&reserved.route);
        }
        let found = self.by_key.get(routing_key).or_else(|| self.by_topic(routing_key));
        let found = found.or_else(|| self.bound.get(routing_key)).or_else(|| self.by_type.get(kind?));
        found.or_else(|| self.bound.get(kind?)).ok_or_else(|| {
            let name = kind.unwrap_or(routing_key);
            Fault::new(FaultCode::UnknownMethod, format!("no method {name:?} is served from this queue"))
        })
    }

    /// The routes of the calls and notifications of a service whose requests are found by the names of their methods.
    pub(crate) fn by_name(service: &RoutedService<'_>, locks: &Locks) -> Result<Self, StartError> {
        let mut routes = Self::default();
        for method in request_methods(service.definition) {
            routes.by_type.insert(method.full_name, service.route(method, false, locks)?);
        }
        Ok(routes)
    }

    /// The routes of the events of a service.
    pub(crate) fn of_events(
        service: &RoutedService<'_>,
        namespace: &Namespace,
        locks: &Locks,
    ) -> Result<Self, StartError> {
        let definition = service.definition;
        let mut routes = Self { have_topics: true, ..Self::default() };
        for method in events(definition) {
            let key = namespace.routing_key(method).into_owned();
            if let Some(first) = routes.taken_by(&key, method) {
                let exchange = namespace.exchange(method.exchange).into_owned();
                let second = method.full_name;
                return Err(StartError::DuplicateRoute { exchange, routing_key: key, first, second });
            }
            routes.insert(key, service.route(method, false, locks)?);
        }
        Ok(routes)
    }

    /// The locks of the methods that have one.
    pub(crate) fn locks(&self) -> impl Iterator<Item = &MethodLock> {
        self.by_type.values().filter_map(|route| route.lock.as_ref())
    }

    /// Whether one of the methods has a lock.
    pub(crate) fn have_locks(&self) -> bool {
        self.by_type.values().any(|route| route.lock.is_some())
    }

    /// The event whose name the key begins with, by whole words; of several the one with the longest name.
    fn by_topic(&self, routing_key: &str) -> Option<&Route> {
        let mut prefix = Some(routing_key).filter(|_| self.have_topics)?;
        loop {
            (prefix, _) = prefix.rsplit_once('.')?;
            if let Some(route) = self.by_key.get(prefix) {
                return Some(route);
            }
        }
    }

    /// The method that already receives the requests for `method`.
    fn taken_by(&self, key: &str, method: &MethodDef) -> Option<&'static str> {
        let taken = self.by_key.get(key).or_else(|| self.by_type.get(method.full_name));
        taken.map(|route| route.method.full_name)
    }

    /// Adds reserved methods, which `service` answers, and which are bound: they are found by key or type, as others are.
    pub(crate) fn add_bound(
        &mut self,
        methods: impl IntoIterator<Item = &'static MethodDef>,
        service: &BoxService,
    ) {
        for method in methods {
            self.bound.insert(method.full_name, Route::reserved(method, service));
        }
    }

    /// Adds reserved methods that are found by type alone, in what comes through this exchange: who may not publish to
    /// another one does not reach its services by this one.
    pub(crate) fn add_unbound(
        &mut self,
        methods: impl IntoIterator<Item = &'static MethodDef>,
        service: &BoxService,
        exchange: &str,
    ) {
        for method in methods {
            let new = || UnboundRoute { route: Route::reserved(method, service), exchanges: Vec::new() };
            self.unbound.entry(method.full_name).or_insert_with(new).exchanges.push(exchange.to_owned());
        }
    }

    fn insert(&mut self, key: String, route: Route) {
        self.by_type.insert(route.method.full_name, route.clone());
        self.by_key.insert(key, route);
    }
}

impl Route {
    fn reserved(method: &'static MethodDef, service: &BoxService) -> Self {
        // No registration has it: a removal waits for none of these calls.
        let service_id = ServiceId::default();
        Self { method, service: service.clone(), service_id, lock: None, counters: None }
    }
}

/// A reserved method, and the exchanges that its requests come through.
#[derive(Clone, Debug)]
struct UnboundRoute {
    route: Route,
    exchanges: Vec<String>,
}

/// A service whose methods get routes.
pub(crate) struct RoutedService<'a> {
    pub(crate) id: ServiceId,
    pub(crate) definition: &'static ServiceDef,
    pub(crate) service: &'a BoxService,
    /// Those of its methods that have locks.
    pub(crate) locked: &'a [LockedMethod],
    /// Of its calls, if they are counted.
    pub(crate) counters: Option<&'a ServiceCounters>,
}

impl RoutedService<'_> {
    /// `is_partition`: of the queue that the route is for.
    fn route(
        &self,
        method: &'static MethodDef,
        is_partition: bool,
        locks: &Locks,
    ) -> Result<Route, StartError> {
        let lock = MethodLock::of(method, self.locked, locks).map_err(StartError::InvalidOption)?;
        // A request that came to another queue is refused, and does not wait for that.
        let lock = lock.filter(|_| is_partition || cluster_lock(method).is_none());
        let counters = self.counters.and_then(|counters| counters.find(method.full_name)).cloned();
        Ok(Route { method, service: self.service.clone(), service_id: self.id, lock, counters })
    }
}

/// Sorts the methods of all services by the queue their requests wait in.
///
/// # Errors
/// `DuplicateRoute` when two methods would receive the same requests.
pub(crate) fn by_queue<'a>(
    services: impl IntoIterator<Item = RoutedService<'a>>,
    namespace: &Namespace,
    locks: &Locks,
) -> Result<BTreeMap<String, Routes>, StartError> {
    let mut taken: HashMap<(String, String), &'static str> = HashMap::new();
    let mut queues: BTreeMap<String, Routes> = BTreeMap::new();
    for service in services {
        for method in request_methods(service.definition) {
            let exchange = namespace.exchange(method.exchange).into_owned();
            for RequestQueue { name, routing_key: key, partition } in request_queues(method, namespace) {
                let routes = queues.entry(name).or_default();
                let is_partition = partition.is_some();
                routes.partition = partition;
                // Keys are unique per exchange, so that one request reaches one method; and per queue, like
                // types, so that it is found there.
                let here = routes.taken_by(&key, method);
                if let Some(first) = here.or_else(|| taken.get(&(exchange.clone(), key.clone())).copied()) {
                    return Err(StartError::DuplicateRoute {
                        exchange,
                        routing_key: key,
                        first,
                        second: method.full_name,
                    });
                }
                taken.insert((exchange.clone(), key.clone()), method.full_name);
                routes.insert(key, service.route(method, is_partition, locks)?);
            }
        }
    }
    Ok(queues)
}

/// Adds the methods of removed services whose queues are still consumed: requests for them must be refused
/// with the true reason, and wait for no lock.
pub(crate) fn add_removed<'a>(
    queues: &mut BTreeMap<String, Routes>,
    removed: impl IntoIterator<Item = RoutedService<'a>>,
    namespace: &Namespace,
) {
    for RoutedService { id, definition, service, .. } in removed {
        for method in request_methods(definition) {
            for RequestQueue { name, routing_key: key, .. } in request_queues(method, namespace) {
                if let Some(routes) = queues.get_mut(&name)
                    && routes.taken_by(&key, method).is_none()
                {
                    let (service, lock, counters) = (service.clone(), None, None);
                    routes.insert(key, Route { method, service, service_id: id, lock, counters });
                }
            }
        }
    }
}

/// The events of a service.
pub(super) fn events(definition: &'static ServiceDef) -> impl Iterator<Item = &'static MethodDef> + Clone {
    definition.methods.iter().copied().filter(|method| method.kind == MethodKind::Event)
}
