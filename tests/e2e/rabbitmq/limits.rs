//! Limits on connections and queues that are reached for a moment.

use std::time::Duration;

use amqp_rpc::{
    Client, ConnectOptions, Server,
    error::{ConnectError, StartError},
};

use crate::{
    services::{FibServer, Fibonacci, serve_fib},
    support::{Need, Vhost, is_left_out_without, rabbitmq::Node, within},
};

#[tokio::test]
#[ignore = "needs RabbitMQ: scripts/test.sh"]
async fn limits_are_told_and_waited_for_until_there_is_room() {
    if is_left_out_without(Need::ErlCall) {
        return;
    }
    let vhost = Vhost::create().await;
    let node = Node::of_this_run();
    let waiting = || ConnectOptions::new(vhost.uri()).wait_for_broker(Duration::from_secs(600));
    let fib = || Server::new().service(FibServer::new(Fibonacci));

    let old = serve_fib(&vhost).await;
    node.limit_vhost(vhost.name(), "max-connections", 1).await;
    let error = within("the refusal", Client::connect(vhost.uri())).await.unwrap_err();
    assert!(matches!(&error, ConnectError::LimitReached { .. }), "{error:?}");
    let next = tokio::spawn(fib().start(waiting()));
    within("the shutdown", old.shutdown()).await.unwrap();
    let next = within("the next server", next).await.unwrap().unwrap();
    within("the shutdown", next.shutdown()).await.unwrap();

    vhost.delete_queue("fib").await;
    vhost.delete_queue("fib.dead").await;
    node.limit_vhost(vhost.name(), "max-queues", 0).await;
    let error = within("the refusal", fib().start(vhost.uri())).await.map(drop).unwrap_err();
    assert!(matches!(&error, StartError::LimitReached { .. }), "{error:?}");
    let server = tokio::spawn(fib().start(waiting()));
    node.limit_vhost(vhost.name(), "max-queues", 10).await;
    let _server = within("the server", server).await.unwrap().unwrap();
}
