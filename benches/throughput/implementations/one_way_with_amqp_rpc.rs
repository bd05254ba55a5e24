//! One-way messages with this library: each counts when the broker has confirmed it.

use amqp_rpc::{
    Client, RunningServer, Server, Subscription,
    error::{ConnectError, StartError},
    rpc_service,
    server::QueueOptions,
};
use amqp_rpc_bench_harness::Caller;

use crate::{Failure, role::Role, variant::GROUP};

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

struct Reader;

impl News for Reader {
    async fn note(&self, _: u64) {}

    async fn changed(&self, _: u64) {}
}

/// The server for the messages of all variants; only their publishers differ.
pub(super) async fn start(role: &Role) -> Result<RunningServer, StartError> {
    let options = QueueOptions::new().without_dead_letters();
    let server = Server::new().namespace(role.variant.namespace()).queue_options(options);
    let server = if role.variant.is_event() {
        server.subscribe(NewsServer::new(Reader), Subscription::group(GROUP).to_all::<NewsChanged>())
    } else {
        server.service(NewsServer::new(Reader))
    };
    server.start(&role.url).await
}

#[derive(Clone)]
pub(super) struct Publisher {
    news: NewsClient,
    is_event: bool,
}

pub(super) async fn connect(role: &Role) -> Result<Publisher, ConnectError> {
    let client = Client::builder().namespace(role.variant.namespace()).connect(&role.url).await?;
    Ok(Publisher { news: NewsClient::new(client), is_event: role.variant.is_event() })
}

impl Caller for Publisher {
    async fn echo(&self, n: u64) -> Result<u64, Failure> {
        let sent = if self.is_event { self.news.changed(n).await } else { self.news.note(n).await };
        sent?;
        Ok(n)
    }
}
