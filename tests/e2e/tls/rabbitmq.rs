//! TLS of RabbitMQ itself, and its EXTERNAL logins, which the embedded broker does not have.

use std::time::{Duration, Instant};

use amqp_rpc::{
    Client, ConnectOptions, Server,
    connect::Tls,
    error::{CertificateProblem, ConnectError},
};

use super::refused;
use crate::{
    services::{FibClient, FibServer, Fibonacci},
    support::{
        Need,
        certificates::Authority,
        is_left_out_without,
        rabbitmq::{TlsNode, tls_node},
        within,
    },
};

/// One node for all checks: starting one takes seconds.
#[tokio::test]
#[ignore = "needs RabbitMQ: scripts/test.sh"]
async fn on_rabbitmq_tls_and_external_logins_work_as_on_other_brokers() {
    if is_left_out_without(Need::PrivateNodes) {
        return;
    }
    let authority = Authority::new("the shop's");
    let node = tls_node(&authority, &authority.issue_for_loopback()).await;
    node.add_user_without_password("ada").await;
    let trusted = || Tls::new().ca_pem(authority.pem());

    calls_pass(&node, ConnectOptions::new(node.uri("guest:guest@")).tls(trusted())).await;

    // Logging in by certificate, said either way; with the name in the URI it can be stated in requests.
    let ada = authority.issue_for_user("ada");
    let shown = || trusted().client_certificate_pem(&ada.certificate, &ada.key);
    calls_pass(&node, ConnectOptions::new(node.uri("")).tls(shown().external())).await;
    let by_uri = format!("{}?auth_mechanism=external", node.uri("ada@"));
    calls_pass(&node, ConnectOptions::new(&by_uri).tls(shown())).await;
    let stating = Client::builder().send_user_id().connect(ConnectOptions::new(&by_uri).tls(shown()));
    within("the client", stating).await.unwrap().close().await;
    let nameless = ConnectOptions::new(node.uri("")).tls(shown().external());
    let error = within("the refusal", Client::builder().send_user_id().connect(nameless)).await.unwrap_err();
    assert!(matches!(&error, ConnectError::InvalidOption(text) if text.contains("name@host")), "{error:?}");

    // Without a certificate, and with one of an unknown user.
    let without = format!("{}?auth_mechanism=external", node.uri(""));
    let error = refused(ConnectOptions::new(without).tls(trusted())).await;
    assert!(matches!(error, ConnectError::ExternalLoginRefused { .. }), "{error:?}");
    let nobody = authority.issue_for_user("nobody");
    let nobody = trusted().client_certificate_pem(&nobody.certificate, &nobody.key).external();
    let error = refused(ConnectOptions::new(node.uri("")).tls(nobody)).await;
    assert!(matches!(error, ConnectError::ExternalLoginRefused { .. }), "{error:?}");
    let stranger = Authority::new("somebody else's").issue_for_user("ada");
    let stranger = trusted().client_certificate_pem(&stranger.certificate, &stranger.key).external();
    let error = refused(ConnectOptions::new(node.uri("")).tls(stranger)).await;
    // RabbitMQ's alert gets lost when it closes the connection before it has read our data.
    let is_told =
        matches!(error, ConnectError::ClientCertificateRefused { .. } | ConnectError::TlsHandshake { .. });
    assert!(is_told && error.to_string().contains("client certificate"), "{error:?}");

    // Untrusted certificates, and mismatched ports.
    let other = Tls::new().ca_pem(Authority::new("somebody else's").pem());
    let error = refused(ConnectOptions::new(node.uri("")).tls(other)).await;
    let unknown = CertificateProblem::UnknownIssuer;
    assert!(
        matches!(&error, ConnectError::CertificateRefused { problem, .. } if *problem == unknown),
        "{error:?}"
    );
    let began = Instant::now();
    let error = refused(ConnectOptions::new(node.plain_uri())).await;
    assert!(matches!(error, ConnectError::TlsExpected { .. }), "{error:?}");
    let plain = node.node().uri().to_string().replacen("amqp://", "amqps://", 1);
    let error = refused(ConnectOptions::new(plain).tls(trusted())).await;
    assert!(matches!(error, ConnectError::NotTls { .. }), "{error:?}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

async fn calls_pass(node: &TlsNode, options: ConnectOptions) {
    let server = Server::new().service(FibServer::new(Fibonacci)).start(options.clone());
    let server = within("the server", server).await.expect("it is let in");
    let client = within("the client", Client::connect(options)).await.expect("it is let in");
    let encrypted =
        "length([P || P <- rabbit_networking:connections(), rabbit_reader:info(P, [ssl]) =:= [{ssl, true}]])";
    let encrypted: usize = node.node().eval(encrypted).await.parse().expect("it counts in integers");
    assert!(encrypted >= 2, "{encrypted} connections are encrypted");
    let answer = within("the call", FibClient::new(client.clone()).compute(30)).await;
    assert_eq!(answer.expect("it is served"), 832_040);
    client.close().await;
    within("the drain", server.shutdown()).await.expect("it ends in order");
}
