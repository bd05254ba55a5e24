//! Calls: values, errors, options and layers are those of any client.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    time::Duration,
};

use amqp_rpc::{
    CallError, CallOptions, Client, Context, Execution, FaultCode,
    client::blocking::Wait,
    connect::ConnectionState,
    contract::NoError,
    error::CannotBlock,
    middleware::{self, ClientNext, OutgoingCall, Reply},
    rpc_service,
};

use crate::services::{OrderError, OrdersClient, OrdersServer, Shop};

#[tokio::test]
async fn a_method_s_value_and_its_own_error_come_back_typed() {
    let orders = Shop::client();
    assert_eq!(orders.total(3).await.unwrap(), 300);
    let error = orders.total(91).await.unwrap_err();
    assert!(matches!(error, CallError::Method(OrderError::Unknown { id: 91 })), "{error}");
    assert_eq!(error.execution(), Execution::Completed);
    assert_eq!(orders.blocking(1).await.unwrap(), 2);
}

#[tokio::test]
async fn a_method_sees_the_context_that_a_server_would_give_it() {
    let builder = Client::builder().app_id("gateway").namespace("eu").in_process();
    let client = builder.service(OrdersServer::new(Shop::default())).build().unwrap();
    let orders = OrdersClient::new(client);
    let seen = orders.whoami().header("token", "t").priority(3).await.unwrap();
    let seen: Vec<_> = seen.iter().map(|text| text.as_deref().unwrap_or("none")).collect();
    let expected = ["eu.amqp-rpc", "orders.whoami", "application/json", "gateway", "t", "Some(3)", "true"];
    assert_eq!(seen, expected);

    let left = orders.left().timeout(Duration::from_secs(60)).await.unwrap().expect("it has a deadline");
    assert!((Duration::from_secs(50)..=Duration::from_secs(60)).contains(&left), "{left:?}");
    assert_eq!(orders.left().timeout(Duration::MAX).await.unwrap(), None);
}

#[tokio::test]
async fn a_call_that_a_method_makes_inherits_its_deadline() {
    let shop = Shop { inner: Some(Shop::client()), ..Shop::default() };
    let orders = OrdersClient::new(Client::in_process(OrdersServer::new(shop)));
    let left = orders.left_inside().timeout(Duration::from_secs(5)).await.unwrap();
    let left = left.expect("the client's own timeout is 10 s");
    assert!(left <= Duration::from_millis(4_501), "{left:?}: the margin is a tenth");
    assert!(left > Duration::from_secs(2), "{left:?}");
}

#[tokio::test]
async fn a_panic_comes_back_with_its_text() {
    let error = Shop::client().panics().await.unwrap_err();
    let CallError::Fault(fault) = &error else { panic!("{error}") };
    assert_eq!(
        (fault.code(), fault.message()),
        (&FaultCode::Panicked, "the method panicked: no order was expected")
    );
    assert_eq!(error.execution(), Execution::Unknown);
}

#[tokio::test]
async fn layers_and_options_of_all_levels_apply() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noting = |name: &'static str| {
        let seen = Arc::clone(&seen);
        middleware::client_from_fn(move |mut call: OutgoingCall, next: ClientNext| {
            let note = format!("{name} {} {:?}", call.name(), call.timeout());
            seen.lock().expect("no test panics here").push(note);
            call.headers_mut().insert("token", name);
            next.run(call)
        })
    };
    let builder = Client::builder().timeout(Duration::from_secs(7));
    let builder = builder.layer(noting("outer")).layer(noting("inner")).in_process();
    let client = builder.service(OrdersServer::new(Shop::default())).build().unwrap();
    let orders = OrdersClient::new(client.clone());
    let seen_by_method = orders.whoami().await.unwrap();
    assert_eq!(seen_by_method[4].as_deref(), Some("inner"));
    let options = CallOptions::new().timeout(Duration::from_secs(5));
    orders.clone().with_options(options.clone()).echo(String::new()).await.unwrap();
    OrdersClient::new(client.with_timeout(Duration::from_secs(6))).echo(String::new()).await.unwrap();
    let call = orders.with_options(options).echo(String::new()).timeout(Duration::from_secs(4));
    call.await.unwrap();
    let timeouts = ["whoami 7s", "echo 5s", "echo 6s", "echo 4s"];
    let expected: Vec<_> = timeouts
        .iter()
        .flat_map(|call| ["outer", "inner"].map(|name| format!("{name} orders.{call}")))
        .collect();
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_layer_may_answer_in_place_of_the_service() {
    async fn cached(_: OutgoingCall, _: ClientNext) -> Result<Reply, CallError<NoError>> {
        Ok(Reply::json(&7).expect("a number is JSON"))
    }
    let builder = Client::builder().layer(middleware::client_from_fn(cached)).in_process();
    let orders = OrdersClient::new(builder.service(OrdersServer::new(Shop::default())).build().unwrap());
    assert_eq!(orders.total(1).await.unwrap(), 7);
}

#[tokio::test]
async fn a_client_is_ready_until_it_is_closed() {
    let (shop, gate) = Shop::closed();
    let client = Client::in_process(OrdersServer::from_arc(Arc::clone(&shop)));
    let orders = OrdersClient::new(client.clone());
    assert!(client.is_connected() && client.wait_ready(Duration::ZERO).await.is_ok());
    let running = tokio::spawn(orders.wait());
    crate::services::run_tasks().await;
    assert_eq!(client.stats().in_flight, 1);

    client.close().await;
    let error = running.await.unwrap().unwrap_err();
    assert!(matches!(&error, CallError::Disconnected(_)), "{error}");
    assert_eq!(error.execution(), Execution::Unknown);
    assert!(matches!(client.state(), ConnectionState::Closed { .. }), "{}", client.state());
    let error = orders.total(1).await.unwrap_err();
    assert!(matches!(error, CallError::Closed), "{error}");
    drop(gate);
}

#[tokio::test]
async fn the_panic_of_a_service_that_is_dropped_reaches_who_drops_the_client() {
    struct Strict;
    impl Drop for Strict {
        fn drop(&mut self) {
            panic!("greet was not called")
        }
    }
    #[rpc_service]
    trait Greeter {
        async fn greet(&self, #[rpc(context)] cx: &Context);
    }
    impl Greeter for Strict {
        async fn greet(&self, _: &Context) {}
    }
    let client = Client::in_process(GreeterServer::new(Strict));
    let greeter = GreeterClient::new(client.clone());
    greeter.greet().await.unwrap();
    drop(client);
    let panic = catch_unwind(AssertUnwindSafe(|| drop(greeter))).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"greet was not called"));
}

#[test]
fn a_thread_cannot_wait_for_a_call_in_process() {
    let error = Shop::client().total(1).wait().unwrap_err();
    assert!(matches!(error, CallError::CannotBlock(CannotBlock::NoBlockingClient)), "{error}");
}
