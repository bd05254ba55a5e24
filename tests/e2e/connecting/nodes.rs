//! Several nodes: which one a client or server connects to, and its timeouts.

use std::time::{Duration, Instant};

use amqp_rpc::{Client, ConnectOptions, Server, error::ConnectError};
use tokio::net::{TcpListener, TcpSocket};

use crate::{
    services::{FibClient, FibServer, Fibonacci, serve_fib},
    support::{Proxy, Vhost, await_until, within},
};

/// A listener that accepts connections in the backlog and never answers.
async fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("the loopback has a free port");
    let uri = format!("amqp://{}", listener.local_addr().expect("a listener has an address"));
    (listener, uri)
}

/// A bound port without listener: it refuses connections as long as the socket lives.
fn closed() -> (TcpSocket, String) {
    let socket = TcpSocket::new_v4().expect("there are sockets");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("the loopback has a free port");
    let uri = format!("amqp://{}", socket.local_addr().expect("a bound socket has an address"));
    (socket, uri)
}

#[tokio::test]
async fn a_client_finds_the_one_node_that_serves() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let (_listener, silent) = silent().await;
    let (_socket, closed) = closed();
    // Random order: often enough each of them is the first.
    for _ in 0..5 {
        let nodes = ConnectOptions::any_of([&silent, &closed, &vhost.uri()].map(String::as_str))
            .handshake_timeout(Duration::from_secs(1));
        let client = within("a node that serves", Client::connect(nodes)).await.expect("one of them serves");
        assert_eq!(within("the call", FibClient::new(client.clone()).compute(30)).await.unwrap(), 832_040);
        client.close().await;
    }
}

#[tokio::test]
async fn a_silent_node_uses_up_only_its_share_of_the_timeout() {
    let vhost = Vhost::create().await;
    let (_listener, silent) = silent().await;
    let service = || Server::new().service(FibServer::new(Fibonacci));
    for _ in 0..4 {
        let nodes = ConnectOptions::any_of([&silent, &vhost.uri()].map(String::as_str));
        let start = service().start(nodes.timeout(Duration::from_secs(4)));
        let server = within("the server to start", start).await.expect("half of the time is left");
        server.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn when_no_node_serves_the_attempt_ends_in_time_with_a_reason() {
    let (_listener, silent) = silent().await;
    let (_socket, closed) = closed();
    let began = Instant::now();
    let nodes = ConnectOptions::any_of([silent, closed]).timeout(Duration::from_millis(400));
    let error = within("the refusal", Client::connect(nodes)).await.unwrap_err();
    assert!(matches!(error, ConnectError::Unreachable { .. } | ConnectError::Timeout { .. }), "{error:?}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());

    let none = ConnectOptions::any_of(Vec::<String>::new());
    assert!(matches!(Client::connect(none).await, Err(ConnectError::InvalidOption(_))));
}

#[tokio::test]
async fn a_bad_uri_among_good_ones_is_found_before_any_node_is_tried() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let nodes = ConnectOptions::any_of([proxy.uri(), "http://u:secret@elsewhere".to_owned()]);
    assert!(!format!("{nodes:?}").contains("secret"));
    let error = Client::connect(nodes).await.unwrap_err();
    assert!(matches!(error, ConnectError::InvalidUri(_)), "{error:?}");
    assert_eq!(proxy.connections(), 0);
}

#[tokio::test]
async fn a_refused_login_is_not_tried_at_the_next_node() {
    let vhost = Vhost::create().await;
    let proxies = [Proxy::start(&vhost.uri()).await, Proxy::start(&vhost.uri()).await];
    let stranger = |proxy: &Proxy| format!("amqp://nobody:wrong@{}/{}", proxy.authority(), vhost.name());
    let nodes = ConnectOptions::any_of(proxies.each_ref().map(stranger));
    let error = within("the refusal", Client::connect(nodes)).await.unwrap_err();
    assert!(matches!(error, ConnectError::LoginRefused { .. }), "{error:?}");
    assert_eq!(proxies[0].connections() + proxies[1].connections(), 1);
}

#[tokio::test]
async fn an_ipv6_host_in_brackets_is_not_taken_for_localhost() {
    let (listener, _) = silent().await;
    let port = listener.local_addr().expect("a listener has an address").port();
    let error = within("the refusal", Client::connect(format!("amqp://[::1]:{port}"))).await.unwrap_err();
    match error {
        ConnectError::Unreachable { endpoint, .. } => assert_eq!(endpoint, format!("[::1]:{port}")),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_abandoned_attempt_closes_its_socket() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    proxy.stall(true);
    let options = ConnectOptions::new(proxy.uri()).handshake_timeout(Duration::from_millis(100));
    let error = within("the bound", Client::connect(options)).await.unwrap_err();
    assert!(matches!(error, ConnectError::Timeout { .. }), "{error:?}");
    assert_eq!(proxy.connections(), 1);
    proxy.stall(false);
    await_until("the socket is closed", || async { proxy.open_connections() == 0 }).await;
}
