//! Passwords and payloads stay out of logs and errors. A separate program, because it records all that its
//! process logs.

use std::{
    collections::BTreeSet,
    error::Error,
    fmt::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use amqp_rpc::{
    Call, CallError, Client, ConnectOptions, Server,
    connect::Credentials,
    contract::{Request, Response},
    error::ConnectError,
    rpc_service,
};
use amqp_rpc_broker::{
    Broker,
    faults::{Action, Matcher, Method, Rule},
};
use tokio::time::timeout;
use tracing::{
    Subscriber,
    field::{Field, Visit},
    span,
};
use tracing_subscriber::{EnvFilter, Layer, layer::Context, layer::SubscriberExt, registry::LookupSpan};

/// A text in every password and every payload, and nowhere else.
const MARKER: &str = "lotus-marker";
/// The filter that docs/tls.md and the crate's documentation recommend.
const RECOMMENDED: &str = "trace,lapin=debug";
const TIMEOUT: Duration = Duration::from_secs(20);

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

/// The same method with another parameter type: text for a number.
#[rpc_service(name = "diary")]
trait Misunderstood {
    async fn count(&self, number: String) -> String;
    async fn missing(&self, entry: String);
}

#[rpc_service]
trait Nowhere {
    async fn write(&self, entry: String);
}

/// The target, the level and the text of a leak.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    target: String,
    level: String,
    text: String,
}

/// Notes every line and span that holds the marker.
#[derive(Clone, Default)]
struct LogRecorder {
    recorded: Arc<Mutex<usize>>,
    leaks: Arc<Mutex<BTreeSet<Place>>>,
}

impl LogRecorder {
    fn record_line(&self, metadata: &tracing::Metadata<'_>, values: impl FnOnce(&mut Line)) {
        let mut line = Line(String::new());
        values(&mut line);
        *self.recorded.lock().expect("nothing panics while it listens") += 1;
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

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LogRecorder {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        self.record_line(event.metadata(), |line| event.record(line));
    }

    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        self.record_line(attributes.metadata(), |line| attributes.record(line));
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            self.record_line(span.metadata(), |line| values.record(line));
        }
    }
}

fn secret(what: &str) -> String {
    format!("{MARKER} {what}")
}

/// The texts of the errors of a program, because programs log them.
#[derive(Default)]
struct ErrorTexts(Vec<String>);

impl ErrorTexts {
    fn add(&mut self, error: &dyn Error) {
        let mut text = format!("{error} {error:?}");
        let mut source = error.source();
        while let Some(cause) = source {
            let _ = write!(text, ": {cause}");
            source = cause.source();
        }
        self.0.push(text);
    }

    async fn add_failure<R: Request>(&mut self, call: Call<R>)
    where
        <R::Response as Response>::Value: fmt::Debug,
        R::Error: Error + 'static,
    {
        let outcome = timeout(TIMEOUT, call).await.expect("the call ends in time");
        self.add(&outcome.expect_err("it cannot work"));
    }
}

/// Uses secrets wherever the library takes them. Returns the texts of all errors.
async fn use_secrets() -> Vec<String> {
    let broker = Broker::start().await.expect("the loopback has a free port");
    let password = secret("password").replace(' ', "-");
    broker.add_user("ada", &password);
    let all = amqp_rpc_broker::Permissions::new(".*", ".*", ".*").expect("they are expressions");
    broker.set_permissions("ada", "/", all);
    let uri = broker.uri_as("ada", &password, "/");
    let credentials = Credentials::new("ada", &password);
    let options = ConnectOptions::new(&uri).credentials(&credentials);
    let mut texts = ErrorTexts(vec![format!("{options:?} {credentials:?}")]);
    fail_to_connect(&broker, &uri, &password, &mut texts).await;

    let server = Server::new()
        .log_errors()
        .service(DiaryServer::new(Paper))
        .start(options.clone())
        .await
        .expect("it is let in");
    let client = Client::connect(uri.as_str()).await.expect("it is let in");
    fail_to_call(&client, &mut texts).await;
    let _refused = change_passwords(&broker, &credentials).await;
    let lost = broker.on(Matcher::from_client(Method::BasicPublish), Action::Reset);
    texts.add_failure(DiaryClient::new(client.clone()).write(secret("lost"))).await;
    lost.remove();
    let _ = server.shutdown().await;
    client.close().await;
    texts.0
}

