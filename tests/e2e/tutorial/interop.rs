//! Interoperability with the tutorial's Python programs, in both directions and both queue shapes.

use amqp_rpc::{
    CallError, Execution, Server,
    error::StartError,
    server::{Declare, QueueOptions},
};
use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};

use crate::{
    services::{Fibonacci, connect, serve_fib, start},
    support::{Program, Vhost, await_until, within},
    tutorial::{TutorialClient, TutorialServer, seed_shape, serve_tutorial, upstream_shape},
};

const READY: &str = "Awaiting RPC requests";

/// Both shapes of `rpc_queue`: the names in `rpc_server.py`, and our options.
fn shapes() -> [(&'static str, QueueOptions); 2] {
    [("seed", seed_shape()), ("upstream", upstream_shape())]
}

async fn python_server(vhost: &Vhost, shape: &str) -> Program {
    let mut server = Program::python("rpc_server.py", &["--shape", shape], &vhost.uri());
    assert_eq!(server.line().await, READY);
    server
}

async fn python_client_prints_the_tutorial_s_output(vhost: &Vhost) {
    let client = Program::python("rpc_client.py", &["30", "0", "90"], &vhost.uri()).finish().await;
    assert_eq!(
        client.stdout_of_success(),
        "Requesting fib(30)\nGot 832040\nRequesting fib(0)\nGot 0\nRequesting fib(90)\nGot 2880067194370816120\n"
    );
}

async fn our_client_gets_fib_30(vhost: &Vhost) {
    let tutorial = TutorialClient::new(connect(vhost).await);
    assert_eq!(within("the answer", tutorial.fib(30)).await.expect("an answer"), 832_040);
}

#[tokio::test]
#[ignore = "needs Python with pika: scripts/test.sh"]
async fn the_python_client_calls_our_server_in_both_queue_shapes() {
    for (_, shape) in shapes() {
        let vhost = Vhost::create().await;
        let _server = serve_tutorial(&vhost, shape).await;
        assert_eq!(vhost.queues().await, ["rpc_queue"], "nothing but the tutorial's queue is declared");
        python_client_prints_the_tutorial_s_output(&vhost).await;
        await_until("all is settled", || async { vhost.existing_queue("rpc_queue").await.is_settled() })
            .await;
    }
}

#[tokio::test]
#[ignore = "needs Python with pika: scripts/test.sh"]
async fn our_client_calls_the_python_server_in_both_queue_shapes() {
    for (shape, _) in shapes() {
        let vhost = Vhost::create().await;
        let mut server = python_server(&vhost, shape).await;
        let tutorial = TutorialClient::new(connect(&vhost).await);
        let calls: Vec<_> = [30, 0, 90].into_iter().map(|n| (n, tokio::spawn(tutorial.fib(n)))).collect();
        for ((n, call), expected) in calls.into_iter().zip([832_040, 0, 2_880_067_194_370_816_120]) {
            assert_eq!(within("the answer", call).await.unwrap().unwrap(), expected);
            assert_eq!(server.line().await, format!("fib({n})"));
        }
    }
}

#[tokio::test]
#[ignore = "needs Python with pika: scripts/test.sh"]
async fn our_server_takes_over_a_queue_that_the_python_server_declared() {
    for (shape, _) in shapes() {
        for declare in [Declare::Passive, Declare::None] {
            let vhost = Vhost::create().await;
            python_server(&vhost, shape).await.kill().await;
            // Its queue options do not matter, because it does not declare the queue.
            let server = Server::new().service(TutorialServer::new(Fibonacci)).declare(declare);
            let _server = start(server, &vhost).await;
            assert_eq!(vhost.queues().await, ["rpc_queue"]);
            python_client_prints_the_tutorial_s_output(&vhost).await;
            our_client_gets_fib_30(&vhost).await;
        }
    }
}

#[tokio::test]
#[ignore = "needs Python with pika: scripts/test.sh"]
async fn the_python_server_takes_over_a_queue_that_ours_declared() {
    for (shape, ours) in shapes() {
        let vhost = Vhost::create().await;
        let server = serve_tutorial(&vhost, ours).await;
        within("the shutdown", server.shutdown()).await.unwrap();
        let mut server = python_server(&vhost, shape).await;
        our_client_gets_fib_30(&vhost).await;
        assert_eq!(server.line().await, "fib(30)");
    }
}

#[tokio::test]
#[ignore = "needs Python with pika: scripts/test.sh"]
async fn both_servers_share_one_queue() {
    for (shape, ours) in shapes() {
        let vhost = Vhost::create().await;
        let python = python_server(&vhost, shape).await;
        let _ours = serve_tutorial(&vhost, ours).await;
        // The stopped Python server holds one request; when it is killed, the broker redelivers it to ours.
        python.signal("STOP").await;
        let tutorial = TutorialClient::new(connect(&vhost).await);
        let mut calls: FuturesUnordered<_> = (0..20).map(|n| tutorial.fib(n)).collect();
        for _ in 0..19 {
            within("an answer of ours", calls.next()).await.expect("a call is left").unwrap();
        }
        assert!(calls.next().now_or_never().is_none(), "the Python server has taken one");
        python.kill().await;
        within("the last answer", calls.next()).await.expect("a call is left").unwrap();
    }
}

#[tokio::test]
#[ignore = "needs Python with pika: scripts/test.sh"]
async fn a_queue_of_the_other_shape_is_a_start_error_that_says_what_to_do() {
    for ((shape, _), (_, other)) in shapes().into_iter().zip(shapes().into_iter().rev()) {
        let vhost = Vhost::create().await;
        let _python = python_server(&vhost, shape).await;
        let server = Server::new().service_with(TutorialServer::new(Fibonacci), other);
        let error = within("the refusal", server.start(vhost.uri())).await.unwrap_err();
        assert!(
            matches!(&error, StartError::QueueMismatch { queue, .. } if queue == "rpc_queue"),
            "{error:?}"
        );
        let text = error.to_string();
        for advice in
            ["queue `rpc_queue` exists with other arguments", "Declare::Passive", ".queue_options(", "delete"]
        {
            assert!(text.contains(advice), "{advice} is missing in: {text}");
        }
        let reason = std::error::Error::source(&error).expect("the broker's own words").to_string();
        let words = if vhost.is_lavinmq() { "declared with other arguments" } else { "inequivalent arg" };
        assert!(reason.contains(words), "{reason}");
        await_until("no connection is left open", || async { vhost.connections().await == 1 }).await;
    }
}

#[tokio::test]
#[ignore = "needs Python with pika: scripts/test.sh"]
async fn a_python_server_killed_by_a_request_does_not_hang_our_client() {
    let vhost = Vhost::create().await;
    let server = python_server(&vhost, "seed").await;
    let tutorial = TutorialClient::new(connect(&vhost).await);
    // Killed while it has the request, and no other server runs.
    server.signal("STOP").await;
    let call = tokio::spawn(tutorial.fib(30).timeout(std::time::Duration::from_millis(500)));
    await_until("it has the request", || async { vhost.existing_queue("rpc_queue").await.unacked == 1 })
        .await;
    server.kill().await;
    let error = within("the timeout", call).await.unwrap().unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error:?}");
    assert_eq!(error.execution(), Execution::Unknown);
    await_until("the request has expired", || async { vhost.existing_queue("rpc_queue").await.is_settled() })
        .await;
}

