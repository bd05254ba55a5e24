//! Tests of finding methods.

use super::*;
use crate::{
    layer::RpcService,
    message::{IncomingCall, Reply},
};

struct Nothing;

impl RpcService for Nothing {
    async fn call(&self, _: IncomingCall) -> Result<Reply, Fault> {
        Err(Fault::new(FaultCode::Internal, ""))
    }
}

const ADD: &MethodDef = &MethodDef::new("math", "math.add");
const SUB: &MethodDef = &MethodDef::new("math", "math.sub").queue("slow");
const MATH: &ServiceDef = &ServiceDef::new("math", &[ADD, SUB]);
const OTHER: &ServiceDef =
    &ServiceDef::new("other", &[&MethodDef::new("other", "other.add").routing_key("math.add")]);

fn queues_of(definitions: &[&'static ServiceDef]) -> Result<BTreeMap<String, Routes>, StartError> {
    let service = BoxService::new(Nothing);
    let routed = |definition| RoutedService {
        id: ServiceId::default(),
        definition,
        service: &service,
        locked: &[],
        counters: None,
    };
    by_queue(definitions.iter().copied().map(routed), &Namespace::default(), &Locks::new())
}

#[test]
fn methods_are_found_in_their_queue_by_key_or_type() {
    let queues = queues_of(&[MATH]).unwrap();
    assert_eq!(queues["math"].find("amqp-rpc", "math.add", None).unwrap().method, ADD);
    assert_eq!(queues["slow"].find("amqp-rpc", "math.sub", None).unwrap().method, SUB);
    assert_eq!(queues["slow"].find("amqp-rpc", "elsewhere", Some("math.sub")).unwrap().method, SUB);
    let fault = queues["math"].find("amqp-rpc", "math.sub", Some("math.mul")).unwrap_err();
    assert_eq!(
        (fault.code(), fault.message()),
        (&FaultCode::UnknownMethod, "no method \"math.mul\" is served from this queue")
    );
}

#[test]
fn two_methods_with_one_key_are_refused_by_name() {
    for twice in [&[MATH, OTHER][..], &[MATH, MATH]] {
        let error = queues_of(twice).unwrap_err();
        assert!(
            matches!(error, StartError::DuplicateRoute { routing_key, first: "math.add", .. } if routing_key == "math.add")
        );
    }
}

#[test]
fn reserved_methods_are_found_by_type_where_their_key_is_that_of_another() {
    const TUTORIAL: &MethodDef =
        &MethodDef::new("fib", "fib.fib").exchange("").routing_key("rpc_queue").queue("rpc_queue");
    const QUEUE: &ServiceDef = &ServiceDef::new("fib", &[TUTORIAL]);
    let mut routes = queues_of(&[QUEUE]).unwrap().remove("rpc_queue").unwrap();
    const PING: &MethodDef = &MethodDef::new("fib", "fib.$ping");
    let service = BoxService::new(Nothing);
    routes.add_unbound([PING], &service, "");
    assert_eq!(routes.find("", "rpc_queue", Some("fib.$ping")).unwrap().method, PING);
    assert_eq!(routes.find("", "rpc_queue", Some("fib.fib")).unwrap().method, TUTORIAL);
    assert_eq!(routes.find("", "rpc_queue", None).unwrap().method, TUTORIAL);
    let fault = routes.find("other", "$all", Some("fib.$ping")).unwrap_err();
    assert_eq!(*fault.code(), FaultCode::UnknownMethod, "who may publish there alone is told nothing");
    assert!(routes.find("amqp-rpc", "fib.$ping", None).is_err(), "nothing is bound to it");
    routes.add_bound([PING], &service);
    assert_eq!(routes.find("amqp-rpc", "fib.$ping", None).unwrap().method, PING);
}

#[test]
fn an_event_is_found_by_the_longest_name_that_its_key_begins_with() {
    const CHANGED: &MethodDef = &MethodDef::new("prices", "prices.changed").event();
    const FINAL: &MethodDef =
        &MethodDef::new("prices", "prices.fixed").event().routing_key("prices.changed.final");
    const PRICES: &ServiceDef = &ServiceDef::new("prices", &[CHANGED, FINAL]);
    let service = BoxService::new(Nothing);
    let routed = RoutedService {
        id: ServiceId::default(),
        definition: PRICES,
        service: &service,
        locked: &[],
        counters: None,
    };
    let routes = Routes::of_events(&routed, &Namespace::default(), &Locks::new()).unwrap();
    let found = |key, kind| routes.find("amqp-rpc", key, kind).map(|route| route.method.full_name).ok();
    assert_eq!(found("prices.changed", None), Some("prices.changed"));
    assert_eq!(found("prices.changed.eu.de", None), Some("prices.changed"));
    assert_eq!(found("prices.changed.final.eu", None), Some("prices.fixed"));
    assert_eq!(found("prices.changedeu", None), None);
    assert_eq!(found("prices.events.billing", Some("prices.fixed")), Some("prices.fixed"));
    assert_eq!(found("", None), None);
}
