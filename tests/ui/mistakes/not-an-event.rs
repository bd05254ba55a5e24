//! A call has no topic, and a notification has no subscribers.

use amqp_rpc::{Client, contract::Event, rpc_service};

#[rpc_service]
trait Mail {
    async fn count(&self) -> u64;
    #[rpc(notify)]
    async fn send(&self, to: String);
    #[rpc(event)]
    async fn sent(&self, to: String);
}

fn subscribed<E: Event>() {}

fn main() {
    subscribed::<MailSent>();
    subscribed::<MailSendRequest>();
    let wrong = |client: Client| MailClient::new(client).count().topic("eu");
}
