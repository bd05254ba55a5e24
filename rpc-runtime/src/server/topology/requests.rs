//! What a server's services need on the broker.

use std::collections::{BTreeMap, BTreeSet};

use amqp_rpc_transport::{
    Binding, Exchange, ExchangeKind, HeaderValue, Headers, Queue, Topology, TopologyError, Touch,
};

use crate::{
    contract::{MethodDef, ServiceDef},
    error::StartError,
    server::{
        config::{Declare, QueueOptions},
        services::called,
        settings::QueueTopology,
    },
    wire::address::Namespace,
};

/// The exchange that rejected requests of all services go to.
pub(crate) const DEAD_LETTER_EXCHANGE: &str = "amqp-rpc.dead";
/// Dead letters are for people to look at: the oldest make way.
const DEAD_LETTERS_KEPT: i64 = 10_000;
/// One week in milliseconds.
const DEAD_LETTER_AGE: i64 = 7 * 24 * 60 * 60 * 1000;

/// What is refused is answered at once, while there is a server; older refusals are of no use to anybody.
const OVERFLOW_KEPT: i64 = 10_000;
/// One minute in milliseconds: as long as most callers wait.
const OVERFLOW_AGE: i64 = 60 * 1000;

/// AMQP's limit for the names of exchanges and queues.
const MAX_NAME_BYTES: usize = 255;

