//! Trusted and refused certificates of the broker.

use std::{env, process::Stdio};

use amqp_rpc::{
    Client, ConnectOptions,
    connect::Tls,
    error::{CertificateProblem, ConnectError},
};

use super::{TlsBroker, refused};
use crate::support::{
    certificates::{Authority, pem_file},
    within,
};

fn problem(error: ConnectError) -> CertificateProblem {
    match error {
        ConnectError::CertificateRefused { problem, .. } => problem,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_certificate_of_our_authority_is_trusted_by_name_and_by_address() {
    let broker = TlsBroker::start().await;
    for host in ["localhost", "127.0.0.1"] {
        let options = ConnectOptions::new(broker.front.uri_at(host)).tls(broker.trusted());
        within(host, Client::connect(options)).await.unwrap().close().await;
    }
}

#[tokio::test]
async fn a_certificate_of_an_unknown_issuer_is_refused_before_a_password_is_sent() {
    let broker = TlsBroker::start().await;
    let other = Authority::new("somebody else's");
    for tls in [Tls::new().ca_pem(other.pem()), Tls::new().ca_pem(other.pem()).ca_pem(other.pem())] {
        let error = refused(ConnectOptions::new(broker.front.uri()).tls(tls)).await;
        let text = error.to_string();
        assert!(text.contains("ca_file") && !text.contains("guest"), "{text}");
        assert_eq!(problem(error), CertificateProblem::UnknownIssuer);
    }
    // Several authorities can be trusted at once.
    let both = Tls::new().ca_pem(other.pem()).ca_pem(broker.authority.pem());
    within("the client", Client::connect(ConnectOptions::new(broker.front.uri()).tls(both))).await.unwrap();
    let both = Tls::new().ca_pem(format!("{}{}", other.pem(), broker.authority.pem()));
    within("the client", Client::connect(ConnectOptions::new(broker.front.uri()).tls(both))).await.unwrap();
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused_unless_that_name_is_expected() {
    let broker = TlsBroker::with_certificate(|authority| authority.issue(&["rabbit.example"])).await;
    for host in ["localhost", "127.0.0.1"] {
        let options = ConnectOptions::new(broker.front.uri_at(host)).tls(broker.trusted());
        match problem(refused(options).await) {
            CertificateProblem::WrongName(names) => {
                assert!(names.iter().any(|name| name.contains("rabbit.example")), "{names:?}");
            }
            other => panic!("{other:?}"),
        }
    }
    let expected = broker.trusted().server_name("rabbit.example");
    let options = ConnectOptions::new(broker.front.uri()).tls(expected);
    within("the client", Client::connect(options)).await.unwrap();
}

#[tokio::test]
async fn an_expired_or_not_yet_valid_certificate_is_refused() {
    let expired = TlsBroker::with_certificate(|authority| authority.issue_between(2001, 2002)).await;
    assert_eq!(problem(refused(expired.options()).await), CertificateProblem::Expired);
    let early = TlsBroker::with_certificate(|authority| authority.issue_between(2100, 2101)).await;
    assert_eq!(problem(refused(early.options()).await), CertificateProblem::NotValidYet);
}

/// The environment names the system's store, and belongs to a process: this test runs itself in a second
/// process.
#[tokio::test]
async fn the_system_s_authorities_are_trusted_unless_a_custom_one_is_given() {
    const URI: &str = "AMQP_RPC_TEST_TLS_URI";
    if let Ok(uri) = env::var(URI) {
        let client = Client::connect(uri.as_str());
        within("the system to be believed", client).await.unwrap().close().await;
        let other = Authority::new("somebody else's");
        let error = refused(ConnectOptions::new(uri).tls(Tls::new().ca_pem(other.pem()))).await;
        assert_eq!(problem(error), CertificateProblem::UnknownIssuer);
        return;
    }
    let broker = TlsBroker::start().await;
    let store = pem_file("system.pem", broker.authority.pem());
    let this = env::current_exe().expect("the test runs from a file");
    let mut child = tokio::process::Command::new(this);
    child
        .args(["--exact", "tls::trust::the_system_s_authorities_are_trusted_unless_a_custom_one_is_given"])
        .env("SSL_CERT_FILE", &store)
        .env(URI, broker.front.uri())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let output = within("the test in its own process", child.output()).await.expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{output:?}");
    assert_eq!(broker.front.accepted(), 2);
}
