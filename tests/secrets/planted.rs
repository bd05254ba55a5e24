//! Uses of `Secret`s, with every kind of failure. A text that stands in each of them must be found nowhere.

use std::{
    fmt::Write,
    sync::{Arc, Mutex},
};

use amqp_rpc::{Client, Secret, Server, layers::Trace, rpc_service, secrets::Keyring};
use amqp_rpc_broker::{
    Broker,
    faults::{Matcher, Method},
    recorder::Recording,
};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use super::{TIMEOUT, error_texts::ErrorTexts, exported::Exported};

/// A text in every secret, and nowhere else.
pub(crate) const PLANTED: &str = "orchid-planted";

#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
enum Refused {
    #[error("refused: {earlier:?}")]
    Earlier { earlier: Secret<String> },
}

#[rpc_service]
trait Safe {
    async fn keep(&self, value: Secret<String>) -> Result<Secret<String>, Refused>;
    async fn refuse(&self, value: Secret<String>) -> Result<(), Refused>;
    async fn panics(&self, value: Secret<String>);
    async fn counts(&self, value: Secret<u64>);
    #[rpc(notify)]
    async fn drops(&self, value: Secret<String>) -> Result<(), Refused>;
    /// Not served.
    async fn other(&self, value: Secret<String>);
}

/// The same methods with other types.
#[rpc_service(name = "safe")]
trait Misunderstood {
    async fn counts(&self, value: Secret<String>);
    async fn keep(&self, value: Secret<String>) -> Secret<Vec<u8>>;
}

struct Steel;

impl Safe for Steel {
    async fn keep(&self, value: Secret<String>) -> Result<Secret<String>, Refused> {
        tracing::info!(?value, "kept");
        Ok(value)
    }

    async fn refuse(&self, value: Secret<String>) -> Result<(), Refused> {
        Err(Refused::Earlier { earlier: value })
    }

    async fn panics(&self, value: Secret<String>) {
        panic!("with {value:?}");
    }

    async fn counts(&self, _: Secret<u64>) {}

    async fn drops(&self, value: Secret<String>) -> Result<(), Refused> {
        Err(Refused::Earlier { earlier: value })
    }

    async fn other(&self, _: Secret<String>) {}
}

fn planted() -> Secret<String> {
    Secret::from(PLANTED)
}

/// Everything in a recording: how frames are shown, and their bytes.
fn frames(recording: &Recording) -> String {
    let frames = recording.frames();
    let mut text = format!("{frames} {frames:?}");
    for frame in frames.iter() {
        let _ = write!(text, " {}", String::from_utf8_lossy(frame.body()));
    }
    text
}

/// Uses secrets wherever the library takes them. Returns the texts of all errors, panics, spans and frames.
pub(crate) async fn use_secrets(exported: &Exported) -> Vec<String> {
    let panics: Arc<Mutex<Vec<String>>> = Arc::default();
    let hook = Arc::clone(&panics);
    std::panic::set_hook(Box::new(move |panic| {
        hook.lock().expect("nothing panics in a hook").push(panic.to_string());
    }));
    let new_ring = || Keyring::new(&Keyring::generate_key()).expect("it is a key");
    let mut texts = ErrorTexts::default();
    for keyring in [new_ring(), new_ring().write_bare().accept_bare()] {
        let frames;
        (texts, frames) = with_keyring(keyring, texts).await;
        assert!(frames.contains("gAAAAA"), "there are tokens in it");
        texts.0.push(frames);
    }
    // Everything until here. What follows is in the clear.
    let spans = exported.take();
    assert!(spans.iter().any(|span| span.contains("Server") && span.contains("safe.keep")), "{spans:?}");
    // Shows that frames are searched.
    let (_, in_the_clear) = with_keyring(Keyring::without_encryption(), ErrorTexts::default()).await;
    assert!(in_the_clear.contains(PLANTED), "{in_the_clear}");

    let _ = std::panic::take_hook();
    let panics = std::mem::take(&mut *panics.lock().expect("nothing panics in a hook"));
    assert!(panics.iter().any(|panic| panic.contains("with Secret([REDACTED])")), "{panics:?}");
    texts.0.into_iter().chain(panics).chain(spans).collect()
}

/// Returns the texts of errors, and of the frames.
async fn with_keyring(keyring: Keyring, mut texts: ErrorTexts) -> (ErrorTexts, String) {
    let broker = Broker::start().await.expect("the loopback has a free port");
    let recording = broker.record();
    let server = Server::new().service(SafeServer::new(Steel)).keyring(keyring.clone()).log_errors();
    texts.0.push(format!("{server:?} {keyring:?}"));
    let server = server.expose_panics().layer(Trace::new()).start(broker.uri()).await.expect("it is let in");
    let builder = Client::builder().keyring(keyring).layer(Trace::new());
    texts.0.push(format!("{builder:?}"));
    let client = builder.connect(broker.uri()).await.expect("it is let in");
    let safe = SafeClient::new(client.clone());

    let call = safe.keep(planted());
    texts.0.push(format!("{call:?} {:?} {:?}", SafeKeepRequest { value: planted() }, planted()));
    let kept = timeout(TIMEOUT, call).await.expect("it ends in time").expect("it is kept");
    assert_eq!(kept.expose_secret(), PLANTED);
    texts.0.push(format!("{kept:?}"));
    texts.add_failure(safe.refuse(planted())).await;
    texts.add_failure(safe.panics(planted())).await;
    texts.add_failure(safe.other(planted()).timeout(std::time::Duration::ZERO)).await;
    texts.add_failure(MisunderstoodClient::new(client.clone()).counts(planted())).await;
    texts.add_failure(MisunderstoodClient::new(client.clone()).keep(planted())).await;
    let without = Client::connect(broker.uri()).await.expect("it is let in");
    texts.add_failure(SafeClient::new(without).keep(planted())).await;
    let dropped = timeout(TIMEOUT, safe.drops(planted())).await.expect("it ends in time");
    dropped.expect("the broker has it");
    // Its dead letter.
    let dead = Matcher::from_client(Method::BasicPublish).routing_key("safe.dead");
    timeout(TIMEOUT, recording.until(&dead)).await.expect("it is kept");
    texts.add(&Keyring::new(PLANTED).expect_err("it is no key"));
    let _ = server.shutdown().await;
    client.close().await;
    (texts, frames(&recording))
}
