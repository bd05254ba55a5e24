//! Notifications and events: confirmed whatever becomes of them.

use std::{sync::Arc, time::Duration};

use amqp_rpc::{CallError, Client, Execution};
use tokio::sync::Semaphore;

use crate::{
    log::Log,
    services::{Listener, OrdersServer, PricesClient, PricesServer, Shop, run_tasks},
};

fn prices() -> (PricesClient, Arc<Listener>) {
    let listener = Arc::new(Listener::default());
    (PricesClient::new(Client::in_process(PricesServer::from_arc(Arc::clone(&listener)))), listener)
}

#[tokio::test]
async fn a_notification_has_run_when_it_resolves() {
    let (prices, listener) = prices();
    prices.refresh("here".into()).await.unwrap();
    assert_eq!(listener.received(), ["refresh here"]);
}

#[tokio::test]
async fn a_failed_notification_is_confirmed_and_logged() {
    let log = Log::listen();
    let (prices, listener) = prices();
    prices.refresh("nowhere".into()).await.unwrap();
    prices.refresh("panic".into()).await.unwrap();
    assert_eq!(listener.received(), ["refresh nowhere", "refresh panic"]);
    let failures = log.failures();
    let logged: Vec<_> = failures
        .iter()
        .map(|line| (line.level, line.field("method"), line.field("outcome"), line.field("detail")))
        .collect();
    let expected = [
        (tracing::Level::WARN, "prices.refresh", "internal", "nothing is there"),
        (tracing::Level::ERROR, "prices.refresh", "panicked", "no refresh was expected"),
    ];
    assert_eq!(logged, expected);
}

#[tokio::test(start_paused = true)]
async fn a_notification_that_takes_long_is_confirmed_at_its_timeout_and_goes_on() {
    let gate = Arc::new(Semaphore::new(0));
    let listener = Arc::new(Listener { gate: Some(Arc::clone(&gate)), ..Listener::default() });
    let prices = PricesClient::new(Client::in_process(PricesServer::from_arc(Arc::clone(&listener))));
    prices.refresh("here".into()).await.unwrap();
    assert!(listener.received().is_empty());
    gate.add_permits(1);
    run_tasks().await;
    assert_eq!(listener.received(), ["refresh here"]);
}

#[tokio::test]
async fn an_event_is_received_by_each_service_that_declares_it() {
    let listeners = [Arc::new(Listener::default()), Arc::new(Listener::default())];
    // One server of the trait: two would compete for its notifications.
    let (prices, one) = prices();
    prices.changed("tea".into()).topic("eu.de").await.unwrap();
    prices.removed("tea".into()).await.unwrap();
    assert_eq!(one.received(), [r#"changed tea Some("eu.de") false"#, "removed tea"]);

    #[amqp_rpc::rpc_service(name = "prices")]
    trait Others {
        #[rpc(event)]
        async fn changed(&self, item: String);
    }
    struct Other(Arc<Listener>);
    impl Others for Other {
        async fn changed(&self, item: String) {
            self.0.received.lock().expect("no test panics here").push(item);
        }
    }
    let [first, second] = &listeners;
    let builder = Client::builder().in_process().service(PricesServer::from_arc(Arc::clone(first)));
    let client = builder.service(OthersServer::new(Other(Arc::clone(second)))).build().unwrap();
    PricesClient::new(client).changed("tea".into()).await.unwrap();
    assert_eq!(first.received(), ["changed tea None false"]);
    assert_eq!(second.received(), ["tea"]);
}

#[tokio::test]
async fn an_event_that_nobody_receives_is_confirmed_and_a_notification_is_not() {
    let prices = PricesClient::new(Client::in_process(OrdersServer::new(Shop::default())));
    prices.removed("tea".into()).await.unwrap();
    let error = prices.refresh("here".into()).await.unwrap_err();
    assert!(matches!(&error, CallError::Unroutable(_)), "{error}");
    assert_eq!(error.execution(), Execution::Never);
}

#[tokio::test]
async fn a_topic_that_no_pattern_could_match_is_refused() {
    let (prices, _listener) = prices();
    let error =
        prices.changed("tea".into()).topic("eu..de").timeout(Duration::from_secs(1)).await.unwrap_err();
    assert!(matches!(error, CallError::Encode(_)), "{error}");
}
