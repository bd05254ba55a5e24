//! Events to and from a Python program that uses plain AMQP.

use amqp_rpc::Subscription;

use super::{PricesClient, Received, everything, subscribe};
use crate::{
    services::connect,
    support::{Program, Vhost, within},
};

#[tokio::test]
#[ignore = "needs Python with pika: scripts/test.sh"]
async fn our_subscribers_receive_events_of_a_python_publisher() {
    let vhost = Vhost::create().await;
    let mut seen = Received::new();
    let _group = subscribe(&vhost, seen.by("billing"), everything(Subscription::group("billing"))).await;
    let _listener = subscribe(&vhost, seen.by("screen"), everything(Subscription::listener())).await;
    let published = Program::python("events.py", &["publish", "eu.de", "30"], &vhost.uri()).finish().await;
    assert_eq!(published.stdout_of_success(), "published eu.de 30\n");
    assert_eq!(seen.next(2).await, ["billing: 30 eu.de", "screen: 30 eu.de"]);
}

#[tokio::test]
#[ignore = "needs Python with pika: scripts/test.sh"]
async fn a_python_subscriber_receives_our_events() {
    let vhost = Vhost::create().await;
    let mut python = Program::python("events.py", &["receive", "eu.*"], &vhost.uri());
    assert_eq!(python.line().await, "subscribed");
    let prices = PricesClient::new(connect(&vhost).await);
    prices.changed(1).topic("us.ny").await.unwrap();
    prices.changed(2).topic("eu.fr").await.unwrap();
    let printed = within("the program to end", python.finish()).await.stdout_of_success();
    assert_eq!(printed, "subscribed\nprices.changed eu.fr 2\npersistent None\n");
}
