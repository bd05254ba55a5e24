//! Mismatches: TLS to a plain port, plain TCP to a TLS port, and TLS options without `amqps://`.

use std::time::{Duration, Instant};

use amqp_rpc::{
    Client, ConnectOptions,
    connect::{Credentials, Tls},
    error::ConnectError,
};
use tokio::net::TcpListener;

use super::{TlsBroker, refused};
use crate::support::{Proxy, Vhost, certificates::Authority, proxy::Toward, within};

/// A bound far below every timeout.
const QUICKLY: Duration = Duration::from_secs(3);

#[tokio::test]
async fn amqps_to_a_port_without_tls_is_refused_and_no_password_is_sent() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let began = Instant::now();
    let uri = proxy.uri().replacen("amqp://", "amqps://", 1);
    let tls = Tls::new().ca_pem(Authority::new("anybody's").pem());
    let error = refused(ConnectOptions::new(uri).tls(tls)).await;
    assert!(matches!(error, ConnectError::NotTls { .. }), "{error:?}");
    assert!(began.elapsed() < QUICKLY, "{:?}", began.elapsed());
    // The broker answered with its protocol header, and got no AMQP frame.
    assert!(proxy.methods(Toward::Broker).is_empty());
    assert_eq!(proxy.connections(), 1, "it was not tried again in clear");
}

#[tokio::test]
async fn amqp_to_a_port_with_tls_is_refused() {
    let broker = TlsBroker::start().await;
    let began = Instant::now();
    let error = refused(ConnectOptions::new(broker.front.plain_uri())).await;
    assert!(matches!(error, ConnectError::TlsExpected { .. }), "{error:?}");
    assert!(began.elapsed() < QUICKLY, "{:?}", began.elapsed());
    assert_eq!(broker.front.accepted(), 1);
}

#[tokio::test]
async fn a_peer_that_closes_during_the_tls_handshake_differs_from_a_missing_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("the loopback has a free port");
    let uri = format!("amqps://{}", listener.local_addr().expect("a listener has an address"));
    let hanging_up = tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let _ = socket.readable().await;
        }
    });
    let options = ConnectOptions::new(uri).tls(Tls::new().ca_pem(TlsBroker::start().await.authority.pem()));
    let error = refused(options.clone()).await;
    assert!(matches!(error, ConnectError::TlsHandshake { .. }), "{error:?}");
    hanging_up.abort();
    let _ = hanging_up.await;
    let error = refused(options).await;
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn tls_options_on_a_plain_uri_are_an_error() {
    let broker = TlsBroker::start().await;
    let nodes = ConnectOptions::any_of([broker.front.uri(), broker.vhost.uri()]).tls(broker.trusted());
    let error = refused(nodes).await;
    assert!(matches!(&error, ConnectError::InvalidOption(text) if text.contains("amqps://")), "{error:?}");
    assert_eq!(broker.front.accepted(), 0);
    // Each URI decides for its own node.
    let nodes = ConnectOptions::any_of([broker.vhost.uri(), broker.vhost.uri().replace("amqp:", "AMQP:")]);
    within("the client", Client::connect(nodes)).await.unwrap();
}

#[tokio::test]
async fn an_external_login_needs_a_certificate_and_no_password() {
    let broker = TlsBroker::start().await;
    let error = refused(ConnectOptions::new(broker.front.uri()).tls(broker.trusted().external())).await;
    assert!(matches!(error, ConnectError::InvalidOption(_)), "{error:?}");

    let me = broker.authority.issue_for_user("ada");
    let tls = broker.trusted().client_certificate_pem(&me.certificate, &me.key).external();
    let options = ConnectOptions::new(broker.front.uri()).tls(tls);
    let error = refused(options.clone().credentials(&Credentials::new("ada", "marker"))).await;
    assert!(matches!(error, ConnectError::InvalidOption(_)), "{error:?}");
    assert!(!error.to_string().contains("marker"), "{error}");
    assert_eq!(broker.front.accepted(), 0);

    // Neither the embedded broker nor RabbitMQ without its plugin offers EXTERNAL.
    let error = refused(options).await;
    let is_refusal = matches!(error, ConnectError::ExternalLoginRefused { .. } | ConnectError::Broken { .. });
    assert!(is_refusal, "{error:?}");
}
