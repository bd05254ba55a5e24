//! The contracts and services of these tests.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use amqp_rpc::{Bytes, Client, Context, rpc_service};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

#[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub(crate) enum OrderError {
    #[error("there is no order {id}")]
    Unknown { id: u64 },
}

#[rpc_service]
pub(crate) trait Orders {
    #[rpc(idempotent)]
    async fn total(&self, id: u64) -> Result<u64, OrderError>;
    async fn echo(&self, text: String) -> String;
    async fn whoami(&self, #[rpc(context)] cx: &Context) -> Vec<Option<String>>;
    async fn by_pair(&self, pairs: HashMap<(u8, u8), u8>) -> u8;
    async fn pairs(&self) -> HashMap<(u8, u8), u8>;
    #[rpc(bare)]
    async fn raw(&self, body: Bytes) -> Bytes;
    async fn panics(&self);
    #[rpc(blocking)]
    fn blocking(&self, n: u64) -> u64;
    /// Waits until a test allows it to end.
    async fn wait(&self) -> u64;
    /// The time that is left of a call that is made inside.
    async fn left_inside(&self) -> Option<Duration>;
    async fn left(&self, #[rpc(context)] cx: &Context) -> Option<Duration>;
}

/// Serves orders. The counters say what has run.
#[derive(Default)]
pub(crate) struct Shop {
    pub(crate) started: AtomicUsize,
    pub(crate) ended: AtomicUsize,
    pub(crate) gate: Option<Arc<Semaphore>>,
    /// What a method calls.
    pub(crate) inner: Option<OrdersClient>,
}

impl Shop {
    /// One whose method `wait` ends as often as the gate allows.
    pub(crate) fn closed() -> (Arc<Self>, Arc<Semaphore>) {
        let gate = Arc::new(Semaphore::new(0));
        (Arc::new(Self { gate: Some(Arc::clone(&gate)), ..Self::default() }), gate)
    }

    /// A client of it, with the defaults.
    pub(crate) fn client() -> OrdersClient {
        OrdersClient::new(Client::in_process(OrdersServer::new(Self::default())))
    }
}

impl Orders for Shop {
    async fn total(&self, id: u64) -> Result<u64, OrderError> {
        if id > 90 { Err(OrderError::Unknown { id }) } else { Ok(id * 100) }
    }

    async fn echo(&self, text: String) -> String {
        text
    }

    async fn whoami(&self, cx: &Context) -> Vec<Option<String>> {
        let text = |text: Option<&str>| text.map(str::to_owned);
        vec![
            text(Some(cx.exchange())),
            text(Some(cx.routing_key())),
            text(cx.content_type()),
            text(cx.app_id()),
            text(cx.headers().text("token")),
            Some(format!("{:?}", cx.priority())),
            Some(cx.has_caller().to_string()),
        ]
    }

    async fn by_pair(&self, _: HashMap<(u8, u8), u8>) -> u8 {
        0
    }

    async fn pairs(&self) -> HashMap<(u8, u8), u8> {
        HashMap::from([((1, 2), 3)])
    }

    async fn raw(&self, body: Bytes) -> Bytes {
        body
    }

    async fn panics(&self) {
        panic!("no order was expected")
    }

    fn blocking(&self, n: u64) -> u64 {
        n + 1
    }

    async fn wait(&self) -> u64 {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        match &self.gate {
            Some(gate) => gate.acquire().await.expect("it is never closed").forget(),
            None => std::future::pending().await,
        }
        self.ended.fetch_add(1, Ordering::Relaxed);
        number as u64
    }

    async fn left_inside(&self) -> Option<Duration> {
        let inner = self.inner.as_ref().expect("this test sets it");
        inner.left().await.expect("it is served")
    }

    async fn left(&self, cx: &Context) -> Option<Duration> {
        cx.remaining()
    }
}

#[rpc_service]
pub(crate) trait Prices {
    #[rpc(notify)]
    async fn refresh(&self, source: String) -> Result<(), String>;
    #[rpc(event)]
    async fn changed(&self, #[rpc(context)] cx: &Context, item: String);
    #[rpc(event)]
    async fn removed(&self, item: String);
}

/// Notes what it receives.
#[derive(Default)]
pub(crate) struct Listener {
    pub(crate) received: Mutex<Vec<String>>,
    pub(crate) gate: Option<Arc<Semaphore>>,
}

impl Listener {
    pub(crate) fn received(&self) -> Vec<String> {
        self.received.lock().expect("no test panics here").clone()
    }

    fn note(&self, text: String) {
        self.received.lock().expect("no test panics here").push(text);
    }
}

impl Prices for Listener {
    async fn refresh(&self, source: String) -> Result<(), String> {
        if let Some(gate) = &self.gate {
            gate.acquire().await.expect("it is never closed").forget();
        }
        self.note(format!("refresh {source}"));
        match &*source {
            "nowhere" => Err("nothing is there".into()),
            "panic" => panic!("no refresh was expected"),
            _ => Ok(()),
        }
    }

    async fn changed(&self, cx: &Context, item: String) {
        self.note(format!("changed {item} {:?} {}", cx.topic(), cx.has_caller()));
    }

    async fn removed(&self, item: String) {
        self.note(format!("removed {item}"));
    }
}

/// Lets the tasks of this thread run until each of them waits.
pub(crate) async fn run_tasks() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}
