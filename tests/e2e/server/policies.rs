//! Policies of a server: authorization, allowed reply addresses, redelivered requests.

use amqp_rpc::{
    CallError, Client, Context, Execution, FaultCode, RunningServer, Server,
    server::{QueueOptions, RedeliveryPolicy, ReplyPolicy},
};
use futures_util::future::join_all;
use lapin::{BasicProperties, options::QueueDeclareOptions, types::FieldTable};
use tracing::Level;

use crate::{
    services::{
        FibClient, FibServer, Fibonacci, GateClient, GateServer, Gatekeeper, connect, serve_fib, serve_gate,
        start, until_connecting,
    },
    support::{Log, Permissions, Proxy, RawPeer, Vhost, await_until, within},
};

fn code<T: std::fmt::Debug, E: std::fmt::Debug>(result: Result<T, CallError<E>>) -> FaultCode {
    match result {
        Err(CallError::Fault(fault)) => fault.code().clone(),
        other => panic!("not a fault: {other:?}"),
    }
}

fn gate_with(gate: &Gatekeeper, redelivered: RedeliveryPolicy) -> Server {
    Server::new().service(GateServer::new(gate.clone())).redelivered(redelivered)
}

/// Loses the connection of a server that runs requests.
async fn lose_with(gate: &Gatekeeper, requests: usize, server: &RunningServer, proxy: &Proxy) {
    gate.until_running(requests).await;
    proxy.refuse(true);
    proxy.cut();
    until_connecting(server).await;
}

#[tokio::test]
async fn a_server_may_refuse_redelivered_requests() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let (first_gate, second_gate) = (Gatekeeper::closed(), Gatekeeper::closed());
    let first = gate_with(&first_gate, RedeliveryPolicy::Refuse).start(proxy.uri()).await.unwrap();
    let gates = GateClient::new(connect(&vhost).await);
    let (plain, idempotent) = (tokio::spawn(gates.pass(1)), tokio::spawn(gates.pass_idempotent(2)));
    lose_with(&first_gate, 2, &first, &proxy).await;

    second_gate.open_for(2);
    let _second = start(gate_with(&second_gate, RedeliveryPolicy::Refuse), &vhost).await;
    let error = within("the refusal", plain).await.unwrap().unwrap_err();
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Unknown, false));
    assert_eq!(code(Err::<u64, _>(error)), FaultCode::MaybeExecuted);
    assert_eq!(within("the answer", idempotent).await.unwrap().unwrap(), 2);
    assert_eq!(second_gate.started(), 1);
}

#[tokio::test]
async fn by_default_redelivered_requests_are_run() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let (first_gate, second_gate) = (Gatekeeper::closed(), Gatekeeper::closed());
    let first = gate_with(&first_gate, RedeliveryPolicy::default()).start(proxy.uri()).await.unwrap();
    let gates = GateClient::new(connect(&vhost).await);
    let calls = tokio::spawn(join_all([gates.pass(1), gates.pass(2)]));
    lose_with(&first_gate, 2, &first, &proxy).await;
    second_gate.open_for(2);
    let _second = serve_gate(&vhost, &second_gate, 4).await;
    let answers: Vec<_> =
        within("the answers", calls).await.unwrap().into_iter().map(Result::unwrap).collect();
    assert_eq!(answers, [1, 2]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_drain_reports_no_unstarted_call_as_maybe_executed() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = gate_with(&gate, RedeliveryPolicy::Refuse).drain_timeout(std::time::Duration::ZERO);
    let server = start(server, &vhost).await;
    let gates = GateClient::new(connect(&vhost).await);
    let calls: Vec<_> = (0..20).map(|tag| tokio::spawn(gates.pass(tag))).collect();
    gate.until_started(1).await;
    let report = within("the shutdown", server.shutdown()).await.unwrap();
    assert!(report.abandoned.iter().all(|call| call.at_most_once), "none of them is run again");
    let started = gate.started();

    gate.open_for(20);
    let _second = start(gate_with(&gate, RedeliveryPolicy::Refuse), &vhost).await;
    let mut unknown = 0;
    for call in calls {
        match within("the outcome", call).await.unwrap() {
            Ok(_) => {}
            refused => match code(refused) {
                FaultCode::ShuttingDown => {}
                FaultCode::MaybeExecuted => unknown += 1,
                other => panic!("{other}"),
            },
        }
    }
    assert!(unknown <= started, "{unknown} outcomes are unknown, but only {started} calls had started");
}

