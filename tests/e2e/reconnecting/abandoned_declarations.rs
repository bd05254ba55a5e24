//! Passive declares whose call has ended, on the embedded broker, which answers late on request.

use std::time::Duration;

use amqp_rpc::{CallError, Client};
use amqp_rpc_broker::faults::{Action, Matcher, Method};

use crate::{
    services::{FibClient, FibServer, Fibonacci, GateClient},
    support::{embedded_broker, within},
};

#[tokio::test]
async fn a_passive_declare_refused_after_its_call_ended_costs_no_connection() {
    let broker = embedded_broker().start().await.unwrap();
    let _server =
        amqp_rpc::Server::new().service(FibServer::new(Fibonacci)).start(broker.uri()).await.unwrap();
    let options = amqp_rpc::ConnectOptions::new(broker.uri()).name("client");
    let client = Client::builder().timeout(Duration::from_secs(20)).connect(options).await.unwrap();
    let fib = FibClient::new(client.clone());
    assert_eq!(fib.compute(10).await.unwrap(), 55);

    for _ in 0..3 {
        let refusal = Matcher::to_client(Method::ChannelClose).connection("client");
        let stall = broker.on(refusal, Action::Stall);
        // The call checks a queue that does not exist, and times out before the answer.
        let call = GateClient::new(client.clone()).echo(1).fail_fast().timeout(Duration::from_millis(50));
        let error = within("the timeout", call).await.unwrap_err();
        assert!(matches!(error, CallError::Timeout(_)), "{error:?}");
        within("the refusal", stall.hit()).await;
        stall.remove();
        assert_eq!(within("the next call", fib.compute(10)).await.unwrap(), 55);
    }
    assert_eq!(client.state().epoch(), Some(1), "it is still the same connection");
}
