//! The topology of a subscription: its queue, and bindings to the exchanges of events.

use std::collections::BTreeSet;

use amqp_rpc_transport::{Binding, Exchange, ExchangeKind, Headers, Queue, Topology};

use super::{
    names::{DEAD_LETTER_EXCHANGE, with_short_names},
    side_queues::add_dead_letters,
};
use crate::{
    error::StartError,
    server::config::{Declare, Pattern, Patterns, QueueOptions, ServiceSettings},
    wire::namespace::Namespace,
};

/// The queue of a subscription.
pub(crate) struct EventQueue<'a> {
    pub(crate) name: &'a str,
    pub(crate) is_listener: bool,
    pub(crate) patterns: &'a Patterns,
    pub(crate) options: &'a QueueOptions,
}

/// The topology of a subscription: nothing but its queue and its exchanges where other programs declare them.
pub(crate) fn event_topology(
    queue: &EventQueue<'_>,
    settings: &ServiceSettings,
) -> Result<Topology, StartError> {
    let &EventQueue { name, is_listener, patterns, options } = queue;
    let namespace = &settings.namespace;
    let bindings: Vec<_> = patterns.iter().map(|pattern| binding(pattern, name, namespace)).collect();
    let exchanges: BTreeSet<_> = bindings.iter().map(|binding| binding.exchange.clone()).collect();
    let exchange = |name| Exchange::durable(name, ExchangeKind::Topic);
    let dead_exchange = namespace.exchange(DEAD_LETTER_EXCHANGE).into_owned();
    let declares = settings.declare == Declare::All;
    let options = match (is_listener, declares) {
        (true, _) => options.of_listener(),
        (false, true) => options.clone(),
        (false, false) => options.clone().of_others(),
    };
    let mut topology = Topology {
        // A listener binds its queue to exchanges that other programs declare.
        exchanges: exchanges.into_iter().filter(|_| declares || !is_listener).map(exchange).collect(),
        queues: vec![Queue {
            durable: options.is_durable(),
            exclusive: is_listener,
            auto_delete: is_listener,
            ..Queue::durable(name, options.arguments_for_events(&dead_exchange))
        }],
        bindings,
    };
    if options.has_dead_letters() {
        topology.exchanges.push(Exchange::durable(&dead_exchange, ExchangeKind::Headers));
        let reasons: &[_] = if options.is_bounded() {
            &["rejected", "delivery_limit", "maxlen"]
        } else {
            &["rejected", "delivery_limit"]
        };
        add_dead_letters(&mut topology, name, &options, reasons, &dead_exchange);
    }
    with_short_names(topology)
}

/// The binding of `queue` to the events that a pattern matches.
pub(crate) fn binding(pattern: &Pattern, queue: &str, namespace: &Namespace) -> Binding {
    Binding {
        queue: queue.to_owned(),
        exchange: namespace.exchange(pattern.method.exchange).into_owned(),
        routing_key: pattern.routing_key(),
        arguments: Headers::new(),
    }
}