#[tokio::test]
async fn a_request_with_a_foreign_reply_address_is_not_run_and_not_answered() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = serve_gate(&vhost, &gate, 4).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    // The queue of another service, which the server may write to.
    peer.declare_queue("victim", QueueDeclareOptions::default(), FieldTable::default()).await;
    let long = "x".repeat(255);
    let foreign = ["victim", "gate", "nobody", "amq.gen", "\n", long.as_str()];
    for address in foreign {
        for (key, body) in [("gate.pass", r#"{"tag":1}"#), ("gate.echo", "bad"), ("gate.unknown", "{}")] {
            let request = BasicProperties::default()
                .with_reply_to(address.into())
                .with_correlation_id("id".into())
                .with_type("gate.pass".into());
            let exchange = if key == "gate.unknown" { "" } else { "amqp-rpc" };
            let key = if key == "gate.unknown" { "gate" } else { key };
            peer.publish(exchange, key, request, body.as_bytes()).await;
        }
    }
    let sent = 3 * foreign.len() as u64;
    await_until("all are dead letters", || async {
        vhost.existing_queue("gate.dead").await.ready == sent
            && vhost.existing_queue("gate").await.is_settled()
            && server.stats().foreign_reply_addresses == sent
    })
    .await;
    assert_eq!(vhost.existing_queue("victim").await.ready, 0);
    assert_eq!(gate.started(), 0);
    assert_eq!(GateClient::new(connect(&vhost).await).echo(1).await.unwrap(), 1);
}

