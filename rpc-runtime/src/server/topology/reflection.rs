//! The topology of reflection: the bindings of the reserved methods, and the queue of requests to every server.

use std::collections::BTreeSet;

use amqp_rpc_transport::{Binding, Exchange, ExchangeKind, Headers, Queue, Topology};

use crate::{
    server::reflection::{Place, reserved_methods},
    wire::{
        namespace::Namespace,
        reflection::{ALL, of_service},
    },
};

/// The requests to every server that may wait for this one: as many programs may ask at once. The oldest are dropped.
const MAX_WAITING: i64 = 1_000;
/// The bytes of their bodies, which nobody reads.
const MAX_WAITING_BYTES: i64 = 64 * 1024;
/// How long they wait. Who asked has what the others have answered by then.
const MAX_AGE_MS: i64 = 30_000;

/// The bindings by which requests for reserved methods come to the queues of services. The default exchange has none.
pub(crate) fn reserved_bindings(places: &[Place], namespace: &Namespace) -> Vec<Binding> {
    let bindings = named(places).flat_map(|place| {
        let methods = reserved_methods(place.service).into_iter();
        methods.map(|method| binding(place, namespace.queue(place.queue).into(), method.full_name, namespace))
    });
    bindings.collect()
}

/// The queue of requests to every server, with the exchanges that it is bound to. `None` where no exchange can be
/// bound.
pub(crate) fn reflection_topology(places: &[Place], queue: &str, namespace: &Namespace) -> Option<Topology> {
    let mut topology = Topology::default();
    let mut exchanges = BTreeSet::new();
    for place in named(places) {
        if exchanges.insert(place.exchange) {
            let exchange = namespace.exchange(place.exchange);
            topology.exchanges.push(Exchange::durable(exchange, ExchangeKind::Direct));
            topology.bindings.push(binding(place, queue.into(), ALL, namespace));
        }
        // There are none if its names are too long.
        if !reserved_methods(place.service).is_empty() {
            let key = of_service(place.service, ALL);
            topology.bindings.push(binding(place, queue.into(), &key, namespace));
        }
    }
    let mut arguments = Headers::new();
    arguments.insert("x-queue-type", "classic");
    arguments.insert("x-max-length", MAX_WAITING);
    arguments.insert("x-max-length-bytes", MAX_WAITING_BYTES);
    arguments.insert("x-message-ttl", MAX_AGE_MS);
    let declared = Queue::transient(queue, arguments).auto_delete();
    topology.queues.push(Queue { exclusive: true, ..declared });
    (!topology.bindings.is_empty()).then_some(topology)
}

fn named(places: &[Place]) -> impl Iterator<Item = &Place> {
    places.iter().filter(|place| !place.exchange.is_empty())
}

fn binding(place: &Place, queue: String, routing_key: &str, namespace: &Namespace) -> Binding {
    Binding {
        queue,
        exchange: namespace.exchange(place.exchange).into_owned(),
        routing_key: routing_key.to_owned(),
        arguments: Headers::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIB: Place = Place { service: "fib", exchange: "amqp-rpc", queue: "fib" };
    const GATE: Place = Place { service: "gate", exchange: "amqp-rpc", queue: "slow" };
    const TUTORIAL: Place = Place { service: "tutorial", exchange: "", queue: "rpc_queue" };

    #[test]
    fn each_service_has_its_methods_bound_and_every_server_the_keys_of_all() {
        let namespace = Namespace::parse("staging").unwrap();
        let keys = |bindings: &[Binding]| -> Vec<_> {
            let of = |binding: &Binding| format!("{} {}", binding.queue, binding.routing_key);
            bindings.iter().map(of).collect()
        };
        let bindings = reserved_bindings(&[FIB, TUTORIAL], &namespace);
        let expected = ["staging.fib fib.$ping", "staging.fib fib.$describe", "staging.fib fib.$stats"];
        assert_eq!(keys(&bindings), expected);
        let topology = reflection_topology(&[FIB, GATE, TUTORIAL], "q", &namespace).unwrap();
        assert_eq!(keys(&topology.bindings), ["q $all", "q fib.$all", "q gate.$all"]);
        assert!(topology.bindings.iter().all(|binding| binding.exchange == "staging.amqp-rpc"));
        let [exchange] = &topology.exchanges[..] else { panic!("{topology:?}") };
        assert_eq!(*exchange, Exchange::durable("staging.amqp-rpc", ExchangeKind::Direct));
    }

    #[test]
    fn the_queue_is_bounded_and_ends_with_its_connection() {
        let topology = reflection_topology(&[FIB], "q", &Namespace::default()).unwrap();
        let [queue] = &topology.queues[..] else { panic!("{topology:?}") };
        assert!(queue.exclusive && queue.auto_delete && !queue.durable, "{queue:?}");
        for bound in ["x-max-length", "x-max-length-bytes", "x-message-ttl"] {
            assert!(queue.arguments.get(bound).is_some(), "{queue:?}");
        }
    }

    #[test]
    fn the_default_exchange_cannot_be_bound() {
        assert_eq!(reflection_topology(&[TUTORIAL], "q", &Namespace::default()), None);
    }
}
