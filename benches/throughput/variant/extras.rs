//! What client and server of this library may be given besides, so that its price can be counted: layers, codecs, limits.

use std::time::Duration;

use amqp_rpc::{
    Answer, CallError, ClientBuilder, Fault, IncomingCall, NoError, OutgoingCall, Reply, Server,
    codec::{Cbor, MessagePack},
    layers::{
        Authorize, CatchPanic, ConcurrencyLimit, LoadShed, Metrics, RateLimit, Timeout, Trace, from_tower,
    },
    middleware::{ClientNext, Next, client_from_fn, from_fn},
};
use tower_layer::Identity;
use tracing_subscriber::{filter::LevelFilter, layer::SubscriberExt};

use super::recorder;

/// `NAME[:TIMES]`. A layer that is there several times tells its price more exactly, by the difference to one.
#[derive(Clone, Debug)]
pub(crate) struct Extra {
    name: String,
    times: usize,
}

/// More than any call takes, and more than there are calls.
const LONG: Duration = Duration::from_secs(60);
const MANY: u32 = 1_000_000;

impl Extra {
    /// What may be added.
    pub(crate) const NAMES: &str = "middleware, trace, trace+subscriber, metrics, metrics+recorder, timeout, concurrency-limit, \
                                    rate-limit, load-shed, authorize, catch-panic, tower, msgpack, cbor, handler-timeout, \
                                    cancel-when-late";

    pub(crate) fn named(text: &str) -> Result<Self, String> {
        let (name, times) = text.split_once(':').unwrap_or((text, "1"));
        if !Self::NAMES.split(", ").any(|known| known.trim() == name) {
            return Err(format!("nothing is called {name:?}; there are: {}", Self::NAMES));
        }
        let times = times.parse().map_err(|_| format!("{times:?} is not a number of times"))?;
        Ok(Self { name: name.to_owned(), times })
    }

    /// Installs what listens to this process's spans or metrics, where that is what is counted.
    fn listen(&self) -> Result<(), crate::Failure> {
        match self.name.as_str() {
            "trace+subscriber" => {
                let spans = tracing_subscriber::registry().with(LevelFilter::INFO);
                Ok(tracing::subscriber::set_global_default(spans)?)
            }
            "metrics+recorder" => recorder::install(),
            _ => Ok(()),
        }
    }

    pub(super) fn add_to_server(&self, server: Server) -> Result<Server, crate::Failure> {
        self.listen()?;
        let add = |server: Server| match self.name.as_str() {
            "middleware" => server.layer(from_fn(pass)),
            "trace" | "trace+subscriber" => server.layer(Trace::new()),
            "metrics" | "metrics+recorder" => server.layer(Metrics::new()),
            "timeout" => server.layer(Timeout::after(LONG)),
            "concurrency-limit" => server.layer(ConcurrencyLimit::per_method(1000)),
            "rate-limit" => server.layer(RateLimit::new(MANY, Duration::from_secs(1))),
            "load-shed" => server.layer(LoadShed::above(1000)),
            "authorize" => server.layer(Authorize::by(|_: &IncomingCall| std::future::ready(true))),
            "catch-panic" => server.layer(CatchPanic::new()),
            "tower" => server.layer(from_tower(Identity::new())),
            "handler-timeout" => server.handler_timeout(LONG),
            "cancel-when-late" => server.cancel_when_late(),
            _ => server,
        };
        Ok((0..self.times).fold(server, |server, _| add(server)))
    }

    pub(super) fn add_to_client(&self, client: ClientBuilder) -> Result<ClientBuilder, crate::Failure> {
        self.listen()?;
        let add = |client: ClientBuilder| match self.name.as_str() {
            "middleware" => client.layer(client_from_fn(pass_out)),
            "trace" | "trace+subscriber" => client.layer(Trace::new()),
            "metrics" | "metrics+recorder" => client.layer(Metrics::new()),
            "tower" => client.layer(from_tower(Identity::new())),
            "msgpack" => client.codec(MessagePack),
            "cbor" => client.codec(Cbor),
            _ => client,
        };
        Ok((0..self.times).fold(client, |client, _| add(client)))
    }
}

/// What any layer costs that does nothing.
async fn pass(call: IncomingCall, next: Next) -> Result<Reply, Fault> {
    next.run(call).await
}

async fn pass_out(call: OutgoingCall, next: ClientNext) -> Result<Answer, CallError<NoError>> {
    next.run(call).await
}
