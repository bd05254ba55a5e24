//! The topology of calls and notifications: exchanges, queues and bindings.

use std::collections::{BTreeMap, BTreeSet};

use amqp_rpc_transport::{
    Binding, Exchange, ExchangeKind, Headers, Queue, Topology, limits::MAX_SHORT_STRING_BYTES,
};

use super::{
    names::{DEAD_LETTER_EXCHANGE, overflow_of, with_short_names},
    partitions::{ClusterLocks, request_queues},
    side_queues::{REASONS, add_dead_letters, add_overflow},
};
use crate::{
    contract::{LockDef, MethodDef, MethodKind, ServiceDef},
    error::StartError,
    message::{Partition, cluster_lock},
    server::config::QueueOptions,
    wire::{namespace::Namespace, reflection::is_reserved},
};

/// A service, and the options of its queues.
pub(crate) struct DeclaredService<'a> {
    pub(crate) definition: &'static ServiceDef,
    pub(crate) queue_options: &'a QueueOptions,
}

/// The methods of a service that are called or notified. Events are received by subscribing to them.
pub(crate) fn request_methods(
    definition: &'static ServiceDef,
) -> impl Iterator<Item = &'static MethodDef> + Clone {
    definition.methods.iter().copied().filter(|method| method.kind != MethodKind::Event)
}

/// The exchanges, queues, dead letters and bindings of `services`.
///
/// # Errors
/// `InvalidOption` when services that share a queue give it different options, or a name is too long for
/// AMQP.
pub(crate) fn request_topology<'a>(
    services: impl IntoIterator<Item = DeclaredService<'a>>,
    namespace: &Namespace,
) -> Result<Topology, StartError> {
    let mut methods = DeclaredMethods::default();
    for service in services {
        for method in request_methods(service.definition) {
            check(method)?;
            methods.add(method, service.queue_options, namespace)?;
        }
    }
    let dead_exchange = namespace.exchange(DEAD_LETTER_EXCHANGE).into_owned();
    with_short_names(methods.into_topology(&dead_exchange)?)
}

/// Collects what the methods of all services need, each exchange and queue once.
#[derive(Default)]
struct DeclaredMethods<'a> {
    exchanges: BTreeSet<String>,
    queues: BTreeMap<String, &'a QueueOptions>,
    locks: ClusterLocks,
    bindings: Vec<Binding>,
}

impl<'a> DeclaredMethods<'a> {
    fn add(
        &mut self,
        method: &MethodDef,
        options: &'a QueueOptions,
        namespace: &Namespace,
    ) -> Result<(), StartError> {
        let queue = namespace.queue(method.queue).into_owned();
        if *self.queues.entry(queue.clone()).or_insert(options) != options {
            return Err(StartError::InvalidOption(format!(
                "queue `{queue}` is shared by services with different queue options; give them the same, or `{}` another queue",
                method.full_name
            )));
        }
        self.locks.add(method, &queue)?;
        // The default exchange knows every queue by its name.
        if !method.exchange.is_empty() {
            let exchange = namespace.exchange(method.exchange).into_owned();
            self.exchanges.insert(exchange.clone());
            self.bindings.extend(request_queues(method, namespace).into_iter().map(|queue| Binding {
                queue: queue.name,
                exchange: exchange.clone(),
                routing_key: queue.routing_key,
                arguments: Headers::new(),
            }));
        }
        Ok(())
    }

    fn into_topology(self, dead_exchange: &str) -> Result<Topology, StartError> {
        let Self { exchanges, queues, locks, bindings } = self;
        let exchange = |name| Exchange::durable(name, ExchangeKind::Direct);
        let exchanges = exchanges.into_iter().map(exchange).collect();
        let mut topology = Topology { exchanges, queues: Vec::new(), bindings };
        if queues.values().any(|options| options.has_dead_letters()) {
            let dead_letters = Exchange::durable(dead_exchange, ExchangeKind::Headers);
            topology.exchanges.push(dead_letters);
        }
        for (name, options) in queues {
            options.check().map_err(|why| StartError::InvalidOption(format!("queue `{name}`: {why}")))?;
            let arguments = options.arguments_for_requests(dead_exchange, &overflow_of(&name));
            let queue = Queue { durable: options.is_durable(), ..Queue::durable(&name, arguments) };
            // Before its dead letters and overflow: a refusal names the queue that the user knows.
            topology.queues.push(queue.clone());
            if options.has_dead_letters() {
                add_dead_letters(&mut topology, &name, options, REASONS, dead_exchange);
            }
            locks.add_partitions(&mut topology, &queue, options, dead_exchange);
            if options.has_overflow() {
                add_overflow(&mut topology, &name, dead_exchange);
            }
        }
        Ok(topology)
    }
}

/// The bytes that the partition of a key adds to a routing key.
fn longest_partition(method: &MethodDef) -> usize {
    let of_last =
        |lock: LockDef| Partition::all(lock.partitions).last().map(|last| last.to_string().len() + 1);
    cluster_lock(method).and_then(of_last).unwrap_or(0)
}

