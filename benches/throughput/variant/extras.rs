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
    what: What,
    times: usize,
}

#[derive(Clone, Copy, Debug)]
enum What {
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
}

const NAMES: [(&str, What); 16] = [
    ("middleware", What::Middleware),
    ("trace", What::Trace),
    ("trace+subscriber", What::TraceAndSubscriber),
    ("metrics", What::Metrics),
    ("metrics+recorder", What::MetricsAndRecorder),
    ("timeout", What::Timeout),
    ("concurrency-limit", What::ConcurrencyLimit),
    ("rate-limit", What::RateLimit),
    ("load-shed", What::LoadShed),
    ("authorize", What::Authorize),
    ("catch-panic", What::CatchPanic),
    ("tower", What::Tower),
    ("msgpack", What::MessagePack),
    ("cbor", What::Cbor),
    ("handler-timeout", What::HandlerTimeout),
    ("cancel-when-late", What::CancelWhenLate),
];

/// More than any call takes, and more than there are calls.
const LONG: Duration = Duration::from_secs(60);
const MANY: u32 = 1_000_000;

impl Extra {
    pub(crate) fn named(text: &str) -> Result<Self, String> {
        let (name, times) = text.split_once(':').unwrap_or((text, "1"));
        let Some(&(_, what)) = NAMES.iter().find(|(known, _)| *known == name) else {
            return Err(format!(
                "nothing is called {name:?}; there are: {}",
                NAMES.map(|(name, _)| name).join(", ")
            ));
        };
        let times = times.parse().map_err(|_| format!("{times:?} is not a number of times"))?;
        Ok(Self { what, times })
    }

    /// Installs what listens to this process's spans or metrics, where that is what is counted.
    fn listen(&self) -> Result<(), crate::Failure> {
        match self.what {
            What::TraceAndSubscriber => {
                let spans = tracing_subscriber::registry().with(LevelFilter::INFO);
                Ok(tracing::subscriber::set_global_default(spans)?)
            }
            What::MetricsAndRecorder => recorder::install(),
            _ => Ok(()),
        }
    }

    pub(super) fn add_to_server(&self, server: Server) -> Result<Server, crate::Failure> {
        self.listen()?;
        let add = |server: Server| match self.what {
            What::Middleware => server.layer(from_fn(pass)),
            What::Trace | What::TraceAndSubscriber => server.layer(Trace::new()),
            What::Metrics | What::MetricsAndRecorder => server.layer(Metrics::new()),
            What::Timeout => server.layer(Timeout::after(LONG)),
            What::ConcurrencyLimit => server.layer(ConcurrencyLimit::per_method(1000)),
            What::RateLimit => server.layer(RateLimit::new(MANY, Duration::from_secs(1))),
            What::LoadShed => server.layer(LoadShed::above(1000)),
            What::Authorize => server.layer(Authorize::by(|_: &IncomingCall| std::future::ready(true))),
            What::CatchPanic => server.layer(CatchPanic::new()),
            What::Tower => server.layer(from_tower(Identity::new())),
            What::HandlerTimeout => server.handler_timeout(LONG),
            What::CancelWhenLate => server.cancel_when_late(),
            // It answers in the client's.
            What::MessagePack | What::Cbor => server,
        };
        Ok((0..self.times).fold(server, |server, _| add(server)))
    }

    pub(super) fn add_to_client(&self, client: ClientBuilder) -> Result<ClientBuilder, crate::Failure> {
        self.listen()?;
        let add = |client: ClientBuilder| match self.what {
            What::Middleware => client.layer(client_from_fn(pass_out)),
            What::Trace | What::TraceAndSubscriber => client.layer(Trace::new()),
            What::Metrics | What::MetricsAndRecorder => client.layer(Metrics::new()),
            What::Tower => client.layer(from_tower(Identity::new())),
            What::MessagePack => client.codec(MessagePack),
            What::Cbor => client.codec(Cbor),
            // Servers alone have these.
            What::Timeout
            | What::ConcurrencyLimit
            | What::RateLimit
            | What::LoadShed
            | What::Authorize
            | What::CatchPanic
            | What::HandlerTimeout
            | What::CancelWhenLate => client,
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
