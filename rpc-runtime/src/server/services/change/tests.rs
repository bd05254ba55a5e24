use amqp_rpc_transport::Broker;

use super::*;
use crate::{
    contract::{LockDef, LockedMethod, MethodDef, ServeFuture, Service},
    message::{Fault, FaultCode, IncomingCall},
    server::{
        builder::{Checked, Server},
        config::ServiceOptions,
    },
};

struct Gate;
struct Guests;

impl Service for Gate {
    const DEFINITION: &'static ServiceDef = &ServiceDef::new("gate", &[&MethodDef::new("gate", "gate.pass")]);

    fn dispatch(&self, _: IncomingCall) -> ServeFuture {
        not_called()
    }
}

impl Service for Guests {
    const DEFINITION: &'static ServiceDef =
        &ServiceDef::new("guests", &[&MethodDef::new("guests", "guests.greet").queue("gate")]);

    fn dispatch(&self, _: IncomingCall) -> ServeFuture {
        not_called()
    }
}

const STOP: &MethodDef = &MethodDef::new("vms", "vms.stop").lock(LockDef::new("vms").cluster(4));

struct Vms;

impl Service for Vms {
    const DEFINITION: &'static ServiceDef = &ServiceDef::new("vms", &[STOP]);

    fn dispatch(&self, _: IncomingCall) -> ServeFuture {
        not_called()
    }

    fn locked_methods(&self) -> Vec<LockedMethod> {
        vec![LockedMethod { method: STOP, read_key: None }]
    }
}

fn not_called() -> ServeFuture {
    Box::pin(std::future::ready(Err(Fault::new(FaultCode::Internal, ""))))
}

#[test]
fn requests_that_are_refused_are_none_of_the_calls_that_a_removal_waits_for() {
    let Checked { settings, services, .. } = Server::new().service(Gate).service(Guests).check().unwrap();
    let id = |services: &ServiceSet, method| {
        let queue = services.queue("gate").unwrap();
        queue.routes.find("amqp-rpc", method, None).unwrap().service_id
    };
    let Change { next, removed, .. } = services.without("guests", &settings.services).ok().unwrap();
    assert_eq!(removed, [id(&services, "guests.greet")]);
    assert!(!removed.contains(&id(&next, "guests.greet")));
    assert_eq!(id(&next, "gate.pass"), id(&services, "gate.pass"), "it stays");
}

#[test]
fn what_is_served_is_listed_once_where_it_is_not_what_was_asked_for() {
    async fn answer(_: IncomingCall) -> Result<crate::message::Reply, Fault> {
        crate::message::Reply::json(&())
    }
    let server = Server::new().raw("legacy.sum", answer).service(Gate).raw("legacy.product", answer);
    let Checked { settings, services, .. } = server.check().unwrap();
    let error = services.without("lagacy", &settings.services).err().unwrap();
    assert_eq!(error.to_string(), "`lagacy` is not served; served are: gate, legacy");

    let info = SubscriptionInfo { id: ServiceId(99), service: "prices", by: Subscriber::Listener };
    let error = services.unsubscribed(&info, &settings.services).err().unwrap();
    assert_eq!(error.to_string(), "`prices (listener)` is not served; served are: none");
}

#[test]
fn a_broker_that_may_ignore_single_active_consumers_gets_no_locks() {
    let Checked { services, .. } = Server::new().service(Vms).check().unwrap();
    let error = services.check_broker(Broker::Other).unwrap_err().to_string();
    assert!(error.contains("another broker is not known to have single active consumers"), "{error}");
    let Checked { services, .. } = Server::new().service(Gate).check().unwrap();
    services.check_broker(Broker::Other).unwrap();
}

#[test]
fn partitions_come_and_go_with_their_service() {
    let Checked { settings, services, .. } = Server::new().service(Gate).service(Vms).check().unwrap();
    let partitions =
        |services: &ServiceSet| services.queues.iter().filter(|queue| queue.partition.is_some()).count();
    assert_eq!(partitions(&services), 4);
    let change = services.without("vms", &settings.services).ok().unwrap();
    assert_eq!(partitions(&change.next), 0);
    assert_eq!(
        change.removed_queues().count(),
        5 + 5,
        "the queue, its partitions, and what overflows of each might be"
    );
}

#[test]
fn the_queue_by_which_every_server_is_asked_follows_the_services() {
    let Checked { settings, services } = Server::new().service(Gate).check().unwrap();
    let knows = |services: &ServiceSet, method| {
        let queue = services.reflection_queue().unwrap();
        queue.routes.find("amqp-rpc", "$all", Some(method)).is_ok()
    };
    assert!(knows(&services, "$ping") && knows(&services, "gate.$stats"));
    assert!(!knows(&services, "guests.$stats"));
    let registration = Registration::new(Guests, Role::Serve(ServiceOptions::new()));
    let (Change { next, .. }, _) = services.with(registration, &settings.services).ok().unwrap();
    assert!(knows(&next, "guests.$stats"));
    let added = next.reflection_queue().unwrap();
    let Change { next, .. } = next.without("guests", &settings.services).ok().unwrap();
    assert!(!knows(&next, "guests.$stats") && knows(&next, "gate.$stats"));
    let unbound = added.declaration.bindings_without(&next.reflection_queue().unwrap().declaration);
    let keys: Vec<_> = unbound.iter().map(|binding| binding.routing_key.as_str()).collect();
    assert_eq!(keys, ["guests.$all"]);
    assert_eq!(services.summary().queues, ["gate"], "it is no queue of the user's");
}

#[test]
fn a_server_without_reflection_or_declarations_has_no_such_queue() {
    let set = |server: Server| server.service(Gate).check().unwrap().services;
    assert!(set(Server::new().reflection(false)).reflection_queue().is_none());
    assert!(set(Server::new().declare(Declare::Passive)).reflection_queue().is_none());
    let find = |services: &ServiceSet, key| {
        services.queue("gate").unwrap().routes.find("amqp-rpc", key, None).is_ok()
    };
    assert!(!find(&set(Server::new().reflection(false)), "gate.$ping"));
    assert!(find(&set(Server::new().declare(Declare::Passive)), "gate.$ping"), "others may bind it");
}