/// Connects with unusable addresses, and to a silent broker.
async fn fail_to_connect(broker: &Broker, uri: &str, password: &str, texts: &mut ErrorTexts) {
    for unusable in [
        uri.replace("ada", "eve"),
        format!("amqp://ada:{MARKER}/x@localhost"),
        format!("amqp://ada:{MARKER}@localhost:port"),
        format!("http://ada:{MARKER}@localhost"),
        format!("{uri}?heartbeat={MARKER}"),
        broker.uri_as("ada", password, "missing"),
        format!("amqp://ada:{MARKER}@127.0.0.1:1"),
        format!("amqp://ada:{MARKER}@{}?auth_mechanism=external", broker.address()),
        format!("amqps://ada:{MARKER}@{}", broker.address()),
    ] {
        let connected = timeout(TIMEOUT, Client::connect(unusable)).await.expect("it ends in time");
        texts.add(&connected.expect_err("it is unusable"));
    }
    broker.ignore_connections(1);
    let silent = ConnectOptions::new(uri).handshake_timeout(Duration::from_millis(50));
    let error: ConnectError = Client::connect(silent).await.expect_err("it is silent");
    texts.add(&error);
}

/// Makes a call that succeeds, and calls with every kind of failure.
async fn fail_to_call(client: &Client, texts: &mut ErrorTexts) {
    let diary = DiaryClient::new(client.clone());
    assert_eq!(diary.write(secret("entry")).await.expect("it is served"), secret("entry"));
    assert!(matches!(diary.write(secret("refused")).await, Err(CallError::Method(_))));
    let misunderstood = MisunderstoodClient::new(client.clone());
    texts.add_failure(misunderstood.count(secret("number"))).await;
    texts.add_failure(misunderstood.missing(secret("entry"))).await;
    texts.add_failure(NowhereClient::new(client.clone()).write(secret("unroutable"))).await;
}

/// Changes the password twice: the broker accepts the first one and refuses the second, until the rule is
/// dropped.
async fn change_passwords(broker: &Broker, credentials: &Credentials) -> Rule {
    let taken = broker.on(Matcher::from_client(Method::ConnectionUpdateSecret), Action::Pass);
    credentials.update(secret("token"));
    timeout(TIMEOUT, taken.until_hits(1)).await.expect("the server's connections are told");
    taken.remove();
    let refusal = Action::CloseConnection(530, "NOT_ALLOWED - refused".into());
    let refused = broker.on(Matcher::from_client(Method::ConnectionUpdateSecret), refusal);
    credentials.update(secret("refused token"));
    timeout(TIMEOUT, refused.until_hits(1)).await.expect("the server's connections are told");
    refused
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passwords_and_payloads_are_in_no_error_and_no_log_line_except_lapin_trace() {
    let everything = LogRecorder::default();
    let recommended = LogRecorder::default();
    let filter = EnvFilter::new(RECOMMENDED);
    let subscriber =
        tracing_subscriber::registry().with(everything.clone()).with(recommended.clone().with_filter(filter));
    tracing::subscriber::set_global_default(subscriber).expect("this process has one test");

    for said in use_secrets().await {
        assert!(!said.contains(MARKER), "{said}");
    }

    let leaks = everything.leaks();
    let unexpected: Vec<_> =
        leaks.iter().filter(|it| it.level != "TRACE" || !it.target.starts_with("lapin")).collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    // Shows that the recorders work.
    let places: BTreeSet<_> = leaks.iter().map(|it| (it.target.as_str(), it.level.as_str())).collect();
    let known = ["lapin::internal_rpc", "lapin::io_loop"].map(|target| (target, "TRACE"));
    assert_eq!(places, BTreeSet::from(known), "{leaks:#?}");
    assert!(*recommended.recorded.lock().expect("nothing panics while it listens") > 0);
    assert!(recommended.leaks().is_empty(), "{:#?}", recommended.leaks());
}
