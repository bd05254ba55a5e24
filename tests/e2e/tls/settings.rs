//! Settings of TLS: missing or invalid files and PEM, and renewed files.

use std::fs;

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

async fn complaint(broker: &TlsBroker, tls: Tls) -> String {
    match refused(ConnectOptions::new(broker.front.uri()).tls(tls)).await {
        ConnectError::InvalidOption(text) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_missing_or_invalid_file_is_an_error_before_any_connection() {
    let broker = TlsBroker::start().await;
    let me = broker.authority.issue_for_user("ada");
    let other = broker.authority.issue_for_user("bob");
    let cut: String = me.certificate.lines().take(4).collect::<Vec<_>>().join("\n");
    let not_one = "-----BEGIN CERTIFICATE-----\nbWFya2Vy\n-----END CERTIFICATE-----\n";
    let encrypted = me.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let trusted = || broker.trusted();
    let wrong = [
        ("authority in /missing/ca.pem cannot be read", Tls::new().ca_file("/missing/ca.pem")),
        ("authority holds no PEM", Tls::new().ca_pem("marker")),
        ("authority holds no PEM", Tls::new().ca_pem("")),
        ("authority holds no PEM", trusted().ca_pem(&me.key)),
        ("authority holds broken PEM", Tls::new().ca_pem(&cut)),
        ("authority: ", Tls::new().ca_pem(not_one)),
        ("certificate in /missing/me.pem cannot", trusted().client_certificate_files("/missing/me.pem", "k")),
        ("certificate holds no PEM", trusted().client_certificate_pem("marker", &me.key)),
        ("certificate holds broken PEM", trusted().client_certificate_pem(&cut, &me.key)),
        ("no PEM of an unencrypted private key", trusted().client_certificate_pem(&me.certificate, "marker")),
        (
            "no PEM of an unencrypted private key",
            trusted().client_certificate_pem(&me.certificate, encrypted),
        ),
        ("certificate with its key", trusted().client_certificate_pem(&me.certificate, &other.key)),
        ("`not a name`", trusted().server_name("not a name")),
    ];
    for (expected, tls) in wrong {
        let text = complaint(&broker, tls).await;
        assert!(text.contains(expected) && !text.contains("marker"), "{expected}: {text}");
    }
    let error = refused(ConnectOptions::new("amqps://a..b").tls(trusted())).await;
    assert!(matches!(&error, ConnectError::InvalidOption(text) if text.contains("a..b")), "{error:?}");
    assert_eq!(broker.front.accepted(), 0);
}

#[tokio::test]
async fn renewed_files_are_used_from_the_next_connection_on() {
    let broker = TlsBroker::start().await;
    let me = broker.authority.issue_for_user("ada");
    let (authority, certificate) =
        (pem_file("ca.pem", Authority::new("old").pem()), pem_file("me.pem", &me.certificate));
    let key = pem_file("me.key", &me.key);
    let tls = Tls::new().ca_file(&authority).client_certificate_files(certificate, key);
    let options = ConnectOptions::new(broker.front.uri()).tls(tls);
    let error = refused(options.clone()).await;
    let unknown = CertificateProblem::UnknownIssuer;
    assert!(matches!(error, ConnectError::CertificateRefused { problem, .. } if problem == unknown));

    fs::write(authority, broker.authority.pem()).expect("it is our file");
    within("the client", Client::connect(options)).await.unwrap();
}

#[test]
fn a_private_key_is_never_shown() {
    let tls = Tls::new().ca_pem("marker").client_certificate_pem("marker", "marker").server_name("rabbit");
    let options = ConnectOptions::new("amqps://u:marker@rabbit").tls(tls.clone());
    let shown = format!("{tls:?} {options:?}");
    assert!(shown.contains("rabbit") && !shown.contains("marker"), "{shown}");
    assert!(!shown.contains(&format!("{:?}", b"marker")), "{shown}");
}
