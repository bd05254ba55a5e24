//! What a subscription needs on the broker.

use std::collections::BTreeSet;

use amqp_rpc_transport::{Binding, Exchange, ExchangeKind, Headers, Queue, Topology};
use uuid::Uuid;

use super::requests::{DEAD_LETTER_EXCHANGE, add_dead_letters, with_short_names};
use crate::{
    error::StartError,
    server::{
        config::{Declare, Pattern, Subscriber},
        services::EventReceiver,
        settings::Settings,
    },
    wire::address::Namespace,
};

/// How the names of the queues of listeners begin.
const LISTENER_QUEUES: &str = "amqp-rpc.events.";

/// What a subscription needs. Nothing but its queue and its exchanges where others declare it.
pub(crate) fn topology_of_events(
    subscribed: &EventReceiver,
    settings: &Settings,
) -> Result<Topology, StartError> {
    let (queue, namespace) = (&subscribed.queue, &settings.namespace);
    let is_listener = subscribed.by == Subscriber::Listener;
    let bindings: Vec<_> =
        subscribed.patterns.iter().map(|pattern| binding(pattern, queue, namespace)).collect();
    let exchanges: BTreeSet<_> = bindings.iter().map(|binding| binding.exchange.clone()).collect();
    let exchange = |name| Exchange { name, kind: ExchangeKind::Topic };
    let dead_exchange = namespace.exchange(DEAD_LETTER_EXCHANGE).into_owned();
    let declares = settings.declare == Declare::All;
    let options = match (is_listener, declares) {
        (true, _) => subscribed.queue_options.of_listener(),
        (false, true) => subscribed.queue_options.clone(),
        (false, false) => subscribed.queue_options.clone().of_others(),
    };
    let mut topology = Topology {
        // A listener binds what others declare.
        exchanges: exchanges.into_iter().filter(|_| declares || !is_listener).map(exchange).collect(),
        queues: vec![Queue {
            name: queue.clone(),
            durable: options.is_durable(),
            exclusive: is_listener,
            arguments: options.arguments_for_events(&dead_exchange),
        }],
        bindings,
    };
    if options.has_dead_letters() {
        topology.exchanges.push(Exchange { name: dead_exchange.clone(), kind: ExchangeKind::Headers });
        let reasons: &[_] = if options.is_bounded() {
            &["rejected", "delivery_limit", "maxlen"]
        } else {
            &["rejected", "delivery_limit"]
        };
        add_dead_letters(&mut topology, queue, &options, reasons, &dead_exchange);
    }
    with_short_names(topology)
}

pub(crate) fn binding(pattern: &Pattern, queue: &str, namespace: &Namespace) -> Binding {
    Binding {
        queue: queue.to_owned(),
        exchange: namespace.exchange(pattern.method.exchange).into_owned(),
        routing_key: pattern.routing_key(),
        arguments: Headers::new(),
    }
}

/// Of its own for every connection: the broker may not have noticed yet that the last one is gone, and would lock that one's queue.
pub(crate) fn new_listener_queue(namespace: &Namespace) -> String {
    namespace.queue(&format!("{LISTENER_QUEUES}{}", Uuid::new_v4())).into_owned()
}
