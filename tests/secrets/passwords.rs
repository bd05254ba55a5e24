//! Uses of passwords and payloads, with every kind of failure.

use std::time::Duration;

use amqp_rpc::{
    CallError, Client, ConnectOptions, Server, connect::Credentials, error::ConnectError, rpc_service,
};
use amqp_rpc_broker::{
    Broker,
    faults::{Action, Matcher, Method, Rule},
};
use tokio::time::timeout;

use super::{TIMEOUT, error_texts::ErrorTexts};

/// A text in every password and every payload, and nowhere else.
pub(crate) const MARKER: &str = "lotus-marker";
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

fn secret(what: &str) -> String {
    format!("{MARKER} {what}")
}

/// Uses passwords and payloads wherever the library takes them. Returns the texts of all errors.
pub(crate) async fn use_passwords() -> Vec<String> {
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
