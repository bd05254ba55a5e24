//! Users that may not declare the queue of reflection.

use amqp_rpc::{RunningServer, Server};

use super::instances;
use crate::{
    services::{FibClient, FibServer, Fibonacci, connect, until_epoch},
    support::{Permissions, Proxy, Vhost, log::Log, recipes::DECLARING_SERVER, within},
};

async fn serve_as(vhost: &mut Vhost, permissions: Permissions<'_>) -> (Proxy, RunningServer) {
    let uri = vhost.add_user("server", "secret", permissions).await;
    let proxy = Proxy::start(&uri).await;
    let server = Server::new().service(FibServer::new(Fibonacci)).start(proxy.uri());
    let server = within("the server", server).await.expect("it may serve");
    (proxy, server)
}

#[tokio::test]
async fn a_server_that_may_not_declare_the_queue_warns_once_and_serves() {
    let log = Log::listen();
    let mut vhost = Vhost::create().await;
    let (proxy, server) = serve_as(&mut vhost, DECLARING_SERVER).await;
    let client = connect(&vhost).await;
    for epoch in 1..=3 {
        until_epoch(&server, epoch).await;
        assert_eq!(within("a call", FibClient::new(client.clone()).compute(10)).await.unwrap(), 55);
        assert!(instances(&client).await.is_empty());
        let described = within("one instance", client.reflection().describe("fib")).await.unwrap();
        assert_eq!(described.methods.len(), 2, "of its own queue it answers");
        proxy.cut();
    }
    let warnings: Vec<_> = log
        .lines()
        .into_iter()
        .filter(|line| line.field("message").contains("queue of reflection"))
        .collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
}
