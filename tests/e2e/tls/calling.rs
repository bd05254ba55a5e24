//! Calls, closes and reconnects over TLS.

use std::time::Duration;

use amqp_rpc::{Client, ConnectOptions, Server, rpc_service};

use super::{TlsBroker, refused};
use crate::{
    services::{FibClient, FibServer, Fibonacci, serve_fib},
    support::{Proxy, await_until, tls_front::TlsFront, within},
};

#[rpc_service]
trait Mirror {
    async fn mirror(&self, text: String) -> String;
}

struct Glass;

impl Mirror for Glass {
    async fn mirror(&self, text: String) -> String {
        text
    }
}

#[tokio::test]
async fn calls_of_any_size_pass_through_tls() {
    let broker = TlsBroker::start().await;
    let service = Server::new().service(MirrorServer::new(Glass));
    let server = within("the server", service.start(broker.options())).await.unwrap();
    let client = within("the client", Client::connect(broker.options())).await.unwrap();
    let mirror = MirrorClient::new(client);

    for size in [0, 1, 16 * 1024, 200 * 1024, 1_000_000] {
        let text = "x".repeat(size);
        assert!(within("the call", mirror.mirror(text.clone())).await.unwrap() == text, "{size} bytes");
    }
    let text = "y".repeat(1_000_000);
    let calls: Vec<_> = (0..8).map(|_| tokio::spawn(mirror.mirror(text.clone()).into_future())).collect();
    for call in calls {
        assert!(within("the call", call).await.unwrap().unwrap() == text);
    }
    within("the drain", server.shutdown()).await.unwrap();
    assert!(broker.front.accepted() >= 2);
}

#[tokio::test]
async fn a_close_sends_the_close_alert_of_tls() {
    let broker = TlsBroker::start().await;
    let closed = within("the client", Client::connect(broker.options())).await.unwrap();
    within("the close", closed.close()).await;
    within("the close alert", broker.front.until_close_alerts(1)).await;

    let server = Server::new().service(FibServer::new(Fibonacci)).start(broker.options());
    let server = within("the server", server).await.unwrap();
    let dropped = within("the client", Client::connect(broker.options())).await.unwrap();
    assert_eq!(within("the call", FibClient::new(dropped.clone()).compute(30)).await.unwrap(), 832_040);
    drop(dropped);
    within("the close alert", broker.front.until_close_alerts(2)).await;
    within("the drain", server.shutdown()).await.unwrap();
    within("the close alert", broker.front.until_close_alerts(3)).await;
}

#[tokio::test]
async fn a_silent_tls_handshake_times_out_and_leaves_no_socket() {
    let broker = TlsBroker::start().await;
    let proxy = Proxy::start(&broker.front.plain_uri()).await;
    proxy.stall(true);
    let uri = proxy.uri().replacen("amqp://", "amqps://", 1);
    let options = ConnectOptions::new(uri).tls(broker.trusted());
    let error = refused(options.clone().handshake_timeout(Duration::from_millis(100))).await;
    assert!(error.to_string().contains("was not ready within"), "{error}");
    let error = refused(options.clone().timeout(Duration::from_millis(100))).await;
    assert!(error.to_string().contains("was not ready within"), "{error}");
    assert_eq!(proxy.connections(), 2);
    proxy.stall(false);
    await_until("the sockets are closed", || async { proxy.open_connections() == 0 }).await;

    within("a node that answers", Client::connect(options)).await.unwrap();
}

#[tokio::test]
async fn a_lost_connection_is_replaced_over_tls() {
    let broker = TlsBroker::start().await;
    let _server = serve_fib(&broker.vhost).await;
    let proxy = Proxy::start(&broker.front.plain_uri()).await;
    let uri = proxy.uri().replacen("amqp://", "amqps://", 1);
    let client = Client::connect(ConnectOptions::new(uri).tls(broker.trusted()));
    let fib = FibClient::new(within("the client", client).await.unwrap());
    for lost in 1..=3 {
        proxy.cut();
        assert_eq!(within("the call", fib.compute(30)).await.unwrap(), 832_040);
        assert_eq!(broker.front.accepted(), 1 + lost);
    }
}

#[tokio::test]
async fn a_node_whose_certificate_is_refused_is_skipped() {
    let broker = TlsBroker::start().await;
    let expired = broker.authority.issue_between(2001, 2002);
    let expired = TlsFront::start(&broker.vhost.uri(), expired.server()).await;
    // The order is random: until the refused node was the first.
    for _ in 0..64 {
        let nodes = ConnectOptions::any_of([expired.uri(), broker.front.uri()]).tls(broker.trusted());
        within("the node that is right", Client::connect(nodes)).await.unwrap().close().await;
        if expired.accepted() >= 1 {
            return;
        }
    }
    panic!("the refused node was never tried");
}
