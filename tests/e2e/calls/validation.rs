//! Validation: parameters before the method runs, results before they are sent, all violations in one error.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use amqp_rpc::{CallError, Client, Execution, Fault, FaultCode, Server, rpc_service};
use garde::Validate;
use serde::{Deserialize, Serialize};

use crate::{
    services::{connect, start},
    support::{RawPeer, Vhost, await_until, within},
};

#[derive(Clone, Debug, Serialize, Deserialize, Validate)]
struct User {
    #[garde(length(min = 1))]
    name: String,
    #[garde(inner(range(max = 120)))]
    ages: Vec<u8>,
    #[garde(custom(is_even))]
    #[serde(default)]
    shoes: u8,
}

fn is_even(shoes: &u8, (): &()) -> garde::Result {
    if shoes.is_multiple_of(2) { Ok(()) } else { Err(garde::Error::new("shoes come in pairs")) }
}

#[derive(Debug, Serialize, Deserialize, Validate)]
struct Number {
    #[garde(range(max = 100))]
    value: u64,
}

#[rpc_service]
trait Registry {
    async fn fib(&self, #[garde(range(max = 90))] n: u64, note: String) -> u64;
    async fn register(&self, #[garde(dive)] user: User, #[garde(range(min = 1))] copies: u8) -> usize;
    #[rpc(bare)]
    async fn store(&self, #[garde(dive)] user: User);
    #[rpc(validate_result)]
    async fn twice(&self, n: u64) -> Number;
    #[rpc(notify)]
    async fn forget(&self, #[garde(length(min = 1))] name: String);
}

#[derive(Clone, Default)]
struct Office(Arc<AtomicUsize>);

impl Office {
    fn runs(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    fn run(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Registry for Office {
    async fn fib(&self, n: u64, _note: String) -> u64 {
        self.run();
        n
    }

    async fn register(&self, user: User, copies: u8) -> usize {
        self.run();
        user.ages.len() * usize::from(copies)
    }

    async fn store(&self, _user: User) {
        self.run();
    }

    async fn twice(&self, n: u64) -> Number {
        self.run();
        Number { value: 2 * n }
    }

    async fn forget(&self, _name: String) {
        self.run();
    }
}

fn user(name: &str, ages: &[u8], shoes: u8) -> User {
    User { name: name.into(), ages: ages.into(), shoes }
}

fn told(fault: &Fault) -> Vec<(&str, &str)> {
    fault.violations().iter().map(|violation| (violation.field(), violation.message())).collect()
}

#[tokio::test]
async fn a_value_out_of_bounds_is_refused_before_the_method_runs() {
    let vhost = Vhost::create().await;
    let office = Office::default();
    let server = start(Server::new().service(RegistryServer::new(office.clone())), &vhost).await;
    let registry = RegistryClient::new(connect(&vhost).await);

    assert_eq!(registry.fib(90, "at most".into()).await.unwrap(), 90);
    let error = registry.fib(91, "too much".into()).await.unwrap_err();
    let CallError::Fault(fault) = &error else { panic!("{error:?}") };
    assert_eq!((fault.code(), fault.field()), (&FaultCode::BadRequest, Some("n")));
    assert_eq!(told(fault), [("n", "greater than 90")]);
    assert_eq!(fault.to_string(), "bad_request: n: greater than 90");
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, false));
    assert_eq!(office.runs(), 1);
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn every_violation_is_reported_with_its_path() {
    let vhost = Vhost::create().await;
    let office = Office::default();
    let server = start(Server::new().service(RegistryServer::new(office.clone())), &vhost).await;
    let registry = RegistryClient::new(connect(&vhost).await);

    let CallError::Fault(fault) = registry.register(user("", &[7, 130, 121], 3), 0).await.unwrap_err() else {
        panic!("no fault")
    };
    let mut fields: Vec<_> = fault.violations().iter().map(amqp_rpc::error::Violation::field).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["copies", "user.ages[1]", "user.ages[2]", "user.name", "user.shoes"]);
    assert!(
        told(&fault).contains(&("user.shoes", "shoes come in pairs")),
        "a rule of the user's own: {fault}"
    );

    let CallError::Fault(fault) = registry.store(user("x", &[200], 2)).await.unwrap_err() else {
        panic!("no fault")
    };
    assert_eq!(told(&fault), [("ages[0]", "greater than 120")], "the parameter of a bare method is the body");
    assert_eq!(registry.register(user("x", &[1, 2], 2), 2).await.unwrap(), 4);
    assert_eq!(office.runs(), 1);
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn an_invalid_result_does_not_leave_the_server() {
    let vhost = Vhost::create().await;
    let server = start(Server::new().service(RegistryServer::new(Office::default())), &vhost).await;
    let registry = RegistryClient::new(connect(&vhost).await);
    assert_eq!(registry.twice(50).await.unwrap().value, 100);
    let error = registry.twice(51).await.unwrap_err();
    let CallError::Fault(fault) = &error else { panic!("{error:?}") };
    assert_eq!(fault.code(), &FaultCode::InvalidResult);
    assert_eq!(told(fault), [("value", "greater than 100")]);
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Completed, false));
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn an_invalid_result_of_a_foreign_server_is_an_error() {
    let vhost = Vhost::create().await;
    // The exchange and the queue as our server declares them, consumed by a foreign server.
    start(Server::new().service(RegistryServer::new(Office::default())), &vhost)
        .await
        .shutdown()
        .await
        .unwrap();
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut inbox = peer.consume("registry", 1).await;
    let registry = RegistryClient::new(connect(&vhost).await);
    let call = tokio::spawn(registry.twice(1));
    let request = within("the request", inbox.next()).await;
    let properties =
        lapin::BasicProperties::default().with_correlation_id(request.correlation_id().unwrap().into());
    let reply_to = request.properties.reply_to().clone().unwrap();
    peer.publish("", reply_to.as_str(), properties, br#"{"value":101}"#).await;
    let error = within("the reply", call).await.unwrap().unwrap_err();
    assert!(matches!(&error, CallError::Decode(_)), "{error:?}");
    assert_eq!(error.execution(), Execution::Completed);
    assert!(format!("{error:?}").contains("greater than 100"), "{error:?}");
}

#[tokio::test]
async fn a_client_that_validates_sends_nothing_that_breaks_a_rule() {
    let vhost = Vhost::create().await;
    let client = Client::builder().validate().connect(vhost.uri()).await.unwrap();
    let registry = RegistryClient::new(client);
    // No server has started: a request that is sent is unroutable.
    let error = registry.fib(91, "too much".into()).await.unwrap_err();
    assert!(matches!(&error, CallError::Invalid(_)), "{error:?}");
    assert_eq!((error.to_string().as_str(), error.execution()), ("n: greater than 90", Execution::Never));
    let error = registry.forget(String::new()).await.unwrap_err();
    assert!(matches!(&error, CallError::Invalid(_)), "{error:?}");
    let error = registry.fib(90, "at most".into()).await.unwrap_err();
    assert!(matches!(&error, CallError::Unroutable(_)), "{error:?}");
}

#[tokio::test]
async fn a_notification_with_a_value_out_of_bounds_is_a_dead_letter() {
    let vhost = Vhost::create().await;
    let office = Office::default();
    let server = start(Server::new().service(RegistryServer::new(office.clone())), &vhost).await;
    RegistryClient::new(connect(&vhost).await).forget(String::new()).await.unwrap();
    await_until("the dead letter", || async { vhost.existing_queue("registry.dead").await.ready == 1 }).await;
    assert_eq!(office.runs(), 0);
    server.shutdown().await.unwrap();
}
