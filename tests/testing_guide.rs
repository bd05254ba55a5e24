//! The tests that docs/testing.md shows, as a user would write them.
#![allow(missing_docs, reason = "a user's tests")]

use std::{error::Error, time::Duration};

use amqp_rpc::{Client, Execution, Server, rpc_service};
use amqp_rpc_broker::{
    Broker,
    faults::{Action, Matcher, Method},
};

#[rpc_service]
trait Greeter {
    /// Greets a person by name.
    async fn greet(&self, name: String) -> String;
}

struct Polite;

impl Greeter for Polite {
    async fn greet(&self, name: String) -> String {
        format!("hello, {name}")
    }
}

#[tokio::test]
async fn it_greets_by_name() -> Result<(), Box<dyn Error>> {
    let broker = Broker::start().await?;
    let server = Server::new().service(GreeterServer::new(Polite)).start(broker.uri()).await?;
    let greeter = GreeterClient::new(Client::connect(broker.uri()).await?);

    assert_eq!(greeter.greet("Ada".into()).await?, "hello, Ada");
    server.shutdown().await?;
    Ok(())
}

#[tokio::test]
async fn another_server_answers_when_one_dies_before_its_reply() -> Result<(), Box<dyn Error>> {
    let broker = Broker::start().await?;
    let _one = Server::new().service(GreeterServer::new(Polite)).start(broker.uri()).await?;
    let _other = Server::new().service(GreeterServer::new(Polite)).start(broker.uri()).await?;
    let greeter = GreeterClient::new(Client::connect(broker.uri()).await?);

    // Replies are published to the default exchange. The first one is lost, with the connection of its
    // server.
    let first_reply = Matcher::from_client(Method::BasicPublish).exchange("").nth(1);
    let crash = broker.on(first_reply, Action::Reset);
    assert_eq!(greeter.greet("Ada".into()).await?, "hello, Ada");
    assert_eq!(crash.hits(), 1);
    Ok(())
}

#[tokio::test]
async fn a_call_on_a_silent_network_times_out_and_may_have_run() -> Result<(), Box<dyn Error>> {
    let broker = Broker::start().await?;
    let _server = Server::new().service(GreeterServer::new(Polite)).start(broker.uri()).await?;
    let greeter = GreeterClient::new(Client::connect(broker.uri()).await?);

    let silence = broker.on(Matcher::to_client(Method::BasicDeliver).exchange(""), Action::Stall);
    let call = greeter.greet("Ada".into()).timeout(Duration::from_millis(200));
    assert_eq!(call.await.unwrap_err().execution(), Execution::Unknown);
    silence.remove();
    assert_eq!(greeter.greet("Ada".into()).await?, "hello, Ada");
    Ok(())
}

/// The broker of `AMQP_URL`, or an embedded one, which lives as long as the returned value.
async fn test_broker() -> Result<(String, Option<Broker>), Box<dyn Error>> {
    if let Ok(url) = std::env::var("AMQP_URL") {
        return Ok((url, None));
    }
    let broker = Broker::start().await?;
    Ok((broker.uri(), Some(broker)))
}

#[tokio::test]
async fn it_greets_on_the_production_broker_too() -> Result<(), Box<dyn Error>> {
    let (url, _embedded) = test_broker().await?;
    // A shared broker has other queues as well: the namespace keeps the names of this test apart.
    let namespace = format!("test-{}-greets", std::process::id());
    let server = Server::new().namespace(&namespace).service(GreeterServer::new(Polite)).start(&url).await?;
    let client = Client::builder().namespace(&namespace).connect(&url).await?;

    assert_eq!(GreeterClient::new(client).greet("Ada".into()).await?, "hello, Ada");
    server.shutdown().await?;
    Ok(())
}