/// Checks the names of a raw method. Those of typed methods were checked by the macro.
fn check(method: &MethodDef) -> Result<(), StartError> {
    let MethodDef { full_name, routing_key, queue, .. } = *method;
    let why = if full_name.is_empty() {
        "the name of a raw method is empty".to_owned()
    } else if full_name.split('.').any(str::is_empty) {
        format!("the name of the raw method {full_name:?} has an empty part")
    } else if is_reserved(full_name) {
        format!("a part of the name of the raw method {full_name:?} begins with `$`, which is reserved")
    } else if is_reserved(routing_key) || is_reserved(queue) {
        format!("a part of the routing key or the queue of `{full_name}` begins with `$`, which is reserved")
    } else if queue.is_empty() {
        format!("`{full_name}` needs the name of a queue")
    } else if method.exchange.is_empty() && routing_key != queue {
        format!("on the default exchange the routing key of `{full_name}` must be its queue, `{queue}`")
    } else if routing_key.len() + longest_partition(method) > MAX_SHORT_STRING_BYTES
        || full_name.len() > MAX_SHORT_STRING_BYTES
    {
        format!("`{full_name}` or its routing key has more than AMQP's {MAX_SHORT_STRING_BYTES} bytes")
    } else {
        return Ok(());
    };
    Err(StartError::InvalidOption(why))
}

#[cfg(test)]
mod tests {
    use amqp_rpc_transport::HeaderValue;

    use super::*;
    use crate::server::config::QueueType;

    const FIB: &ServiceDef = &ServiceDef::new("fib", &[&MethodDef::new("fib", "fib.compute")]);
    const TUTORIAL: &ServiceDef = &ServiceDef::new(
        "fib",
        &[&MethodDef::new("fib", "fib.fib").exchange("").routing_key("rpc_queue").queue("rpc_queue")],
    );

    fn of(definition: &'static ServiceDef, options: QueueOptions) -> Topology {
        topology_of(definition, &options, &Namespace::default()).unwrap()
    }

    fn topology_of(
        definition: &'static ServiceDef,
        queue_options: &QueueOptions,
        namespace: &Namespace,
    ) -> Result<Topology, StartError> {
        request_topology([DeclaredService { definition, queue_options }], namespace)
    }

    #[test]
    fn a_shared_queue_has_one_set_of_options() {
        let options = [QueueOptions::new(), QueueOptions::new().queue_type(QueueType::Quorum)];
        let error = request_topology(
            options.iter().map(|queue_options| DeclaredService { definition: FIB, queue_options }),
            &Namespace::default(),
        )
        .unwrap_err();
        assert!(error.to_string().contains("queue `fib` is shared"), "{error}");
    }

    #[test]
    fn names_that_amqp_cannot_hold_are_refused_before_anything_is_declared() {
        const LONG: &str = "q2345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890";
        const LONG_QUEUE: &ServiceDef =
            &ServiceDef::new("long", &[&MethodDef::new("long", "long.m").queue(LONG)]);
        let namespace = Namespace::parse(&"n".repeat(64)).unwrap();
        assert!(topology_of(LONG_QUEUE, &QueueOptions::new(), &Namespace::default()).is_ok());
        let error = topology_of(LONG_QUEUE, &QueueOptions::plain(), &namespace).unwrap_err();
        assert!(error.to_string().contains("shorten the namespace"), "{error}");
    }

    /// RabbitMQ 4.3 warns of them or refuses them; the broker of the tests is older.
    #[test]
    fn nothing_is_declared_that_rabbitmq_4_3_refuses_or_deprecates() {
        let topology = of(FIB, QueueOptions::new());
        for queue in &topology.queues {
            assert!(queue.durable, "{queue:?}");
            assert_eq!(queue.arguments.text("x-queue-type"), Some("classic"), "{queue:?}");
            for refused in ["x-queue-mode", "x-queue-version", "x-ha-policy"] {
                assert_eq!(queue.arguments.get(refused), None);
            }
        }
    }

    #[test]
    fn a_quorum_queue_has_a_delivery_limit() {
        let topology = of(FIB, QueueOptions::new().queue_type(QueueType::Quorum));
        let queue = topology.queues.iter().find(|queue| queue.name == "fib").unwrap();
        assert_eq!(queue.arguments.get("x-delivery-limit"), Some(&HeaderValue::Int(20)));
    }

    #[test]
    fn dead_letters_are_kept_on_as_many_nodes_as_requests() {
        let queue_type = |options| {
            let topology = of(FIB, options);
            let dead = topology.queues.iter().find(|queue| queue.name == "fib.dead").unwrap();
            dead.arguments.text("x-queue-type").unwrap().to_owned()
        };
        assert_eq!(queue_type(QueueOptions::new()), "classic");
        assert_eq!(queue_type(QueueOptions::new().queue_type(QueueType::Quorum)), "quorum");
        assert_eq!(queue_type(QueueOptions::new().queue_type(QueueType::BrokerDefault)), "classic");
    }

    #[test]
    fn dead_letters_are_bounded_and_never_expired_requests() {
        let topology = of(FIB, QueueOptions::new());
        let dead = topology.queues.iter().find(|queue| queue.name == "fib.dead").unwrap();
        assert!(
            dead.arguments.get("x-max-length").is_some() && dead.arguments.get("x-message-ttl").is_some()
        );
        let reasons: Vec<_> = topology
            .bindings
            .iter()
            .filter(|binding| binding.queue == "fib.dead")
            .map(|binding| binding.arguments.text("x-first-death-reason"))
            .collect();
        assert_eq!(reasons, [Some("rejected"), Some("delivery_limit")]);
    }

    #[test]
    fn names_that_are_reserved_are_refused() {
        const RESERVED: &ServiceDef = &ServiceDef::new("fib", &[&MethodDef::new("fib", "fib.$ping")]);
        let error = topology_of(RESERVED, &QueueOptions::new(), &Namespace::default()).unwrap_err();
        assert!(error.to_string().contains("`$`, which is reserved"), "{error}");
    }

    #[test]
    fn the_tutorial_s_queue_is_all_there_is_to_its_server() {
        let topology = of(TUTORIAL, QueueOptions::plain().durable(false));
        assert_eq!(
            topology,
            Topology { queues: vec![Queue::transient("rpc_queue", Headers::new())], ..Topology::default() }
        );
    }
}
