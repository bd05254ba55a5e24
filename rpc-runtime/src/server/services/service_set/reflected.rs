//! What reflection tells of a set of services, and the queue by which all servers are asked.

use std::sync::{Arc, atomic::AtomicBool};

use super::{ServedService, ServiceSet};
use crate::server::{
    config::{Declare, ServiceSettings},
    reflection::{Part, Place, ReflectedService, instance_method, reserved_methods},
    services::{
        queue_plan::{QueueKind, QueuePlan},
        routes::Routes,
    },
    topology::{QueueDeclaration, reflection_topology, request_methods},
};

/// Identifies the queue over all connections: its name is another one on each. No queue of a user has this name.
pub(in crate::server::services) const REFLECTION: &str = "$reflection";

/// The calls that are answered at once. An answer takes no time, unless a layer waits.
const CONCURRENCY: u16 = 8;

impl ServiceSet {
    /// The plan of the queue of requests to every server, if there is one.
    pub(crate) fn reflection_queue(&self) -> Option<&Arc<QueuePlan>> {
        self.queues.iter().find(|queue| queue.kind == QueueKind::Reflection)
    }

    /// Has the server tell of these services from now on.
    pub(crate) fn show(&self, settings: &ServiceSettings) {
        let Some(instance) = &settings.reflection else { return };
        let mut names: Vec<_> = self.services.iter().map(|served| served.definition.name).collect();
        names.sort_unstable();
        names.dedup();
        let (places, namespace) = (self.places(), &settings.namespace);
        let services = names.into_iter().map(|name| {
            let parts = self.services.iter().filter(|served| served.definition.name == name);
            let places = places.iter().filter(|place| place.service == name);
            let place = |place: &Place| {
                let exchange = namespace.exchange(place.exchange).into_owned();
                (exchange, namespace.queue(place.queue).into_owned())
            };
            ReflectedService::new(name, parts.map(ServedService::part).collect(), places.map(place).collect())
        });
        instance.show(services.collect());
    }

    /// Where the reserved methods of the services are served. Nowhere, if the server tells nothing.
    pub(super) fn places(&self) -> Vec<Place> {
        let mut places: Vec<Place> = Vec::new();
        if self.answers.is_none() {
            return places;
        }
        for served in &self.services {
            let service = served.definition.name;
            for method in request_methods(served.definition) {
                let (exchange, queue) = (method.exchange, method.queue);
                if !places.iter().any(|place| (place.service, place.exchange) == (service, exchange)) {
                    places.push(Place { service, exchange, queue });
                }
            }
        }
        places
    }

    /// Adds the reserved methods to the routes of their queue.
    pub(super) fn add_reserved(&self, place: &Place, routes: &mut Routes) {
        let Some(answers) = &self.answers else { return };
        let methods = reserved_methods(place.service);
        if place.exchange.is_empty() {
            routes.add_unbound(methods, answers, "");
        } else {
            routes.add_bound(methods, answers);
        }
    }

    /// Plans the queue of requests to every server. Other programs cannot declare it, and where they declare the rest
    /// the user may not be allowed to.
    pub(super) fn plan_reflection_queue(
        &mut self,
        settings: &ServiceSettings,
        kept: impl Fn(&str) -> Option<Arc<QueuePlan>>,
    ) {
        let Some(answers) = self.answers.as_ref().filter(|_| settings.declare == Declare::All) else {
            return;
        };
        let places = self.places();
        let Some(needed) = reflection_topology(&places, REFLECTION, &settings.namespace) else { return };
        if let Some(queue) = kept(REFLECTION) {
            return self.queues.push(queue);
        }
        let mut routes = Routes::default();
        for place in places.iter().filter(|place| !place.exchange.is_empty()) {
            let exchange = settings.namespace.exchange(place.exchange);
            routes.add_unbound([instance_method()], answers, &exchange);
            routes.add_unbound(reserved_methods(place.service), answers, &exchange);
        }
        self.queues.push(Arc::new(QueuePlan {
            key: REFLECTION.to_owned(),
            kind: QueueKind::Reflection,
            routes,
            concurrency: settings.concurrency.min(CONCURRENCY),
            max_parked: None,
            overflow_of: None,
            partition: None,
            declaration: QueueDeclaration::new(REFLECTION.to_owned(), Declare::All, needed),
            dialect: None,
            dead_letters: None,
            consume_denied: AtomicBool::default(),
        }));
    }
}

impl ServedService {
    fn part(&self) -> Part {
        let counters = self.counters.clone().unwrap_or_default();
        Part { definition: self.definition, describe: self.describe, counters }
    }
}
