//! Layers, codecs, limits and dialects that can be added to this library's client and server, to count their cost.

mod dialect;
mod recorder;

use std::time::Duration;

use amqp_rpc::{
    CallError, Fault, Server,
    client::ClientBuilder,
    codec::{Cbor, MessagePack},
    contract::{NoError, Service},
    dialects::Kanin,
    idempotency::MemoryStore,
    layers::{
        Authorize, CatchPanic, ConcurrencyLimit, LoadShed, Metrics, RateLimit, Timeout, Trace, from_tower,
    },
    middleware::{ClientNext, IncomingCall, Next, OutgoingCall, Reply, client_from_fn, from_fn},
    secrets::Keyring,
};
use tower_layer::Identity;
use tracing_subscriber::{filter::LevelFilter, layer::SubscriberExt};

use self::dialect::Dialect;

/// `NAME[:TIMES]`. A layer that is there several times shows its cost more exactly.
#[derive(Clone, Debug)]
pub(crate) struct Extra {
    kind: Kind,
    times: usize,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Middleware,
    Trace,
    TraceAndSubscriber,
    Metrics,
    MetricsAndRecorder,
    Timeout,
    ConcurrencyLimit,
    RateLimit,
    LoadShed,
    Authorize,
    CatchPanic,
    Tower,
    MessagePack,
    Cbor,
    HandlerTimeout,
    CancelWhenLate,
    Keyring,
    Deduplicate,
    /// The dialect whose methods take bytes, and no numbers.
    Kanin,
    Dialect(Dialect),
}

const NAMES: [(&str, Kind); 27] = [
    ("middleware", Kind::Middleware),
    ("trace", Kind::Trace),
    ("trace+subscriber", Kind::TraceAndSubscriber),
    ("metrics", Kind::Metrics),
    ("metrics+recorder", Kind::MetricsAndRecorder),
    ("timeout", Kind::Timeout),
    ("concurrency-limit", Kind::ConcurrencyLimit),
    ("rate-limit", Kind::RateLimit),
    ("load-shed", Kind::LoadShed),
    ("authorize", Kind::Authorize),
    ("catch-panic", Kind::CatchPanic),
    ("tower", Kind::Tower),
    ("msgpack", Kind::MessagePack),
    ("cbor", Kind::Cbor),
    ("handler-timeout", Kind::HandlerTimeout),
    ("cancel-when-late", Kind::CancelWhenLate),
    ("keyring", Kind::Keyring),
    ("deduplicate", Kind::Deduplicate),
    ("aio-pika", Kind::Dialect(Dialect::AioPika)),
    ("celery", Kind::Dialect(Dialect::Celery)),
    ("cyberfusion", Kind::Dialect(Dialect::Cyberfusion)),
    ("faststream", Kind::Dialect(Dialect::FastStream)),
    ("golevelup", Kind::Dialect(Dialect::Golevelup)),
    ("kanin", Kind::Kanin),
    ("nameko", Kind::Dialect(Dialect::Nameko)),
    ("nestjs", Kind::Dialect(Dialect::NestJs)),
    ("tutorial", Kind::Dialect(Dialect::Tutorial)),
];

/// More than any call takes, and more than there are calls.
const LONG: Duration = Duration::from_secs(60);
const MANY: u32 = 1_000_000;

impl Extra {
    pub(crate) fn named(text: &str) -> Result<Self, String> {
        let (name, times) = text.split_once(':').unwrap_or((text, "1"));
        let Some(&(_, kind)) = NAMES.iter().find(|(known, _)| *known == name) else {
            return Err(format!(
                "nothing is called {name:?}; there are: {}",
                NAMES.map(|(name, _)| name).join(", ")
            ));
        };
        let times = times.parse().map_err(|_| format!("{times:?} is not a number of times"))?;
        Ok(Self { kind, times })
    }

    /// Whether the calls are those of a deduplicated method.
    pub(super) fn is_deduplicated(&self) -> bool {
        matches!(self.kind, Kind::Deduplicate)
    }

    /// Whether the calls are those of a method of bytes.
    pub(super) fn is_of_bytes(&self) -> bool {
        matches!(self.kind, Kind::Kanin)
    }

