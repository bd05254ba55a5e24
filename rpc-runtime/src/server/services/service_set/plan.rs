//! Plans the queues of a set of services.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::AtomicBool},
};

use super::{ServedService, ServiceSet};
use crate::{
    error::StartError,
    server::{
        config::ServiceSettings,
        services::{
            queue_plan::{QueueKind, QueuePlan},
            routes::{Routes, add_removed, by_queue},
        },
        topology::{
            DeadLetterQueue, PartitionOf, QueueDeclaration, Relation, overflow_of, request_topology,
            reserved_bindings,
        },
    },
};

impl ServiceSet {
    /// Plans the queues anew. Queues of `before` that are not `touched` stay the same ones.
    pub(in crate::server::services) fn plan_queues(
        &mut self,
        settings: &ServiceSettings,
        before: &Self,
        touched: &BTreeSet<String>,
    ) -> Result<(), StartError> {
        let kept = |key: &str| if touched.contains(key) { None } else { before.queue(key).cloned() };
        self.queues.clear();
        self.plan_request_queues(settings, kept)?;
        self.plan_dialect_queues(settings, kept)?;
        self.plan_event_queues(settings, kept)?;
        self.plan_reflection_queue(settings, kept);
        Ok(())
    }

    fn plan_request_queues(
        &mut self,
        settings: &ServiceSettings,
        kept: impl Fn(&str) -> Option<Arc<QueuePlan>>,
    ) -> Result<(), StartError> {
        let mut topology =
            request_topology(self.services.iter().map(ServedService::declared), &settings.namespace)?;
        let mut routes =
            by_queue(self.services.iter().map(ServedService::routed), &settings.namespace, &settings.locks)?;
        add_removed(&mut routes, self.removed.iter().map(ServedService::routed), &settings.namespace);
        for place in self.places() {
            if let Some(routes) = routes.get_mut(&*settings.namespace.queue(place.queue)) {
                self.add_reserved(&place, routes);
            }
        }
        topology.bindings.extend(reserved_bindings(&self.places(), &settings.namespace));
        let planned = |name: String, routes: Routes, overflow_of: Option<String>| {
            if let Some(queue) = kept(&name) {
                return queue;
            }
            let key = name.clone();
            let partition: Option<PartitionOf> = routes.partition.clone();
            let relation = match (&overflow_of, &partition) {
                (Some(full), _) => Relation::OverflowOf(full),
                (None, Some(partition)) => Relation::PartitionOf(&partition.queue),
                (None, None) => Relation::None,
            };
            // What the broker dead-letters to an overflow may be a dead letter of the full queue.
            let dead_letters = DeadLetterQueue::of(relation.keeper_of_dead_letters(&key), &topology);
            let before = self.declared_before.clone();
            let declaration = QueueDeclaration::part_of(&topology, name, relation, settings.declare, before);
            Arc::new(QueuePlan {
                partition,
                key,
                kind: QueueKind::Requests,
                max_parked: routes.have_locks().then_some(settings.max_parked),
                routes,
                concurrency: settings.concurrency,
                overflow_of,
                declaration,
                dead_letters,
                dialect: None,
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

    fn plan_dialect_queues(
        &mut self,
        settings: &ServiceSettings,
        kept: impl Fn(&str) -> Option<Arc<QueuePlan>>,
    ) -> Result<(), StartError> {
        for service in &self.in_dialects {
            for queue in service.queues() {
                if self.queues.iter().any(|planned| planned.key == queue) {
                    return Err(StartError::InvalidOption(format!(
                        "queue `{queue}` is consumed already; `{}` needs queues of its own in this dialect",
                        service.definition.name
                    )));
                }
                self.queues.push(match kept(queue) {
                    Some(queue) => queue,
                    None => Arc::new(service.plan_queue(queue, settings)?),
                });
            }
            self.topology.extend(&service.topology.topology);
        }
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
