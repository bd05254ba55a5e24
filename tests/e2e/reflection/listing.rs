//! Which instances there are.

use std::time::Duration;

use amqp_rpc::{
    CallError, Client, FaultCode, Server,
    client::ReplyTo,
    contract::{MethodDef, ServeFuture, Service, ServiceDef},
    middleware::{IncomingCall, Reply},
    server::{RawMethod, RawService},
};

use super::{asking, instances, services};
use crate::{
    services::{FibServer, Fibonacci, GateServer, Gatekeeper, connect, serve_fib, start},
    support::{Vhost, within},
};

/// The service `fib` of a later version of its crate.
struct LaterFib;

impl Service for LaterFib {
    const DEFINITION: &'static ServiceDef =
        &ServiceDef::new("fib", &[&MethodDef::new("fib", "fib.compute")]).version(Some("2.0.0"));

    fn dispatch(&self, _: IncomingCall) -> ServeFuture {
        Box::pin(async { Reply::json(&0) })
    }
}

#[tokio::test]
async fn all_instances_are_listed_whatever_their_version() {
    let vhost = Vhost::create().await;
    let earlier = || Server::new().service(FibServer::new(Fibonacci)).version("1.0.0");
    let gate = GateServer::new(Gatekeeper::closed());
    let _servers = (
        start(earlier(), &vhost).await,
        start(earlier(), &vhost).await,
        start(Server::new().service(LaterFib).service(gate).version("2.0.0"), &vhost).await,
    );
    let client = connect(&vhost).await;
    let found = instances(&client).await;
    let versions: Vec<_> = found.iter().map(|instance| instance.version.as_deref().unwrap()).collect();
    assert_eq!(versions, ["1.0.0", "1.0.0", "2.0.0"]);
    assert_ne!(found[0].id, found[1].id);
    assert_eq!((services(&found[0]), services(&found[2])), (vec!["fib"], vec!["fib", "gate"]));
    let of_fib: Vec<_> =
        found.iter().map(|instance| instance.services[0].version.as_deref().unwrap()).collect();
    assert_eq!(of_fib, [env!("CARGO_PKG_VERSION"), env!("CARGO_PKG_VERSION"), "2.0.0"]);
    for instance in &found {
        assert_eq!((&*instance.services[0].exchange, &*instance.services[0].queue), ("amqp-rpc", "fib"));
        assert!(!instance.library.is_empty() && instance.app.as_ref().is_some_and(|app| !app.is_empty()));
        assert!(instance.round_trip > Duration::ZERO, "{instance:?}");
    }

    let reflection = asking(&client);
    assert_eq!(within("those with fib", reflection.ping("fib")).await.unwrap().len(), 3);
    assert_eq!(within("those with gate", reflection.ping("gate")).await.unwrap().len(), 1);
    assert_eq!(within("fewer", reflection.clone().max_instances(2).instances()).await.unwrap().len(), 2);
    // Calls go on as ever, and what came too late for a wait is none of theirs.
    assert_eq!(client.call_json("fib.compute", serde_json::json!([0])).await.unwrap(), 0);
    assert_eq!(client.stats().unknown_replies, 0);
}

#[tokio::test]
async fn every_kind_of_reply_address_takes_all_answers() {
    let vhost = Vhost::create().await;
    let _servers = (serve_fib(&vhost).await, serve_fib(&vhost).await);
    for builder in [
        Client::builder().reply_to(ReplyTo::Direct),
        Client::builder().coalesce(16),
        Client::builder().reply_to(ReplyTo::ExclusiveQueue),
    ] {
        let client = within("the client", builder.connect(vhost.uri())).await.unwrap();
        assert_eq!(instances(&client).await.len(), 2);
    }
}

#[tokio::test]
async fn a_namespace_has_its_own_instances() {
    let vhost = Vhost::create().await;
    let _other = serve_fib(&vhost).await;
    let _server = start(Server::new().service(FibServer::new(Fibonacci)).namespace("staging"), &vhost).await;
    let client = Client::builder().namespace("staging").connect(vhost.uri());
    let found = instances(&within("the client", client).await.unwrap()).await;
    let [instance] = &found[..] else { panic!("{found:?}") };
    let service = &instance.services[0];
    assert_eq!((&*service.exchange, &*service.queue), ("staging.amqp-rpc", "staging.fib"));
}

