//! Durability of subscriptions and events across lost connections, stopped members and broker crashes.

use amqp_rpc::{Server, Subscription};

use super::{PricesClient, Received, everything, subscribe};
use crate::{
    services::{connect, until_epoch},
    support::{Need, PrivateNode, Proxy, Vhost, await_until, is_left_out_without, within},
};

fn listener_queues(queues: &[String]) -> Vec<String> {
    queues.iter().filter(|queue| queue.starts_with("amqp-rpc.events.")).cloned().collect()
}

#[tokio::test]
async fn a_group_receives_events_that_were_published_while_no_member_ran() {
    let vhost = Vhost::create().await;
    let mut seen = Received::new();
    let group = || everything(Subscription::group("billing"));
    let prices = PricesClient::new(connect(&vhost).await);
    prices.changed(1).await.expect("that nobody subscribes is no error");
    subscribe(&vhost, seen.by("first"), group()).await.shutdown().await.unwrap();
    for price in [2, 3] {
        prices.changed(price).await.unwrap();
    }
    let _second = subscribe(&vhost, seen.by("second"), group()).await;
    assert_eq!(seen.next(2).await, ["second: 2 -", "second: 3 -"]);
}

#[tokio::test]
async fn subscriptions_survive_lost_connections_and_each_listener_gets_a_new_queue() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let mut seen = Received::new();
    let server = Server::new()
        .subscribe(seen.by("billing"), everything(Subscription::group("billing")))
        .subscribe(seen.by("screen"), everything(Subscription::listener()));
    let server = within("the server", server.start(proxy.uri())).await.unwrap();
    let prices = PricesClient::new(connect(&vhost).await);
    let mut queues = Vec::new();
    for epoch in 1..4 {
        prices.changed(epoch).await.unwrap();
        assert_eq!(seen.next(2).await, [format!("billing: {epoch} -"), format!("screen: {epoch} -")]);
        await_until("one queue is left of the listener", || async {
            listener_queues(&vhost.queues().await).len() == 1
        })
        .await;
        let now = listener_queues(&vhost.queues().await);
        assert!(!queues.contains(&now), "{now:?}");
        queues.push(now);
        // An event may be redelivered until its acknowledgement is written.
        for queue in vhost.queues().await.iter().filter(|queue| queue.contains(".events.")) {
            await_until("all is settled", || async { vhost.existing_queue(queue).await.is_settled() }).await;
        }
        proxy.cut();
        until_epoch(&server, epoch + 1).await;
    }
    assert!(within("the shutdown", server.shutdown()).await.unwrap().is_clean());
    await_until("it goes with its server", || async { listener_queues(&vhost.queues().await).is_empty() })
        .await;
}

#[tokio::test]
async fn deleted_queues_are_declared_again_with_their_bindings() {
    let vhost = Vhost::create().await;
    let mut seen = Received::new();
    let server = Server::new()
        .subscribe(seen.by("billing"), everything(Subscription::group("billing")))
        .subscribe(seen.by("screen"), everything(Subscription::listener()));
    let server = crate::services::start(server, &vhost).await;
    let listener = listener_queues(&vhost.queues().await).pop().unwrap();
    for queue in ["prices.events.billing", &listener] {
        vhost.delete_queue(queue).await;
        await_until("it is consumed again", || async {
            vhost.queue(queue).await.is_some_and(|queue| queue.consumers == 1)
        })
        .await;
    }
    PricesClient::new(connect(&vhost).await).changed(1).await.unwrap();
    assert_eq!(seen.next(2).await, ["billing: 1 -", "screen: 1 -"]);
    assert_eq!(server.state().epoch(), Some(1));
}

#[tokio::test]
#[ignore = "needs RabbitMQ: scripts/test.sh"]
async fn on_rabbitmq_events_of_a_durable_group_survive_a_broker_that_is_killed() {
    if is_left_out_without(Need::PrivateNodes) {
        return;
    }
    let node = PrivateNode::start().await;
    let vhost = node.vhost().await;
    let mut seen = Received::new();
    let group = || everything(Subscription::group("billing"));
    let server = subscribe(&vhost, seen.by("billing"), group()).await;
    let client = connect(&vhost).await;
    let prices = PricesClient::new(client.clone());
    prices.changed(1).await.unwrap();
    assert_eq!(seen.next(1).await, ["billing: 1 -"]);
    server.shutdown().await.unwrap();
    for price in [2, 3] {
        prices.changed(price).topic("eu").await.unwrap();
    }
    node.kill_9().await;
    node.start_again().await;
    let server = subscribe(&vhost, seen.by("billing"), group()).await;
    assert_eq!(seen.next(2).await, ["billing: 2 eu", "billing: 3 eu"]);
    node.kill_9().await;
    node.start_again().await;
    until_epoch(&server, 2).await;
    within("the client", client.wait_ready(std::time::Duration::from_secs(20))).await.unwrap();
    prices.changed(4).await.unwrap();
    prices.closed().await.unwrap();
    // Recently acknowledged events may be redelivered: the broker writes acknowledgements to disk with a
    // delay.
    let received = seen.until_closed("-").await;
    assert!(received.contains(&"4 -".to_owned()), "{received:?}");
}
