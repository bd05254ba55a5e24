//! Reconnects of a client: calls that wait for the next connection, states, and the end.

use std::time::Duration;

use amqp_rpc::{
    CallError, Client, ConnectOptions, Execution,
    connect::ConnectionState,
    error::{ConnectError, Phase},
};

use crate::{
    services::{FibClient, GateClient, serve_fib},
    support::{Proxy, Vhost, await_until, within},
};

const LONG: Duration = Duration::from_secs(20);

/// A client behind a proxy.
struct Line {
    vhost: Vhost,
    proxy: Proxy,
    client: Client,
}

impl Line {
    async fn open() -> Self {
        let vhost = Vhost::create().await;
        let proxy = Proxy::start(&vhost.uri()).await;
        let client = Client::builder().timeout(LONG).connect(proxy.uri()).await.expect("the client connects");
        Self { vhost, proxy, client }
    }

    /// Breaks the connection, and waits until the client has failed to make another one.
    async fn interrupt(&self) {
        self.proxy.refuse(true);
        self.proxy.cut();
        self.until_state("it fails to connect", |state| {
            matches!(state, ConnectionState::Connecting { failures: 1.., .. })
        })
        .await;
    }

    async fn until_state(&self, what: &str, is_it: impl Fn(&ConnectionState) -> bool) {
        let mut states = self.client.state_changes();
        let reached = async {
            while !is_it(&states.current()) {
                states.changed().await.expect("the client lives");
            }
        };
        within(what, reached).await;
    }
}

#[tokio::test]
async fn a_new_call_waits_for_the_next_connection() {
    let line = Line::open().await;
    let _server = serve_fib(&line.vhost).await;
    let fib = FibClient::new(line.client.clone());
    assert_eq!(fib.compute(10).await.unwrap(), 55);
    line.interrupt().await;

    let call = tokio::spawn(fib.whoami());
    line.proxy.refuse(false);
    within("the call over the next connection", call).await.unwrap().unwrap();
    assert_eq!(line.client.state(), line.client.state_changes().current());
    assert_eq!(line.client.state().epoch(), Some(2));
}

#[tokio::test]
async fn a_call_that_finds_no_connection_in_time_was_never_sent_and_says_why() {
    let line = Line::open().await;
    line.interrupt().await;
    let call = FibClient::new(line.client.clone()).compute(1).timeout(Duration::from_millis(100));
    let error = within("the timeout", call).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Timeout(timeout) if timeout.phase() == Phase::WaitingToSend),
        "{error:?}"
    );
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, true));
    assert!(error.to_string().contains("not connected: "), "{error}");
}

#[tokio::test]
async fn the_state_reports_every_connection_and_the_end() {
    let line = Line::open().await;
    assert!(line.client.state().is_ready() && line.client.is_connected());
    line.interrupt().await;
    assert!(!line.client.is_connected());
    let not_ready = line.client.wait_ready(Duration::from_millis(10)).await.unwrap_err();
    assert!(matches!(not_ready.state, ConnectionState::Connecting { .. }), "{not_ready}");

    line.proxy.refuse(false);
    line.client.wait_ready(LONG).await.unwrap();
    assert_eq!(line.client.state().epoch(), Some(2));

    let mut states = line.client.state_changes();
    line.client.close().await;
    assert!(line.client.state().is_closed());
    assert!(
        line.client.wait_ready(LONG).await.unwrap_err().state.is_closed(),
        "no call waits for a closed client"
    );
    drop(line.client);
    let last = within("the end", async {
        let mut last = None;
        while let Some(state) = states.changed().await {
            last = Some(state);
        }
        last
    });
    assert!(last.await.is_some_and(|state| state.is_closed()));
}

#[tokio::test]
async fn a_connection_closed_by_the_operator_is_replaced() {
    let line = Line::open().await;
    let _server = serve_fib(&line.vhost).await;
    let fib = FibClient::new(line.client.clone());
    for _ in 0..3 {
        assert!(line.vhost.close_all_connections().await >= 1);
        assert_eq!(within("the call", fib.compute(10)).await.unwrap(), 55);
    }
}

#[tokio::test]
async fn a_client_closed_while_it_connects_fails_all_waiting_calls_at_once() {
    let line = Line::open().await;
    line.interrupt().await;
    let call = tokio::spawn(FibClient::new(line.client.clone()).compute(1));
    within("the close", line.client.close()).await;
    let error = within("the waiting call", call).await.unwrap().unwrap_err();
    assert!(matches!(error, CallError::Closed), "{error:?}");
}

#[tokio::test]
async fn a_client_dropped_while_it_connects_stops_trying() {
    let line = Line::open().await;
    line.interrupt().await;
    let mut states = line.client.state_changes();
    drop(line.client);
    within("the client to be gone", async { while states.changed().await.is_some() {} }).await;
    assert!(states.current().is_closed(), "{}", states.current());
}

#[tokio::test]
async fn a_client_stops_reconnecting_after_its_limit() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let options = ConnectOptions::new(proxy.uri()).give_up_after(Duration::from_millis(50));
    let client = Client::connect(options).await.unwrap();
    proxy.refuse(true);
    proxy.cut();

    await_until("the client has stopped reconnecting", || async { client.state().is_closed() }).await;
    let error = within("the next call", FibClient::new(client).compute(1)).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Disconnected(lost) if lost.phase() == Phase::WaitingToSend),
        "{error:?}"
    );
    assert_eq!(error.execution(), Execution::Never);
}

#[tokio::test]
async fn a_client_that_starts_before_its_broker_may_wait_for_it() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    proxy.refuse(true);
    let error = within("one attempt", Client::connect(proxy.uri())).await.unwrap_err();
    assert!(matches!(error, ConnectError::Broken { .. } | ConnectError::Unreachable { .. }), "{error:?}");

    let patient = ConnectOptions::new(proxy.uri()).wait_for_broker(LONG);
    let connecting = tokio::spawn(Client::connect(patient));
    proxy.refuse(false);
    within("the connection", connecting).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_refused_login_is_not_retried() {
    let vhost = Vhost::create().await;
    let wrong = vhost.uri().replace("guest:guest", "guest:wr0ng");
    let connecting = Client::connect(ConnectOptions::new(wrong).wait_for_broker(Duration::from_secs(600)));
    let error = within("the refusal", connecting).await.unwrap_err();
    assert!(matches!(error, ConnectError::LoginRefused { .. }), "{error:?}");
}

#[tokio::test]
async fn a_client_connects_a_hundred_times_and_leaves_nothing_behind() {
    let line = Line::open().await;
    let _server = serve_fib(&line.vhost).await;
    let (fib, gates) = (FibClient::new(line.client.clone()), GateClient::new(line.client.clone()));
    for epoch in 1..=100 {
        assert_eq!(within("the call", fib.compute(10)).await.unwrap(), 55);
        assert!(gates.echo(1).await.is_err(), "it has no server");
        line.proxy.cut();
        line.until_state("the next connection", |state| state.epoch() > Some(epoch)).await;
    }
    await_until("the old connections are gone", || async { line.vhost.connections().await == 2 }).await;
    let replies = line.vhost.queues().await;
    assert_eq!(replies.iter().filter(|queue| queue.starts_with("amqp-rpc.reply.")).count(), 1);
}
