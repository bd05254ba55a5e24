//! Passwords and payloads stay out of logs and errors. A process of its own, because it listens to all that the process logs.

use std::{
    collections::BTreeSet,
    error::Error,
    fmt::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use amqp_rpc::{
    Call, CallError, Client, ConnectError, ConnectOptions, Credentials, Request, Response, Server,
    rpc_service,
};
use amqp_rpc_broker::{
    Broker,
    faults::{Action, Event, Method},
};
use tokio::time::timeout;
use tracing::{
    Subscriber,
    field::{Field, Visit},
    span,
};
use tracing_subscriber::{EnvFilter, Layer, layer::Context, layer::SubscriberExt, registry::LookupSpan};

/// In every password and every payload, and nowhere else.
const MARKER: &str = "lotus-marker";
/// What docs/tls.md and the crate's documentation tell those who log everything.
const RECOMMENDED: &str = "trace,lapin=debug";
const PATIENCE: Duration = Duration::from_secs(20);

#[rpc_service]
trait Diary {
    async fn write(&self, entry: String) -> Result<String, Entry>;
    async fn count(&self, number: u32) -> u32;
}

/// An error with something private in it.
#[derive(Debug, serde::Serialize, serde::Deserialize, thiserror::Error)]
#[error("{0}")]
struct Entry(String);

struct Paper;

impl Diary for Paper {
    async fn write(&self, entry: String) -> Result<String, Entry> {
        if entry.contains("refused") { Err(Entry(entry)) } else { Ok(entry) }
    }

    async fn count(&self, number: u32) -> u32 {
        number
    }
}

/// The same method as somebody else understands it, who sends text for a number.
#[rpc_service(name = "diary")]
trait Misunderstood {
    async fn count(&self, number: String) -> String;
    async fn missing(&self, entry: String);
}

#[rpc_service]
trait Nowhere {
    async fn write(&self, entry: String);
}

/// Where something was logged, and how loudly.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    target: String,
    level: String,
    text: String,
}

/// Notes every line and span that holds the marker.
#[derive(Clone, Default)]
struct Eavesdropper {
    heard: Arc<Mutex<usize>>,
    leaks: Arc<Mutex<BTreeSet<Place>>>,
}

impl Eavesdropper {
    fn hear(&self, metadata: &tracing::Metadata<'_>, values: impl FnOnce(&mut Line)) {
        let mut line = Line(String::new());
        values(&mut line);
        *self.heard.lock().expect("nothing panics while it listens") += 1;
        if line.0.contains(MARKER) || line.0.contains(&format!("{:?}", MARKER.as_bytes())[1..20]) {
            let shown = line.0.chars().take(120).collect();
            self.leaks.lock().expect("nothing panics while it listens").insert(Place {
                target: metadata.target().to_owned(),
                level: metadata.level().to_string(),
                text: shown,
            });
        }
    }

    fn leaks(&self) -> BTreeSet<Place> {
        self.leaks.lock().expect("nothing panics while it listens").clone()
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, "{field}={value:?} ");
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Eavesdropper {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        self.hear(event.metadata(), |line| event.record(line));
    }

    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        self.hear(attributes.metadata(), |line| attributes.record(line));
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            self.hear(span.metadata(), |line| values.record(line));
        }
    }
}

fn secret(what: &str) -> String {
    format!("{MARKER} {what}")
}

