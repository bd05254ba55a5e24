//! Instances change: services are added and removed, connections are lost.

use amqp_rpc::{
    Server,
    middleware::{IncomingCall, Reply},
    server::RawMethod,
};

use super::{instances, services};
use crate::{
    services::{FibServer, Fibonacci, GateServer, Gatekeeper, connect, start, until_epoch},
    support::{Proxy, Vhost, await_until, within},
};

#[tokio::test]
async fn services_are_listed_from_their_addition_until_their_removal() {
    let vhost = Vhost::create().await;
    let server = start(Server::new().service(FibServer::new(Fibonacci)), &vhost).await;
    let client = connect(&vhost).await;
    let reflection = client.reflection();
    assert!(within("before", reflection.ping("gate")).await.unwrap().is_empty());

    within("the addition", server.add(GateServer::new(Gatekeeper::closed()))).await.unwrap();
    let found = within("gate", reflection.ping("gate")).await.unwrap();
    assert_eq!(found.iter().map(services).collect::<Vec<_>>(), [["gate"]]);
    assert_eq!(within("its methods", reflection.describe("gate")).await.unwrap().methods.len(), 5);
    assert_eq!(vhost.reflection_queues().await.len(), 1);

    within("the removal", server.remove("gate")).await.unwrap();
    assert!(within("after", reflection.ping("gate")).await.unwrap().is_empty());
    let found = instances(&client).await;
    assert_eq!(found.iter().map(services).collect::<Vec<_>>(), [["fib"]]);
}

#[tokio::test]
async fn a_server_is_listed_from_its_first_service_on_a_named_exchange_to_its_last() {
    let vhost = Vhost::create().await;
    let method = RawMethod::new("tutorial.fib").exchange("").queue("rpc_queue");
    let server = Server::new().raw(method, |_: IncomingCall| async { Reply::json(&1) });
    let server = start(server, &vhost).await;
    // Each time by another client: for half a second one remembers that there is no exchange.
    assert!(instances(&connect(&vhost).await).await.is_empty());
    within("the addition", server.add(FibServer::new(Fibonacci))).await.unwrap();
    let client = connect(&vhost).await;
    assert_eq!(services(&instances(&client).await[0]), ["fib", "tutorial"]);
    assert_eq!(server.queues(), ["fib", "rpc_queue"], "the server's own");
    within("the removal", server.remove("fib")).await.unwrap();
    await_until("its queue is gone", || async { vhost.reflection_queues().await.is_empty() }).await;
    assert!(instances(&client).await.is_empty());
}

#[tokio::test]
async fn an_instance_is_the_same_on_its_next_connection() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let server = Server::new().service(FibServer::new(Fibonacci));
    let server = within("the server", server.start(proxy.uri())).await.unwrap();
    let client = connect(&vhost).await;
    let before = instances(&client).await;
    proxy.cut();
    until_epoch(&server, 2).await;
    // The broker may not have noticed yet that the first connection is gone.
    await_until("one instance", || async { vhost.reflection_queues().await.len() == 1 }).await;
    let after = instances(&client).await;
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_eq!(before[0].id, after[0].id);
    assert!(after[0].uptime >= before[0].uptime, "it has not started again");
    server.shutdown().await.unwrap();
    await_until("its queue is gone", || async { vhost.reflection_queues().await.is_empty() }).await;
}