#[tokio::test]
async fn reply_addresses_that_the_server_allows_are_answered() {
    let vhost = Vhost::create().await;
    let policy = ReplyPolicy::default().allow("audit").allow_prefix("partner.");
    let server = start(Server::new().service(FibServer::new(Fibonacci)).reply_policy(policy), &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    for queue in ["audit", "partner.1"] {
        peer.declare_queue(queue, QueueDeclareOptions::default(), FieldTable::default()).await;
        let mut replies = peer.consume(queue, 0).await;
        let request = BasicProperties::default().with_reply_to(queue.into());
        peer.publish("amqp-rpc", "fib.compute", request, br#"{"n":10}"#).await;
        let reply = replies.next().await;
        assert_eq!((reply.kind(), reply.text()), (Some("result"), "55"));
    }
    assert_eq!(server.stats().foreign_reply_addresses, 0);
}

#[tokio::test]
async fn reply_queues_of_widespread_clients_are_answered() {
    let vhost = Vhost::create().await;
    let server = serve_fib(&vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    for (client, queue) in [
        ("aio-pika", format!("amq_{}", uuid::Uuid::new_v4().simple())),
        ("kombu, nameko", uuid::Uuid::new_v4().to_string()),
    ] {
        peer.declare_queue(&queue, QueueDeclareOptions::default(), FieldTable::default()).await;
        let mut replies = peer.consume(&queue, 0).await;
        let request = BasicProperties::default().with_reply_to(queue.into());
        peer.publish("amqp-rpc", "fib.compute", request, br#"{"n":10}"#).await;
        let reply = replies.next().await;
        assert_eq!((reply.kind(), reply.text()), (Some("result"), "55"), "{client}");
    }
    assert_eq!(server.stats().foreign_reply_addresses, 0);
}

#[tokio::test]
async fn a_reply_that_reaches_a_queue_of_requests_is_not_run() {
    let vhost = Vhost::create().await;
    let _server = crate::tutorial::serve_tutorial(&vhost, QueueOptions::default()).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let request = BasicProperties::default().with_reply_to(replies.queue().into());
    for kind in ["result", "error", "fault"] {
        peer.publish("", "rpc_queue", request.clone().with_type(kind.into()), b"3").await;
        assert_eq!(replies.next().await.json()["code"], "bad_request", "{kind}");
    }
    // As a server would have sent it.
    peer.publish("", "rpc_queue", BasicProperties::default().with_type("result".into()), b"3").await;
    await_until("it is a dead letter", || async { vhost.existing_queue("rpc_queue.dead").await.ready == 1 })
        .await;
    peer.publish("", "rpc_queue", request.with_type("of.another.program".into()), b"3").await;
    assert_eq!(replies.next().await.text(), "2");
}

#[tokio::test]
async fn a_refused_reply_address_is_logged_with_the_code_that_allows_it() {
    let log = Log::listen();
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let request = BasicProperties::default().with_reply_to("partner.1".into());
    peer.publish("amqp-rpc", "fib.compute", request, b"{}").await;
    await_until("it is a dead letter", || async { vhost.existing_queue("fib.dead").await.ready == 1 }).await;
    let lines = log.lines();
    let refused: Vec<_> = lines.iter().filter(|line| !line.field("allowed_by").is_empty()).collect();
    let [line] = &refused[..] else { panic!("{lines:#?}") };
    assert_eq!(
        (line.level, line.field("queue"), line.field("address")),
        (Level::WARN, "fib", "\"partner.1\"")
    );
    assert_eq!(line.field("allowed_by"), r#".reply_policy(ReplyPolicy::default().allow("partner.1"))"#);
}

/// Lets `boss` call everything, other users only `echo`, and refuses callers without a user id.
fn rules(boss: String) -> impl Fn(&Context) -> bool + Send + Sync {
    move |cx| match cx.method().full_name {
        "gate.echo" => cx.user_id().is_some(),
        "gate.panic" => panic!("expected by the test"),
        _ => cx.user_id() == Some(boss.as_str()),
    }
}

#[tokio::test]
async fn a_caller_that_the_server_does_not_authorize_is_unauthorized() {
    let mut vhost = Vhost::create().await;
    let boss_uri = vhost.add_user("boss", "secret", Permissions::ALL).await;
    let worker_uri = vhost.add_user("worker", "secret", Permissions::ALL).await;
    let gate = Gatekeeper::closed();
    let server = Server::new()
        .service(GateServer::new(gate.clone()))
        .authorize(rules(format!("boss-{}", vhost.name())));
    let _server = start(server, &vhost).await;
    let named =
        async |uri: &str| GateClient::new(Client::builder().send_user_id().connect(uri).await.unwrap());
    let (boss, worker) = (named(&boss_uri).await, named(&worker_uri).await);
    let nameless = GateClient::new(Client::connect(&boss_uri).await.unwrap());

    gate.open_for(1);
    assert_eq!(within("the boss's call", boss.pass(1)).await.unwrap(), 1);
    assert_eq!(within("the worker's call", worker.echo(2)).await.unwrap(), 2);
    let refused = worker.pass(3).await.unwrap_err();
    assert_eq!((refused.execution(), refused.is_retryable()), (Execution::Never, false));
    for refused in [
        Err(refused),
        worker.pass_once(4).await,
        nameless.pass(5).await,
        nameless.echo(6).await,
        boss.panic("a rule that panics refuses".into()).await.map(|()| 0),
    ] {
        assert_eq!(code(refused), FaultCode::Unauthorized);
    }
    assert_eq!(gate.started(), 1);
    assert_eq!(within("a call after the panic", worker.echo(7)).await.unwrap(), 7);
}

#[tokio::test]
async fn an_unauthorized_request_is_refused_before_it_is_read_or_checked_for_redelivery() {
    let mut vhost = Vhost::create().await;
    let thief_uri = vhost.add_user("thief", "secret", Permissions::ALL).await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let (first_gate, second_gate) = (Gatekeeper::closed(), Gatekeeper::closed());
    let first = gate_with(&first_gate, RedeliveryPolicy::Run).start(proxy.uri()).await.unwrap();
    let thief = Client::builder().send_user_id().connect(&thief_uri).await.unwrap();
    // An unauthorized request is refused before its body or its redelivery is checked.
    let again = tokio::spawn(GateClient::new(thief).pass_once(1));
    lose_with(&first_gate, 1, &first, &proxy).await;
    let strict = Server::new().service(GateServer::new(second_gate.clone())).authorize(|_| false);
    let _second = start(strict, &vhost).await;
    assert_eq!(code(within("the refusal", again).await.unwrap()), FaultCode::Unauthorized);

    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let request = BasicProperties::default().with_reply_to(replies.queue().into());
    peer.publish("amqp-rpc", "gate.echo", request, b"not json").await;
    assert_eq!(replies.next().await.json()["code"], "unauthorized");
    assert_eq!(second_gate.started(), 0);
    let fib = FibClient::new(connect(&vhost).await);
    assert!(fib.compute(1).await.is_err(), "it has no server");
}