#[tokio::test]
#[ignore = "needs Python with pika: scripts/test.sh"]
async fn a_python_script_that_knows_only_the_protocol_calls_any_method() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    for (method, arguments, printed) in [
        ("fib.compute", "{\"n\": 30}", "result 832040\n"),
        ("fib.compute", "{\"n\": 91}", "error {\"TooLarge\":{\"limit\":90}}\n"),
        ("fib.whoami", "{}", "result \"-/-\"\n"),
    ] {
        let script = Program::python("call_any.py", &[method, arguments], &vhost.uri()).finish().await;
        assert_eq!(script.stdout_of_success(), printed);
    }
    let script = Program::python("call_any.py", &["fib.compute", "{\"n\": \"x\"}"], &vhost.uri());
    let printed = script.finish().await.stdout_of_success();
    let fault = printed.strip_prefix("fault ").expect("a fault is printed");
    let fault: serde_json::Value = serde_json::from_str(fault).unwrap();
    assert_eq!((&fault["code"], &fault["field"]), (&"bad_request".into(), &"n".into()), "{fault}");

    let nobody = Program::python("call_any.py", &["fib.nobody", "{}"], &vhost.uri()).finish().await;
    assert!(!nobody.status.success() && nobody.stderr.contains("UnroutableError"), "{}", nobody.stderr);
}