/// Exchanges, queues, dead letters and bindings of `services`.
///
/// # Errors
/// `InvalidOption` when services that share a queue want it otherwise, or a name is too long for AMQP.
pub(crate) fn topology(
    services: &[(&'static ServiceDef, QueueOptions)],
    namespace: &Namespace,
) -> Result<Topology, StartError> {
    let dead_exchange = namespace.exchange(DEAD_LETTER_EXCHANGE).into_owned();
    let mut exchanges = BTreeSet::new();
    let mut queues = BTreeMap::new();
    let mut bindings = Vec::new();
    for (definition, options) in services {
        for method in called(definition) {
            check(method)?;
            let queue = namespace.queue(method.queue).into_owned();
            if queues.entry(queue.clone()).or_insert_with(|| options.clone()) != options {
                return Err(StartError::InvalidOption(format!(
                    "queue `{queue}` is shared by services with different queue options; give them the same, or `{}` another queue",
                    method.full_name
                )));
            }
            // The default exchange knows every queue by its name.
            if !method.exchange.is_empty() {
                let exchange = namespace.exchange(method.exchange).into_owned();
                exchanges.insert(exchange.clone());
                let routing_key = namespace.routing_key(method).into_owned();
                bindings.push(Binding { queue, exchange, routing_key, arguments: Headers::new() });
            }
        }
    }
    let mut topology = Topology {
        exchanges: exchanges.into_iter().map(|name| Exchange { name, kind: ExchangeKind::Direct }).collect(),
        queues: Vec::new(),
        bindings,
    };
    if queues.values().any(QueueOptions::has_dead_letters) {
        topology.exchanges.push(Exchange { name: dead_exchange.clone(), kind: ExchangeKind::Headers });
    }
    for (name, options) in queues {
        options.check().map_err(|why| StartError::InvalidOption(format!("queue `{name}`: {why}")))?;
        let queue = Queue {
            name: name.clone(),
            durable: options.is_durable(),
            exclusive: false,
            arguments: options.arguments(&dead_exchange),
        };
        // First of all that belongs to it: a refusal names the queue that the user knows.
        topology.queues.push(queue);
        if options.has_dead_letters() {
            add_dead_letters(&mut topology, &name, &options, &["rejected", "delivery_limit"], &dead_exchange);
        }
        if options.has_overflow() {
            let outlet = SideQueue {
                name: overflow_of(&name),
                queue_type: "classic",
                kept: OVERFLOW_KEPT,
                age: OVERFLOW_AGE,
                reasons: &["maxlen"],
            };
            add_outlet(&mut topology, &name, outlet, &dead_exchange);
        }
    }
    with_short_names(topology)
}

/// Refuses names that AMQP cannot hold.
pub(crate) fn with_short_names(topology: Topology) -> Result<Topology, StartError> {
    let names = topology.queues.iter().map(|queue| &queue.name);
    match names
        .chain(topology.exchanges.iter().map(|exchange| &exchange.name))
        .find(|name| name.len() > MAX_NAME_BYTES)
    {
        Some(name) => Err(StartError::InvalidOption(format!(
            "`{name}` has more than AMQP's {MAX_NAME_BYTES} bytes; shorten the namespace, or the name it was made from"
        ))),
        None => Ok(topology),
    }
}

/// Typed methods are right by construction.
fn check(method: &MethodDef) -> Result<(), StartError> {
    let MethodDef { full_name, routing_key, queue, .. } = *method;
    let why = if full_name.is_empty() {
        "the name of a raw method is empty".to_owned()
    } else if full_name.split('.').any(str::is_empty) {
        format!("the name of the raw method {full_name:?} has an empty part")
    } else if queue.is_empty() {
        format!("`{full_name}` needs the name of a queue")
    } else if method.exchange.is_empty() && routing_key != queue {
        format!("on the default exchange the routing key of `{full_name}` must be its queue, `{queue}`")
    } else if routing_key.len() > MAX_NAME_BYTES || full_name.len() > MAX_NAME_BYTES {
        format!("`{full_name}` or its routing key has more than AMQP's {MAX_NAME_BYTES} bytes")
    } else {
        return Ok(());
    };
    Err(StartError::InvalidOption(why))
}

/// What one queue needs, of all that a server does; nothing but itself where others declare it.
pub(crate) fn part_of(topology: &Topology, queue: &str, declare: Declare) -> QueueTopology {
    let dead_queue = dead_letters_of(queue);
    let overflow = overflow_of(queue);
    let needed =
        |name: &str| name == queue || (declare == Declare::All && (name == dead_queue || name == overflow));
    let bindings: Vec<_> = match declare {
        Declare::All => topology.bindings.iter().filter(|binding| needed(&binding.queue)).cloned().collect(),
        Declare::Passive | Declare::None => Vec::new(),
    };
    let bound = |exchange: &&Exchange| bindings.iter().any(|binding| binding.exchange == exchange.name);
    Topology {
        exchanges: topology.exchanges.iter().filter(bound).cloned().collect(),
        queues: topology.queues.iter().filter(|queue| needed(&queue.name)).cloned().collect(),
        bindings,
    }
    .into()
}

fn dead_letters_of(queue: &str) -> String {
    format!("{queue}.dead")
}

/// Where requests go for which a queue has no room.
pub(crate) fn overflow_of(queue: &str) -> String {
    format!("{queue}.overflow")
}

/// A queue for what leaves another one for one of these reasons. Expired requests have no such queue and vanish: their callers have
/// long given up, and without their TTL they would stay for ever.
struct SideQueue {
    name: String,
    queue_type: &'static str,
    kept: i64,
    age: i64,
    reasons: &'static [&'static str],
}

/// The queue for what `queue` loses for one of these reasons, until somebody has looked at it.
pub(crate) fn add_dead_letters(
    topology: &mut Topology,
    queue: &str,
    options: &QueueOptions,
    reasons: &'static [&'static str],
    dead_exchange: &str,
) {
    let outlet = SideQueue {
        name: dead_letters_of(queue),
        queue_type: options.dead_letter_queue_type(),
        kept: DEAD_LETTERS_KEPT,
        age: DEAD_LETTER_AGE,
        reasons,
    };
    add_outlet(topology, queue, outlet, dead_exchange);
}

