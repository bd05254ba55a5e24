//! How often methods were called.

use std::time::Duration;

use amqp_rpc::{Client, Server, reflection::MethodStats};

use crate::{
    services::{FibClient, FibServer, Fibonacci, GateClient, Gatekeeper, connect, serve_gate, start},
    support::{Vhost, await_until, within},
};

/// The numbers of one method of the one instance.
async fn stats(client: &Client, service: &str, method: &str) -> MethodStats {
    let found = within("the numbers", client.reflection().stats(service)).await.expect("a server answers");
    let [instance] = &found[..] else { panic!("{found:?}") };
    let found = instance.methods.iter().find(|stats| stats.method == method);
    found.unwrap_or_else(|| panic!("{method} is not in {instance:?}")).clone()
}

#[tokio::test]
async fn calls_errors_and_durations_are_counted_for_each_method() {
    let vhost = Vhost::create().await;
    let _server = start(Server::new().service(FibServer::new(Fibonacci)), &vhost).await;
    let client = connect(&vhost).await;
    let before = stats(&client, "fib", "fib.compute").await;
    assert_eq!((before.calls, before.errors, before.in_flight, before.p50), (0, 0, 0, None));
    let fib = FibClient::new(client.clone());
    for n in [1, 2, 91] {
        let _ = within("the call", fib.compute(n)).await;
    }
    let malformed = client.call_json("fib.compute", serde_json::json!({"n": "x"}));
    within("a fault", malformed).await.unwrap_err();
    within("another call", client.call_json("fib.compute", serde_json::json!([0]))).await.unwrap();
    let after = stats(&client, "fib", "fib.compute").await;
    assert_eq!((after.calls, after.errors, after.in_flight), (5, 2, 0));
    assert!(
        after.p50 <= after.p99 && after.p99.is_some_and(|p99| p99 < Duration::from_secs(30)),
        "{after:?}"
    );
    assert_eq!(stats(&client, "fib", "fib.whoami").await.calls, 0);
}

#[tokio::test]
async fn a_call_is_in_flight_until_it_ends_and_one_that_was_cancelled_does_not_count() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = serve_gate(&vhost, &gate, 4).await;
    let client = connect(&vhost).await;
    let calls: Vec<_> =
        (0..3).map(|tag| tokio::spawn(GateClient::new(client.clone()).pass_idempotent(tag))).collect();
    gate.until_running(3).await;
    let running = stats(&client, "gate", "gate.pass_idempotent").await;
    assert_eq!((running.calls, running.in_flight, running.p50), (3, 3, None));
    gate.open_for(3);
    for call in calls {
        within("the call", call).await.unwrap().unwrap();
    }
    let ended = stats(&client, "gate", "gate.pass_idempotent").await;
    assert_eq!((ended.calls, ended.errors, ended.in_flight), (3, 0, 0));

    // The connection is lost under a call: its request comes again, and is one call.
    let call = tokio::spawn(GateClient::new(client.clone()).pass_idempotent(4));
    gate.until_running(1).await;
    let lost = vhost.close_all_connections().await;
    assert!(lost >= 2);
    crate::services::until_epoch(&server, 2).await;
    gate.open_for(8);
    within("the call", call).await.unwrap().unwrap();
    await_until("all have ended", || async {
        stats(&client, "gate", "gate.pass_idempotent").await.in_flight == 0
    })
    .await;
}
