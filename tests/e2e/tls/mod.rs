//! TLS: which brokers a client trusts, which certificate it presents, and that it never falls back to plain
//! TCP.

mod calling;
mod client_certificates;
mod guide;
mod mismatch;
mod rabbitmq;
mod settings;
mod trust;

use amqp_rpc::{Client, ConnectOptions, connect::Tls, error::ConnectError};

use crate::support::{
    Vhost,
    certificates::{Authority, Certified},
    tls_front::TlsFront,
    within,
};

/// A broker behind a TLS front, with a certificate for the loopback.
struct TlsBroker {
    vhost: Vhost,
    authority: Authority,
    front: TlsFront,
}

impl TlsBroker {
    async fn start() -> Self {
        Self::with_certificate(Authority::issue_for_loopback).await
    }

    async fn with_certificate(issue: impl FnOnce(&Authority) -> Certified) -> Self {
        let (vhost, authority) = (Vhost::create().await, Authority::new("the shop's"));
        let front = TlsFront::start(&vhost.uri(), issue(&authority).server()).await;
        Self { vhost, authority, front }
    }

    /// Options that trust its authority.
    fn options(&self) -> ConnectOptions {
        ConnectOptions::new(self.front.uri()).tls(self.trusted())
    }

    fn trusted(&self) -> Tls {
        Tls::new().ca_pem(self.authority.pem())
    }
}

async fn refused(options: ConnectOptions) -> ConnectError {
    match within("the refusal", Client::connect(options)).await {
        Ok(client) => panic!("{client:?} was let in"),
        Err(error) => error,
    }
}