#[tokio::test]
async fn raw_methods_of_one_name_are_one_service_on_each_exchange() {
    let vhost = Vhost::create().await;
    let reply = |_: IncomingCall| async { Reply::json(&1) };
    let server = Server::new()
        .raw("legacy.sum", reply)
        .raw("legacy.product", reply)
        .raw(RawMethod::new("legacy.old").exchange("old").queue("legacy.old"), reply);
    let _server = start(server, &vhost).await;
    let client = connect(&vhost).await;
    let found = instances(&client).await;
    let places: Vec<_> = found[0].services.iter().map(|place| (&*place.exchange, &*place.queue)).collect();
    assert_eq!(places, [("amqp-rpc", "legacy"), ("old", "legacy.old")]);
    let described = within("the description", client.reflection().describe("legacy")).await.unwrap();
    let names: Vec<_> = described.methods.iter().map(|method| method.name.as_str()).collect();
    assert_eq!(names, ["sum", "product", "old"]);
    let on_old = client.reflection().exchange("old");
    assert_eq!(within("the other exchange", on_old.ping("legacy")).await.unwrap().len(), 1);
    assert_eq!(within("its description", on_old.describe("legacy")).await.unwrap(), described);
}

#[tokio::test]
async fn who_asks_on_one_exchange_is_told_nothing_of_services_on_another() {
    let vhost = Vhost::create().await;
    let reply = |_: IncomingCall| async { Reply::json(&1) };
    let admin = RawMethod::new("admin.run").exchange("secure").queue("admin");
    let server = Server::new().service(FibServer::new(Fibonacci)).raw(admin, reply);
    let _server = start(server, &vhost).await;
    let client = connect(&vhost).await;
    for (method, key) in [("admin.$describe", "$all"), ("admin.$stats", "fib.$all"), ("admin.$ping", "$all")]
    {
        let call = client.call_json(method, serde_json::json!({})).routing_key(key);
        let error = within(method, call).await.unwrap_err();
        let CallError::Fault(fault) = &error else { panic!("{method}: {error:?}") };
        assert_eq!(*fault.code(), FaultCode::UnknownMethod, "{method}");
    }
    let there = asking(&client).exchange("secure");
    assert_eq!(within("the right exchange", there.descriptions("admin")).await.unwrap().len(), 1);
}

#[tokio::test]
async fn on_the_default_exchange_one_instance_is_reached() {
    let vhost = Vhost::create().await;
    let method = RawMethod::new("tutorial.fib").exchange("").queue("rpc_queue");
    let service = RawService::new(method, |_: IncomingCall| async { Reply::json(&1) });
    let _server = start(Server::new().service(service), &vhost).await;
    assert!(vhost.reflection_queues().await.is_empty(), "there is nothing to bind it to");
    let client = connect(&vhost).await;
    let reflection = client.reflection().exchange("").queue("rpc_queue");
    let found = within("the instance", reflection.ping("tutorial")).await.unwrap();
    assert_eq!(found.iter().map(services).collect::<Vec<_>>(), [["tutorial"]]);
    assert_eq!(within("its numbers", reflection.stats("tutorial")).await.unwrap()[0].id, found[0].id);
    let described = within("its description", reflection.describe("tutorial")).await.unwrap();
    assert_eq!(described.methods[0].full_name, "tutorial.fib");
    assert!(matches!(reflection.instances().await, Err(CallError::Encode(_))));
}

#[tokio::test]
async fn a_client_in_process_says_that_it_reaches_no_server() {
    let client = Client::in_process(FibServer::new(Fibonacci));
    let error = client.reflection().instances().await.unwrap_err();
    assert!(matches!(error, CallError::Encode(_)), "{error:?}");
    let error = client.reflection().describe("fib").await.unwrap_err();
    assert!(matches!(error, CallError::Unroutable(_)), "{error:?}");
}