fn add_outlet(topology: &mut Topology, queue: &str, outlet: SideQueue, dead_exchange: &str) {
    let arguments: [(&str, HeaderValue); 3] = [
        ("x-queue-type", outlet.queue_type.into()),
        ("x-max-length", outlet.kept.into()),
        ("x-message-ttl", outlet.age.into()),
    ];
    topology.queues.push(Queue {
        name: outlet.name.clone(),
        durable: true,
        exclusive: false,
        arguments: arguments.into_iter().collect(),
    });
    for &reason in outlet.reasons {
        // Without `-with-x` headers that begin with `x-` do not take part in the match.
        let arguments =
            [("x-match", "all-with-x"), ("x-first-death-queue", queue), ("x-first-death-reason", reason)];
        topology.bindings.push(Binding {
            queue: outlet.name.clone(),
            exchange: dead_exchange.to_owned(),
            routing_key: String::new(),
            arguments: arguments.into_iter().collect(),
        });
    }
}

/// Says what the user can do about a refusal.
pub(crate) fn explain(error: TopologyError, user: &str) -> StartError {
    const ACCESS_REFUSED: u16 = 403;
    const NOT_FOUND: u16 = 404;
    const RESOURCE_LOCKED: u16 = 405;
    const PRECONDITION_FAILED: u16 = 406;
    let TopologyError { touch, name, source } = error;
    let (what, action) = match touch {
        Touch::DeclareExchange => ("exchange", "declare exchange"),
        Touch::DeclareQueue => ("queue", "declare queue"),
        Touch::BindQueue => ("queue", "bind queue"),
        Touch::ConsumeQueue => ("queue", "consume queue"),
    };
    match (source.code(), touch) {
        (Some(PRECONDITION_FAILED), Touch::DeclareExchange) => {
            StartError::ExchangeMismatch { exchange: name, source }
        }
        (Some(PRECONDITION_FAILED), Touch::DeclareQueue) => StartError::QueueMismatch { queue: name, source },
        (Some(NOT_FOUND), _) => StartError::Missing { what, name, source },
        (Some(RESOURCE_LOCKED), _) => StartError::Locked { queue: name, source },
        (Some(ACCESS_REFUSED), _) => {
            StartError::AccessRefused { user: user.to_owned(), action, name, source }
        }
        _ => StartError::Broker { action, name, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{contract::MethodDef, server::QueueType};

    const FIB: &ServiceDef = &ServiceDef::new("fib", &[&MethodDef::new("fib", "fib.compute")]);
    const TUTORIAL: &ServiceDef = &ServiceDef::new(
        "fib",
        &[&MethodDef::new("fib", "fib.fib").exchange("").routing_key("rpc_queue").queue("rpc_queue")],
    );

    fn of(definition: &'static ServiceDef, options: QueueOptions) -> Topology {
        topology(&[(definition, options)], &Namespace::default()).unwrap()
    }

    #[test]
    fn a_shared_queue_has_one_set_of_options() {
        let options = [QueueOptions::new(), QueueOptions::new().queue_type(QueueType::Quorum)];
        let error = topology(&options.map(|options| (FIB, options)), &Namespace::default()).unwrap_err();
        assert!(error.to_string().contains("queue `fib` is shared"), "{error}");
    }

    #[test]
    fn names_that_amqp_cannot_hold_are_refused_before_anything_is_declared() {
        const LONG: &str = "q2345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890";
        const LONG_QUEUE: &ServiceDef =
            &ServiceDef::new("long", &[&MethodDef::new("long", "long.m").queue(LONG)]);
        let namespace = Namespace::parse(&"n".repeat(64)).unwrap();
        assert!(topology(&[(LONG_QUEUE, QueueOptions::new())], &Namespace::default()).is_ok());
        let error = topology(&[(LONG_QUEUE, QueueOptions::plain())], &namespace).unwrap_err();
        assert!(error.to_string().contains("shorten the namespace"), "{error}");
    }

    /// RabbitMQ 4.3 refuses them; the broker of the tests is older and would take them.
    #[test]
    fn nothing_is_declared_that_rabbitmq_4_3_refuses() {
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
    fn the_tutorial_s_queue_is_all_there_is_to_its_server() {
        let topology = of(TUTORIAL, QueueOptions::plain().durable(false));
        assert_eq!(
            topology,
            Topology {
                queues: vec![Queue {
                    name: "rpc_queue".into(),
                    durable: false,
                    exclusive: false,
                    arguments: Headers::new()
                }],
                ..Topology::default()
            }
        );
    }
}