    /// Serves the service in the dialect as well, if the extra is one.
    pub(super) fn serve_in_dialect<S: Service>(&self, server: Server, service: impl FnOnce() -> S) -> Server {
        match self.kind {
            Kind::Dialect(dialect) => dialect.add_to_server(server, service()),
            _ => server,
        }
    }

    /// Installs the subscriber or recorder that the extra names.
    fn listen(&self) -> Result<(), crate::Failure> {
        match self.kind {
            Kind::TraceAndSubscriber => {
                let spans = tracing_subscriber::registry().with(LevelFilter::INFO);
                Ok(tracing::subscriber::set_global_default(spans)?)
            }
            Kind::MetricsAndRecorder => recorder::install(),
            _ => Ok(()),
        }
    }

    pub(super) fn add_to_server(&self, server: Server) -> Result<Server, crate::Failure> {
        self.listen()?;
        let add = |server: Server| match self.kind {
            Kind::Middleware => server.layer(from_fn(pass)),
            Kind::Trace | Kind::TraceAndSubscriber => server.layer(Trace::new()),
            Kind::Metrics | Kind::MetricsAndRecorder => server.layer(Metrics::new()),
            Kind::Timeout => server.layer(Timeout::after(LONG)),
            Kind::ConcurrencyLimit => server.layer(ConcurrencyLimit::per_method(1000)),
            Kind::RateLimit => server.layer(RateLimit::new(MANY, Duration::from_secs(1))),
            Kind::LoadShed => server.layer(LoadShed::above(1000)),
            Kind::Authorize => server.layer(Authorize::by(|_: &IncomingCall| std::future::ready(true))),
            Kind::CatchPanic => server.layer(CatchPanic::new()),
            Kind::Tower => server.layer(from_tower(Identity::new())),
            Kind::HandlerTimeout => server.handler_timeout(LONG),
            Kind::CancelWhenLate => server.cancel_when_late(),
            Kind::Keyring => server.keyring(keyring()),
            Kind::Deduplicate => server.idempotency_store(MemoryStore::new()),
            // It answers in the client's.
            Kind::MessagePack | Kind::Cbor => server,
            // They are added with their services.
            Kind::Kanin | Kind::Dialect(_) => server,
        };
        Ok((0..self.times).fold(server, |server, _| add(server)))
    }

    pub(super) fn add_to_client(&self, client: ClientBuilder) -> Result<ClientBuilder, crate::Failure> {
        self.listen()?;
        let add = |client: ClientBuilder| match self.kind {
            Kind::Middleware => client.layer(client_from_fn(pass_out)),
            Kind::Trace | Kind::TraceAndSubscriber => client.layer(Trace::new()),
            Kind::Metrics | Kind::MetricsAndRecorder => client.layer(Metrics::new()),
            Kind::Tower => client.layer(from_tower(Identity::new())),
            Kind::MessagePack => client.codec(MessagePack),
            Kind::Cbor => client.codec(Cbor),
            Kind::Keyring => client.keyring(keyring()),
            Kind::Kanin => client.dialect(Kanin::new()),
            Kind::Dialect(dialect) => dialect.add_to_client(client),
            // Its calls are those of another method.
            Kind::Deduplicate => client,
            // Servers alone have these.
            Kind::Timeout
            | Kind::ConcurrencyLimit
            | Kind::RateLimit
            | Kind::LoadShed
            | Kind::Authorize
            | Kind::CatchPanic
            | Kind::HandlerTimeout
            | Kind::CancelWhenLate => client,
        };
        Ok((0..self.times).fold(client, |client, _| add(client)))
    }
}

/// Keys that the contract has no use for: the cost of a call without secrets.
fn keyring() -> Keyring {
    Keyring::new(&Keyring::generate_key()).expect("it is a key")
}

/// A layer that does nothing: the cost of any layer.
async fn pass(call: IncomingCall, next: Next) -> Result<Reply, Fault> {
    next.run(call).await
}

async fn pass_out(call: OutgoingCall, next: ClientNext) -> Result<Reply, CallError<NoError>> {
    next.run(call).await
}
