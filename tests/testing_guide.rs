//! The tests that docs/testing.md shows, as a user would write them.
#![allow(missing_docs, reason = "a user's tests")]

use std::{error::Error, time::Duration};

use amqp_rpc::{CallError, Client, Execution, Server, layers, rpc_service};
use amqp_rpc_broker::{
    Broker,
    faults::{Action, Matcher, Method},
};
use mockall::predicate::eq;

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

/// The code under test: a page of a gateway, with its status.
async fn page(greeter: &GreeterClient, name: &str) -> (u16, String) {
    match greeter.greet(name.into()).await {
        Ok(greeting) => (200, format!("<h1>{greeting}</h1>")),
        Err(error @ CallError::Timeout(_)) => (504, error.to_string()),
        Err(error) if error.execution() == Execution::Never => (503, error.to_string()),
        Err(error) => (500, error.to_string()),
    }
}

mockall::mock! {
    GreeterService {}

    impl Greeter for GreeterService {
        async fn greet(&self, name: String) -> String;
    }
}

#[tokio::test]
async fn a_page_shows_the_greeting() {
    let mut mock = MockGreeterService::new();
    mock.expect_greet().with(eq("Ada".to_owned())).times(1).returning(|name| format!("hello, {name}"));
    let greeter = GreeterClient::new(Client::in_process(GreeterServer::new(mock)));

    assert_eq!(page(&greeter, "Ada").await, (200, "<h1>hello, Ada</h1>".into()));
}

#[tokio::test]
async fn a_page_says_when_nobody_serves() {
    let nobody = Client::builder().in_process().build().expect("these options are valid");

    let (status, _) = page(&GreeterClient::new(nobody), "Ada").await;
    assert_eq!(status, 503);
}

struct Silent;

impl Greeter for Silent {
    async fn greet(&self, _: String) -> String {
        std::future::pending().await
    }
}

// With a paused clock the 10 s of the timeout take no time.
#[tokio::test(start_paused = true)]
async fn a_page_says_when_there_is_no_answer() {
    let greeter = GreeterClient::new(Client::in_process(GreeterServer::new(Silent)));

    let (status, _) = page(&greeter, "Ada").await;
    assert_eq!(status, 504);
}

#[tokio::test]
async fn a_call_that_the_mock_does_not_expect_says_which() {
    let greeter = GreeterClient::new(Client::in_process(GreeterServer::new(MockGreeterService::new())));

    let error = greeter.greet("Ada".into()).await.unwrap_err();
    let expected = r#"the method panicked: MockGreeterService::greet("Ada"): No matching expectation found"#;
    assert!(error.to_string().contains(expected), "{error}");
}

#[tokio::test]
async fn a_mock_that_was_not_called_fails_the_test_when_the_client_is_dropped() {
    let mut mock = MockGreeterService::new();
    mock.expect_greet().times(1).returning(|name| name);
    let greeter = GreeterClient::new(Client::in_process(GreeterServer::new(mock)));

    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(greeter)));
    let panic = dropped.unwrap_err();
    let text = panic.downcast_ref::<String>().map_or("no text", String::as_str);
    assert!(text.contains("MockGreeterService::greet"), "{text}");
}

#[rpc_service]
trait Orders {
    async fn count(&self) -> u64;
}

struct Shop;

impl Orders for Shop {
    async fn count(&self) -> u64 {
        7
    }
}

#[tokio::test]
async fn one_client_calls_several_services() -> Result<(), Box<dyn Error>> {
    let layered = Client::builder().timeout(Duration::from_secs(2)).layer(layers::Trace::new());
    let services = layered.in_process().service(GreeterServer::new(Polite)).service(OrdersServer::new(Shop));
    let client = services.build()?;
    assert_eq!(GreeterClient::new(client.clone()).greet("Ada".into()).await?, "hello, Ada");
    assert_eq!(OrdersClient::new(client).count().await?, 7);
    Ok(())
}
