//! What is refused: keys that cannot travel, requests without a key, services without a store.

use amqp_rpc::{
    CallError, Execution, FaultCode, Server,
    error::{ChangeError, StartError},
    layers::Authorize,
    middleware::IncomingCall,
};
use serde_json::json;

use super::{LedgerClient, LedgerServer, TestStore, ledger::CountedLedger};
use crate::{
    services::{FibServer, Fibonacci, connect, start},
    support::Vhost,
};

#[tokio::test]
async fn a_key_that_cannot_travel_is_an_error_at_the_caller() {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let _server = start(ledger.server(TestStore::in_memory()), &vhost).await;
    let client = connect(&vhost).await;
    let calls = LedgerClient::new(client.clone());
    for (key, problem) in [(String::new(), "empty"), ("k".repeat(256), "256 bytes")] {
        let errors = [
            calls.book(1).idempotency_key(&*key).await.unwrap_err().map(|_| ()),
            calls.note("text".into()).idempotency_key(&*key).await.unwrap_err().map(|_| ()),
            client
                .call_json("ledger.book", json!({"amount": 1}))
                .idempotency_key(&*key)
                .await
                .unwrap_err()
                .map(|_| ()),
        ];
        for error in errors {
            assert!(matches!(&error, CallError::Encode(_)), "{error:?}");
            assert!(format!("{error:?}").contains(problem), "{error:?}");
            assert_eq!(error.execution(), Execution::Never);
        }
    }
    calls.book(1).idempotency_key("k".repeat(255)).await.expect("the longest key");
    assert_eq!(ledger.all_effects(), 1);
}

#[tokio::test]
async fn a_request_without_a_key_is_refused() {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let _server = start(ledger.server(TestStore::in_memory()), &vhost).await;
    let error = connect(&vhost).await.call_json("ledger.book", json!({"amount": 1})).await.unwrap_err();
    let CallError::Fault(fault) = &error else { panic!("{error:?}") };
    assert_eq!(fault.code(), &FaultCode::BadRequest);
    assert!(fault.message().contains("`ledger.book` needs an idempotency key"), "{fault}");
    assert_eq!(ledger.all_effects(), 0);
}

#[tokio::test]
async fn a_server_without_a_store_does_not_start_and_names_the_method() {
    let vhost = Vhost::create().await;
    let ledger = || LedgerServer::new(CountedLedger::new());
    let error = Server::new().service(ledger()).start(vhost.uri()).await.unwrap_err();
    assert!(matches!(&error, StartError::NoIdempotencyStore { method: "ledger.book" }), "{error:?}");
    assert!(error.to_string().contains(".idempotency_store(..)"), "{error}");

    let server = start(Server::new().service(FibServer::new(Fibonacci)), &vhost).await;
    let error = server.add(ledger()).await.unwrap_err();
    assert!(matches!(&error, ChangeError::Refused(StartError::NoIdempotencyStore { .. })), "{error:?}");
}

#[tokio::test]
async fn layers_see_each_repeat_and_may_refuse_it() {
    let (vhost, ledger) = (Vhost::create().await, CountedLedger::new());
    let server = ledger.server(TestStore::in_memory());
    let only_a = Authorize::by(|call: &IncomingCall| {
        std::future::ready(call.context().headers().text("caller") == Some("a"))
    });
    let _server = start(server.layer(only_a), &vhost).await;
    let calls = LedgerClient::new(connect(&vhost).await);
    let book = |caller: &str| calls.book(1).idempotency_key("order 1").header("caller", caller);
    assert_eq!(book("a").await.unwrap(), 1);
    let error = book("b").await.unwrap_err();
    assert!(
        matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::Unauthorized),
        "who may not call the method does not get its replies: {error:?}"
    );
    assert_eq!(book("a").await.unwrap(), 1);
    assert_eq!(ledger.effects("order 1"), 1);
}
