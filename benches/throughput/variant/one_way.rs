//! Messages that nobody answers, with this library: each is done when the broker has confirmed it.

use amqp_rpc::{
    Client, ConnectError, QueueOptions, RunningServer, Server, StartError, Subscription, rpc_service,
};

use super::{Caller, Variant};
use crate::{Failure, options::Part};

/// Each variant has its own exchanges and queues of these names, by a namespace.
#[rpc_service(name = "news", exchange = "requests", event_exchange = "events")]
trait News {
    #[rpc(notify)]
    async fn note(&self, n: u64);
    #[rpc(event)]
    async fn changed(&self, n: u64);
}

pub(super) const NOTE: &str = "news.note";
pub(super) const CHANGED: &str = "news.changed";
const GROUP: &str = "readers";

struct Reader;

impl News for Reader {
    async fn note(&self, _: u64) {}

    async fn changed(&self, _: u64) {}
}

/// The queue that the messages of `variant` wait in.
pub(super) fn queue(variant: Variant) -> String {
    let queue = if variant.is_event() { format!("news.events.{GROUP}") } else { "news".into() };
    format!("{}.{queue}", namespace(variant))
}

/// What messages of `variant` are published to.
pub(super) fn exchange(variant: Variant) -> String {
    let exchange = if variant.is_event() { "events" } else { "requests" };
    format!("{}.{exchange}", namespace(variant))
}

fn namespace(variant: Variant) -> String {
    format!("{}.{}", super::EXCHANGE, variant.name())
}

/// Takes the messages of all variants: only who publishes differs.
pub(super) async fn start(part: &Part) -> Result<RunningServer, StartError> {
    let options = QueueOptions::new().without_dead_letters();
    let server = Server::new().namespace(namespace(part.variant)).queue_options(options);
    let server = if part.variant.is_event() {
        server.subscribe(NewsServer::new(Reader), Subscription::group(GROUP).to_all::<NewsChangedRequest>())
    } else {
        server.service(NewsServer::new(Reader))
    };
    server.start(&part.url).await
}

#[derive(Clone)]
pub(super) struct Publisher {
    news: NewsClient,
    is_event: bool,
}

pub(super) async fn connect(part: &Part) -> Result<Publisher, ConnectError> {
    let client = Client::builder().namespace(namespace(part.variant)).connect(&part.url).await?;
    Ok(Publisher { news: NewsClient::new(client), is_event: part.variant.is_event() })
}

impl Caller for Publisher {
    async fn echo(&self, n: u64) -> Result<u64, Failure> {
        let sent = if self.is_event { self.news.changed(n).await } else { self.news.note(n).await };
        sent?;
        Ok(n)
    }
}
