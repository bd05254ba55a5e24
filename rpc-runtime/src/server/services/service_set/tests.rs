use super::*;
use crate::{
    contract::{MethodDef, ServeFuture, Service},
    message::{Fault, FaultCode, IncomingCall},
    server::builder::Server,
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

fn not_called() -> ServeFuture {
    Box::pin(std::future::ready(Err(Fault::new(FaultCode::Internal, ""))))
}

#[test]
fn requests_that_are_refused_are_none_of_the_calls_that_a_removal_waits_for() {
    let (settings, services) = Server::new().service(Gate).service(Guests).settings().unwrap();
    let member = |services: &ServiceSet, method| {
        let queue = services.queue("gate").unwrap();
        queue.routes.find(method, None).unwrap().member
    };
    let Change { next, leaving, .. } = services.without("guests", &settings).ok().unwrap();
    assert_eq!(leaving, [member(&services, "guests.greet")]);
    assert!(!leaving.contains(&member(&next, "guests.greet")));
    assert_eq!(member(&next, "gate.pass"), member(&services, "gate.pass"), "it stays");
}

#[test]
fn what_is_served_is_listed_once_where_it_is_not_what_was_asked_for() {
    async fn answer(_: IncomingCall) -> Result<crate::message::Reply, Fault> {
        crate::message::Reply::json(&())
    }
    let server = Server::new().raw("legacy.sum", answer).service(Gate).raw("legacy.product", answer);
    let (settings, services) = server.settings().unwrap();
    let error = services.without("lagacy", &settings).err().unwrap();
    assert_eq!(error.to_string(), "`lagacy` is not served; served are: gate, legacy");

    let shown = SubscriptionInfo { id: ServiceId(99), service: "prices", by: Subscriber::Listener };
    let error = services.unsubscribed(&shown, &settings).err().unwrap();
    assert_eq!(error.to_string(), "`prices (listener)` is not served; served are: none");
}