/// Everything that can be said with a secret in it. Returns what the errors say, whose text programs log.
async fn tell_secrets() -> Vec<String> {
    let broker = Broker::start().await.expect("the loopback has a free port");
    let password = secret("password").replace(' ', "-");
    broker.add_user("ada", &password);
    let all = amqp_rpc_broker::Permissions::new(".*", ".*", ".*").expect("they are expressions");
    broker.set_permissions("ada", "/", all);
    let uri = broker.uri_as("ada", &password, "/");
    let credentials = Credentials::new("ada", &password);
    let options = ConnectOptions::new(&uri).credentials(&credentials);
    let mut said = vec![format!("{options:?} {credentials:?}")];
    let mut note = |error: &dyn Error| {
        let mut text = format!("{error} {error:?}");
        let mut source = error.source();
        while let Some(cause) = source {
            let _ = write!(text, ": {cause}");
            source = cause.source();
        }
        said.push(text);
    };

    for unusable in [
        uri.replace("ada", "eve"),
        format!("amqp://ada:{MARKER}/x@localhost"),
        format!("amqp://ada:{MARKER}@localhost:port"),
        format!("http://ada:{MARKER}@localhost"),
        format!("{uri}?heartbeat={MARKER}"),
        broker.uri_as("ada", &password, "missing"),
        format!("amqp://ada:{MARKER}@127.0.0.1:1"),
        format!("amqp://ada:{MARKER}@{}?auth_mechanism=external", broker.address()),
        format!("amqps://ada:{MARKER}@{}", broker.address()),
    ] {
        let connected = timeout(PATIENCE, Client::connect(unusable)).await.expect("it ends in time");
        note(&connected.expect_err("it is unusable"));
    }
    broker.accept_then_silence(1);
    let silent = ConnectOptions::new(&uri).handshake_timeout(Duration::from_millis(50));
    let error: ConnectError = Client::connect(silent).await.expect_err("it is silent");
    note(&error);

    let server = Server::new()
        .log_errors()
        .service(DiaryServer::new(Paper))
        .start(options.clone())
        .await
        .expect("it is let in");
    let client = Client::connect(uri.as_str()).await.expect("it is let in");
    let diary = DiaryClient::new(client.clone());
    assert_eq!(diary.write(secret("entry")).await.expect("it is served"), secret("entry"));
    assert!(matches!(diary.write(secret("refused")).await, Err(CallError::Method(_))));
    let misunderstood = MisunderstoodClient::new(client.clone());
    note_failure(&mut note, misunderstood.count(secret("number"))).await;
    note_failure(&mut note, misunderstood.missing(secret("entry"))).await;
    note_failure(&mut note, NowhereClient::new(client.clone()).write(secret("unroutable"))).await;

    // A request that is lost with its connection, and passwords that are taken, and refused.
    let taken = broker.on(Event::from_client(Method::ConnectionUpdateSecret), Action::Pass);
    credentials.update(secret("token"));
    timeout(PATIENCE, taken.until_hits(1)).await.expect("the server's connections are told");
    taken.remove();
    let refusal = Action::CloseConnection(530, "NOT_ALLOWED - refused".into());
    let refused = broker.on(Event::from_client(Method::ConnectionUpdateSecret), refusal);
    credentials.update(secret("refused token"));
    timeout(PATIENCE, refused.until_hits(1)).await.expect("the server's connections are told");
    let lost = broker.on(Event::from_client(Method::BasicPublish), Action::Reset);
    note_failure(&mut note, diary.write(secret("lost"))).await;
    lost.remove();
    let _ = server.shutdown().await;
    client.close().await;
    said
}

async fn note_failure<R: Request>(note: &mut impl FnMut(&dyn Error), call: Call<R>)
where
    <R::Response as Response>::Value: fmt::Debug,
    R::Error: Error + 'static,
{
    let outcome = timeout(PATIENCE, call).await.expect("the call ends in time");
    note(&outcome.expect_err("it cannot work"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passwords_and_payloads_are_in_no_error_and_no_log_line_except_lapin_trace() {
    let everything = Eavesdropper::default();
    let recommended = Eavesdropper::default();
    let filter = EnvFilter::new(RECOMMENDED);
    let subscriber =
        tracing_subscriber::registry().with(everything.clone()).with(recommended.clone().with_filter(filter));
    tracing::subscriber::set_global_default(subscriber).expect("this process has one test");

    for said in tell_secrets().await {
        assert!(!said.contains(MARKER), "{said}");
    }

    let leaks = everything.leaks();
    let unexpected: Vec<_> =
        leaks.iter().filter(|it| it.level != "TRACE" || !it.target.starts_with("lapin")).collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    // Or this test would hear nothing at all.
    let places: BTreeSet<_> = leaks.iter().map(|it| (it.target.as_str(), it.level.as_str())).collect();
    let known = ["lapin::channels", "lapin::internal_rpc", "lapin::io_loop"].map(|target| (target, "TRACE"));
    assert_eq!(places, BTreeSet::from(known), "{leaks:#?}");
    assert!(*recommended.heard.lock().expect("nothing panics while it listens") > 0);
    assert!(recommended.leaks().is_empty(), "{:#?}", recommended.leaks());
}
