//! Methods that change their kind, and properties of methods that the other side need not know.

use amqp_rpc::{Server, rpc_service};
use tokio::sync::mpsc;

use crate::{ok, serve};

mod call {
    use super::rpc_service;

    #[rpc_service(name = "shop")]
    pub(super) trait Shop {
        async fn refresh(&self, item: String);
    }
}

mod notify {
    use super::rpc_service;

    #[rpc_service(name = "shop")]
    pub(super) trait Shop {
        #[rpc(notify)]
        async fn refresh(&self, item: String);
    }
}

mod idempotent {
    use super::rpc_service;

    #[rpc_service(name = "shop")]
    pub(super) trait Shop {
        #[rpc(idempotent, timeout = "3s")]
        async fn refresh(&self, item: String);
    }
}

/// Reports what it was asked for.
struct Counter(mpsc::UnboundedSender<String>);

impl call::Shop for Counter {
    async fn refresh(&self, item: String) {
        self.0.send(item).expect("the test waits");
    }
}

impl notify::Shop for Counter {
    async fn refresh(&self, item: String) {
        self.0.send(item).expect("the test waits");
    }
}

impl idempotent::Shop for Counter {
    async fn refresh(&self, item: String) {
        self.0.send(item).expect("the test waits");
    }
}

#[tokio::test]
async fn a_server_that_expects_a_notification_answers_the_calls_of_old_clients() {
    let (sender, mut asked) = mpsc::unbounded_channel();
    let new = serve(Server::new().service(notify::ShopServer::new(Counter(sender)))).await;
    ok(call::ShopClient::new(new.client.clone()).refresh("tea".into()).into_future()).await;
    assert_eq!(asked.recv().await.as_deref(), Some("tea"));
}

#[tokio::test]
async fn a_server_that_expects_a_call_runs_the_notifications_of_new_clients() {
    let (sender, mut asked) = mpsc::unbounded_channel();
    let old = serve(Server::new().service(call::ShopServer::new(Counter(sender)))).await;
    ok(notify::ShopClient::new(old.client.clone()).refresh("tea".into()).into_future()).await;
    assert_eq!(asked.recv().await.as_deref(), Some("tea"));
}

#[tokio::test]
async fn repetition_and_timeouts_are_each_side_s_own() {
    let (sender, mut asked) = mpsc::unbounded_channel();
    let new = serve(Server::new().service(idempotent::ShopServer::new(Counter(sender)))).await;
    ok(call::ShopClient::new(new.client.clone()).refresh("tea".into()).into_future()).await;
    let (other, mut asked_of_old) = mpsc::unbounded_channel();
    let old = serve(Server::new().service(call::ShopServer::new(Counter(other)))).await;
    ok(idempotent::ShopClient::new(old.client.clone()).refresh("tea".into()).into_future()).await;
    assert_eq!(
        (asked.recv().await.as_deref(), asked_of_old.recv().await.as_deref()),
        (Some("tea"), Some("tea"))
    );
}
