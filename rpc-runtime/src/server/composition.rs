//! What a server serves at the moment, and the queues that it needs for that: never changed, only replaced.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    plan::{Plan, PlannedQueue},
    queue::{Declare, QueueOptions},
    routes::{self, Routed, Routes, called},
    topology::{overflow_of, part_of, topology},
};
use crate::{
    amqp::{Connection, Topology, TopologyError},
    contract::ServiceDef,
    error::{ChangeError, StartError},
    layer::{BoxService, RpcService},
    message::{Fault, FaultCode, IncomingCall, Reply},
};

/// A service as it was given to the server, its layers not yet around it.
pub(super) struct Given {
    pub(super) definition: &'static ServiceDef,
    pub(super) service: BoxService,
    pub(super) queue_options: Option<QueueOptions>,
}

/// Tells what is added twice, one after the other, apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct MemberId(u32);

/// All that is served.
#[derive(Clone, Debug, Default)]
pub(super) struct Composition {
    /// In alphabetical order, each followed by its overflow where it has one.
    pub(super) queues: Vec<Arc<PlannedQueue>>,
    topology: Topology,
    members: Vec<Member>,
    /// What was served before.
    removed: Vec<Member>,
    ids: u32,
}

#[derive(Clone, Debug)]
struct Member {
    id: MemberId,
    definition: &'static ServiceDef,
    service: BoxService,
    queue_options: QueueOptions,
}

/// A composition that is to replace another one.
pub(super) struct Change {
    pub(super) next: Composition,
    /// The members that are removed by it.
    pub(super) leaving: Vec<MemberId>,
    /// The queues that it touches, overflows included.
    touched: BTreeSet<String>,
}

impl Composition {
    /// Everything that can be wrong without a broker is found here.
    pub(super) fn of(given: Vec<Given>, plan: &Plan) -> Result<Self, StartError> {
        let mut composition = Self::default();
        for given in given {
            composition.admit(given, plan);
        }
        composition.arrange(plan, &Self::default(), &BTreeSet::new())?;
        if composition.queues.is_empty() {
            // No service, or services without a method.
            return Err(StartError::NoService);
        }
        Ok(composition)
    }

    /// With one more service.
    pub(super) fn with(&self, given: Given, plan: &Plan) -> Result<Change, StartError> {
        let mut next = self.clone();
        let touched = queues_of([given.definition], plan);
        if touched.is_empty() {
            return Err(StartError::NoService);
        }
        next.removed.retain(|member| member.definition != given.definition);
        next.admit(given, plan);
        next.arrange(plan, self, &touched)?;
        Ok(Change { next, leaving: Vec::new(), touched })
    }

    /// Without any service of this name.
    pub(super) fn without(&self, name: &str, plan: &Plan) -> Result<Change, ChangeError> {
        let mut next = self.clone();
        let leaving: Vec<_> = next.members.extract_if(.., |member| member.definition.name == name).collect();
        if leaving.is_empty() {
            let served = self.members.iter().map(|member| member.definition.name).collect();
            return Err(ChangeError::NotServed { name: name.to_owned(), served });
        }
        let touched = queues_of(leaving.iter().map(|member| member.definition), plan);
        let ids = leaving.iter().map(|member| member.id).collect();
        next.removed.extend(leaving.into_iter().map(Member::removed));
        next.arrange(plan, self, &touched)?;
        Ok(Change { next, leaving: ids, touched })
    }

    /// The queues by name, without those for what others have no room for.
    pub(super) fn queue_names(&self) -> Vec<String> {
        let queues = self.queues.iter().filter(|queue| queue.overflow_of.is_none());
        queues.map(|queue| queue.name.clone()).collect()
    }

    /// Makes sure of exchanges, queues and bindings, as far as the server may.
    pub(super) async fn declare(
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

    fn admit(&mut self, given: Given, plan: &Plan) {
        let mut queue_options = given.queue_options.unwrap_or_else(|| plan.queue_options.clone());
        if plan.declare != Declare::All {
            // Whoever declares the queues decides about what leaves them.
            queue_options = queue_options.of_others();
        }
        self.ids = self.ids.wrapping_add(1);
        self.members.push(Member {
            id: MemberId(self.ids),
            definition: given.definition,
            service: plan.layers.around(given.service),
            queue_options,
        });
    }

    /// Plans the queues anew; those of `before` that are not `touched` stay the same ones.
    fn arrange(&mut self, plan: &Plan, before: &Self, touched: &BTreeSet<String>) -> Result<(), StartError> {
        let declared: Vec<_> =
            self.members.iter().map(|member| (member.definition, member.queue_options.clone())).collect();
        let topology = topology(&declared, &plan.namespace)?;
        let mut routes = routes::by_queue(self.members.iter().map(Member::routed), &plan.namespace)?;
        routes::add_removed(&mut routes, self.removed.iter().map(Member::routed), &plan.namespace);
        let planned = |name: String, routes, overflow_of: Option<String>| {
            if !touched.contains(&name)
                && let Some(queue) = before.queue(&name)
            {
                return Arc::clone(queue);
            }
            let topology = part_of(&topology, overflow_of.as_deref().unwrap_or(&name), plan.declare);
            let (concurrency, declare) = (plan.concurrency, plan.declare);
            Arc::new(PlannedQueue { name, routes, concurrency, declare, overflow_of, topology })
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
        self.topology = topology;
        Ok(())
    }

    fn queue(&self, name: &str) -> Option<&Arc<PlannedQueue>> {
        self.queues.iter().find(|queue| queue.name == name)
    }
}

impl Change {
    /// The queues that it touches and that are consumed afterwards.
    pub(super) fn touched(&self) -> impl Iterator<Item = &Arc<PlannedQueue>> {
        self.next.queues.iter().filter(|queue| self.touched.contains(&queue.name))
    }

    /// The names of those that are not.
    pub(super) fn given_up(&self) -> impl Iterator<Item = &str> {
        self.touched.iter().map(String::as_str).filter(|name| self.next.queue(name).is_none())
    }
}

impl Member {
    fn routed(&self) -> Routed<'_> {
        Routed { member: self.id, definition: self.definition, service: &self.service }
    }

    fn removed(self) -> Self {
        Self { service: BoxService::new(Removed(self.definition.name)), ..self }
    }
}

/// In the place of a service that was removed, for requests that still come because others share its queue. Given back to the queue they
/// would come again at once, marked as if they might have run.
struct Removed(&'static str);

impl RpcService for Removed {
    async fn call(&self, _: IncomingCall) -> Result<Reply, Fault> {
        let message = format!("the service `{}` was removed from this server", self.0);
        Err(Fault::new(FaultCode::ShuttingDown, message))
    }
}

fn queues_of(definitions: impl IntoIterator<Item = &'static ServiceDef>, plan: &Plan) -> BTreeSet<String> {
    let names = definitions.into_iter().flat_map(called).map(|method| plan.namespace.queue(method.queue));
    names.flat_map(|name| [overflow_of(&name), name.into_owned()]).collect()
}
