//! Limits of the broker that are reached for a moment, as in a rolling restart of programs.

use std::time::Duration;

use amqp_rpc::{
    Client, ConnectOptions, Server,
    error::{ConnectError, StartError},
};
use amqp_rpc_broker::{
    Broker,
    faults::{Action, Matcher, Method, Rule},
};

use crate::{
    services::{FibServer, Fibonacci},
    support::{embedded_broker, within},
};

const REFUSALS: [(u16, &str); 4] = [
    (530, "NOT_ALLOWED - connection refused for user 'guest': user connection limit (1) is reached"),
    (530, "NOT_ALLOWED - access to vhost '/' refused for user 'guest': connection limit (1) is reached"),
    (530, "NOT_ALLOWED - access to vhost '/' refused: connection limit (1) is reached"),
    (541, "INTERNAL_ERROR - access to vhost '/' refused for user 'guest': vhost '/' is down"),
];

fn refuse(broker: &Broker, times: usize, (code, text): (u16, &str)) -> Rule {
    let open = Matcher::from_client(Method::ConnectionOpen).times(times);
    broker.on(open, Action::CloseConnection(code, text.to_owned()))
}

fn fib() -> Server {
    Server::new().service(FibServer::new(Fibonacci))
}

#[tokio::test]
async fn a_limit_on_connections_is_told_and_waited_for() {
    let broker = embedded_broker().start().await.unwrap();
    for refusal in REFUSALS {
        let full = refuse(&broker, 1, refusal);
        let error = within("the refusal", Client::connect(broker.uri())).await.unwrap_err();
        assert!(
            matches!(&error, ConnectError::LimitReached { .. } | ConnectError::VhostUnavailable { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains(refusal.1) && !error.to_string().contains("add_vhost"), "{error}");
        drop(full);

        let waiting = || ConnectOptions::new(broker.uri()).wait_for_broker(Duration::from_secs(600));
        let full = refuse(&broker, 2, refusal);
        let client = within("the client", Client::connect(waiting())).await.unwrap();
        assert_eq!(full.hits(), 2);
        let full = refuse(&broker, 2, refusal);
        let server = within("the server", fib().start(waiting())).await.unwrap();
        assert_eq!(full.hits(), 2);
        client.close().await;
        server.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn a_node_at_its_limit_is_skipped() {
    let (full, free) = (embedded_broker().start().await.unwrap(), embedded_broker().start().await.unwrap());
    let text = "NOT_ALLOWED - connection refused: node connection limit (1) is reached";
    let _full =
        full.on(Matcher::from_client(Method::ConnectionOpen), Action::CloseConnection(530, text.to_owned()));
    // The nodes are tried in random order.
    for _ in 0..8 {
        let nodes = ConnectOptions::any_of([full.uri(), free.uri()]);
        within("the client", Client::connect(nodes)).await.unwrap().close().await;
    }
}

#[tokio::test]
async fn a_limit_on_queues_is_told_and_waited_for() {
    let broker = embedded_broker().start().await.unwrap();
    for (code, text) in [
        (406, "PRECONDITION_FAILED - cannot declare queue 'fib': queue limit in vhost '/' (3) is reached"),
        (403, "ACCESS_REFUSED - queue limit in vhost '/' (3) is reached"),
        (404, "NOT_FOUND - home node 'rabbit@a' of durable queue 'fib' in vhost '/' is down or inaccessible"),
    ] {
        let refuse = |times| {
            let declare = Matcher::from_client(Method::QueueDeclare).queue("fib").times(times);
            broker.on(declare, Action::CloseChannel(code, text.to_owned()))
        };
        let full = refuse(1);
        let error = within("the refusal", fib().start(broker.uri())).await.map(drop).unwrap_err();
        assert!(
            matches!(&error, StartError::LimitReached { name, .. } | StartError::Unavailable { name, .. } if name == "fib"),
            "{error:?}"
        );
        drop(full);
        let full = refuse(2);
        let waiting = ConnectOptions::new(broker.uri()).wait_for_broker(Duration::from_secs(600));
        let server = within("the server", fib().start(waiting)).await.unwrap();
        assert_eq!(full.hits(), 2);
        server.shutdown().await.unwrap();
    }
}
