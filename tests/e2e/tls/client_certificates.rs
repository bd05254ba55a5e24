//! Client certificates, and EXTERNAL logins.

use amqp_rpc::{Client, ConnectOptions, error::ConnectError};

use super::{TlsBroker, refused};
use crate::support::{Vhost, certificates::Authority, tls_front::TlsFront, within};

async fn broker_with_mutual_tls() -> TlsBroker {
    let (vhost, authority) = (Vhost::create().await, Authority::new("the shop's"));
    let config = authority.issue_for_loopback().server_for_clients_of(&authority);
    let front = TlsFront::start(&vhost.uri(), config).await;
    TlsBroker { vhost, authority, front }
}

#[tokio::test]
async fn a_broker_that_requires_a_client_certificate_gets_it() {
    let broker = broker_with_mutual_tls().await;
    let me = broker.authority.issue_for_user("ada");
    let tls = broker.trusted().client_certificate_pem(&me.certificate, &me.key);
    let options = ConnectOptions::new(broker.front.uri()).tls(tls);
    within("the client", Client::connect(options)).await.unwrap().close().await;
}

#[tokio::test]
async fn a_broker_refuses_clients_without_or_with_an_unknown_certificate() {
    let broker = broker_with_mutual_tls().await;
    let stranger = Authority::new("somebody else's").issue_for_user("ada");
    let strange = broker.trusted().client_certificate_pem(&stranger.certificate, &stranger.key);
    for tls in [broker.trusted(), strange] {
        let error = refused(ConnectOptions::new(broker.front.uri()).tls(tls)).await;
        assert!(matches!(error, ConnectError::ClientCertificateRefused { .. }), "{error:?}");
        assert!(error.to_string().contains("client_certificate_files"), "{error}");
    }
}

#[tokio::test]
async fn a_broker_that_requires_no_client_certificate_accepts_clients_with_one() {
    let broker = TlsBroker::start().await;
    let me = broker.authority.issue_for_user("ada");
    let tls = broker.trusted().client_certificate_pem(&me.certificate, &me.key);
    within("the client", Client::connect(ConnectOptions::new(broker.front.uri()).tls(tls))).await.unwrap();
}
