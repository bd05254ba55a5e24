//! Which service has a method: by exchange and routing key, as on a broker.

use std::time::Duration;

use amqp_rpc::{
    CallError, Client, Execution,
    error::ConnectError,
    middleware::{IncomingCall, Reply},
    rpc_service,
    server::{RawMethod, RawService},
};
use serde_json::json;

use crate::services::{Listener, OrdersClient, OrdersServer, PricesClient, PricesServer, Shop};

#[tokio::test]
async fn several_services_have_one_client() {
    let builder = Client::builder().in_process().service(OrdersServer::new(Shop::default()));
    let client = builder.service(PricesServer::new(Listener::default())).build().unwrap();
    assert_eq!(OrdersClient::new(client.clone()).total(1).await.unwrap(), 100);
    PricesClient::new(client).refresh("here".into()).await.unwrap();
}

#[tokio::test]
async fn a_call_that_no_service_has_says_which_method() {
    let client = Client::in_process(PricesServer::new(Listener::default()));
    let error = OrdersClient::new(client).total(1).await.unwrap_err();
    assert!(matches!(&error, CallError::Unroutable(_)), "{error}");
    assert_eq!(error.execution(), Execution::Never);
    assert!(error.to_string().contains("`orders.total` is not served"), "{error}");
    let nothing = Client::builder().in_process().build().unwrap();
    let error = OrdersClient::new(nothing).total(1).fail_fast().await.unwrap_err();
    assert!(matches!(&error, CallError::Unroutable(_)), "{error}");
}

#[tokio::test]
async fn two_methods_for_the_same_requests_are_refused() {
    let builder = Client::builder().in_process().service(OrdersServer::new(Shop::default()));
    let error = builder.service(OrdersServer::new(Shop::default())).build().unwrap_err();
    let ConnectError::InvalidOption(text) = &error else { panic!("{error}") };
    assert_eq!(text, "`orders.total` and `orders.total` would receive the same requests");

    let nothing = |method| RawService::new(method, |_| async { Reply::json(&()) });
    let method = || RawMethod::new("math.sum").queue("numbers");
    let builder = Client::builder().in_process().service(nothing(method()));
    let error = builder.service(nothing(method().routing_key("elsewhere"))).build().unwrap_err();
    assert!(error.to_string().contains("`math.sum` and `math.sum`"), "{error}");
}

#[tokio::test]
async fn an_option_that_no_client_may_have_is_refused() {
    for builder in [
        Client::builder().max_in_flight(0),
        Client::builder().namespace("amq.x"),
        Client::builder().app_id("x".repeat(256)),
    ] {
        let error = builder.in_process().build().unwrap_err();
        assert!(matches!(error, ConnectError::InvalidOption(_)), "{error}");
    }
}

#[tokio::test]
async fn methods_have_the_addresses_that_their_trait_declares() {
    #[rpc_service(exchange = "")]
    trait Legacy {
        #[rpc(routing_key = "legacy")]
        async fn sum(&self, of: Vec<u64>) -> u64;
    }
    #[rpc_service(exchange = "shop")]
    trait Stock {
        #[rpc(routing_key = "count.all")]
        async fn count(&self) -> u64;
    }
    struct Both;
    impl Legacy for Both {
        async fn sum(&self, of: Vec<u64>) -> u64 {
            of.iter().sum()
        }
    }
    impl Stock for Both {
        async fn count(&self) -> u64 {
            7
        }
    }
    let builder = Client::builder().namespace("eu").in_process().service(LegacyServer::new(Both));
    let client = builder.service(StockServer::new(Both)).build().unwrap();
    assert_eq!(LegacyClient::new(client.clone()).sum(vec![1, 2]).await.unwrap(), 3);
    assert_eq!(StockClient::new(client.clone()).count().await.unwrap(), 7);
    let count = client.call_json("stock.count", json!({}));
    let elsewhere = count.await.unwrap_err();
    assert!(matches!(elsewhere, CallError::Unroutable(_)), "{elsewhere}");
    let count = client.call_json("stock.count", json!({})).exchange("shop").routing_key("count.all");
    assert_eq!(count.await.unwrap(), json!(7));
}

#[tokio::test]
async fn methods_are_called_by_name_and_served_by_functions() {
    let sum = |call: IncomingCall| async move { Reply::json(&call.json::<Vec<u64>>()?.iter().sum::<u64>()) };
    let method = RawMethod::new("math.sum").queue("numbers");
    let client = Client::in_process(RawService::new(method, sum));
    assert_eq!(client.call_json("math.sum", json!([1, 2])).await.unwrap(), json!(3));
    // On the default exchange the routing key is a queue, where the type says which method is meant.
    let by_queue = client.call_json("math.sum", json!([1, 2])).exchange("").routing_key("numbers");
    assert_eq!(by_queue.await.unwrap(), json!(3));
    let other = client.call_json("math.product", json!([1, 2])).exchange("").routing_key("numbers");
    assert!(other.await.is_err());
}

#[tokio::test(start_paused = true)]
async fn an_untyped_call_of_a_notification_is_answered_and_one_of_an_event_is_not() {
    let client = Client::in_process(PricesServer::new(Listener::default()));
    let refresh = client.call_json("prices.refresh", json!({"source": "here"}));
    assert_eq!(refresh.await.unwrap(), json!(null));
    let removed = client.call_json("prices.removed", json!({"item": "tea"})).exchange("amqp-rpc.events");
    let error = removed.timeout(Duration::from_secs(5)).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error}");
}
