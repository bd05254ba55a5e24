//! The code that docs/tls.md shows, and brokers to run it on.

use std::{error::Error, path::Path};

use amqp_rpc::{
    Client, ConnectOptions, RunningServer, Server,
    connect::{Credentials, Tls},
    error::ConnectError,
};

use super::TlsBroker;
use crate::{
    services::{FibClient, FibServer, Fibonacci},
    support::{
        Vhost,
        certificates::{Authority, pem_file},
        tls_front::TlsFront,
        within,
    },
};

async fn connect(uri: &str, authority: &Path) -> Result<Client, ConnectError> {
    // uri: amqps://orders:secret@rabbit-1/shop
    let options = ConnectOptions::new(uri).tls(Tls::new().ca_file(authority));
    Client::connect(options).await
}

fn as_ourselves(uri: &str, authority: &Path, certificate: &Path, key: &Path) -> ConnectOptions {
    let tls = Tls::new().ca_file(authority).client_certificate_files(certificate, key);
    ConnectOptions::new(uri).tls(tls)
}

async fn serve(uri: &str, token: &str) -> Result<(RunningServer, Credentials), Box<dyn Error>> {
    let credentials = Credentials::new("orders", token);
    let options = ConnectOptions::new(uri).credentials(&credentials);
    let server = Server::new().service(FibServer::new(Fibonacci)).start(options).await?;
    // Keep the credentials, and before the token expires: credentials.update(next_token)
    Ok((server, credentials))
}

#[tokio::test]
async fn the_guides_clients_connect() {
    let broker = TlsBroker::start().await;
    let authority = pem_file("ca.pem", broker.authority.pem());
    within("the client", connect(&broker.front.uri(), &authority)).await.unwrap().close().await;

    let (vhost, authority) = (Vhost::create().await, Authority::new("the shop's"));
    let config = authority.issue_for_loopback().server_for_clients_of(&authority);
    let front = TlsFront::start(&vhost.uri(), config).await;
    let me = authority.issue_for_user("orders");
    let (certificate, key) = (pem_file("me.pem", &me.certificate), pem_file("me.key", &me.key));
    let options = as_ourselves(&front.uri(), &pem_file("ca.pem", authority.pem()), &certificate, &key);
    within("the client", Client::connect(options)).await.unwrap().close().await;
}

#[tokio::test]
async fn the_guides_server_serves_with_every_token() {
    let broker = amqp_rpc_broker::Broker::start().await.expect("the loopback has a free port");
    broker.add_user("orders", "a token");
    let all = amqp_rpc_broker::Permissions::new(".*", ".*", ".*").expect("they are expressions");
    broker.set_permissions("orders", "/", all);
    let (server, credentials) = within("the server", serve(&broker.uri(), "a token")).await.unwrap();
    broker.add_user("orders", "the next token");
    credentials.update("the next token");
    let fib = FibClient::new(within("the client", Client::connect(broker.uri())).await.unwrap());
    assert_eq!(within("the call", fib.compute(30)).await.unwrap(), 832_040);
    within("the drain", server.shutdown()).await.unwrap();
}
