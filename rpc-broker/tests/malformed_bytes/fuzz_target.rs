//! A broker that gets malformed bytes on one connection, and a control connection that must be served as before.

use std::{
    panic,
    sync::{Mutex, MutexGuard, Once, OnceLock, PoisonError},
    time::Duration,
};

use amqp_rpc_broker::Broker;
use proptest::test_runner::TestCaseError;
use tokio::{runtime::Runtime, time::timeout};

use crate::raw_client::{RawClient, publish, queue};

/// After this many inputs a new broker is started, because messages accumulate in the queues.
const INPUTS_PER_BROKER: u32 = 500;
/// An input takes milliseconds. This long is a hang.
const TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) struct FuzzTarget {
    runtime: Runtime,
    instance: Mutex<Option<Instance>>,
}

struct Instance {
    broker: Broker,
    control: RawClient,
    inputs: u32,
}

/// The panics of the broker's tasks, which tokio catches.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl FuzzTarget {
    /// Returns the target of this process. Inputs are fed one after the other, so that each has its own
    /// outcome.
    pub(crate) fn shared() -> &'static Self {
        static TARGET: OnceLock<FuzzTarget> = OnceLock::new();
        TARGET.get_or_init(|| {
            record_panics();
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            Self { runtime: runtime.expect("threads can be started"), instance: Mutex::new(None) }
        })
    }

    /// Sends the pieces on a new connection, and ends the stream.
    ///
    /// # Errors
    ///
    /// When the broker panics, hangs, sends bytes that are not a frame, or does not serve the control
    /// connection as before.
    pub(crate) fn feed(&self, pieces: &[Vec<u8>]) -> Result<(), TestCaseError> {
        // A failing test is shrunk, which needs the target again.
        let mut instance = self.instance.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = self.runtime.block_on(async {
            let current = match instance.take() {
                Some(current) if current.inputs < INPUTS_PER_BROKER => current,
                _ => Instance::begin().await,
            };
            match timeout(TIMEOUT, current.feed(pieces)).await {
                Ok(Ok(current)) => {
                    *instance = Some(current);
                    Ok(())
                }
                Ok(Err(failure)) => Err(failure),
                Err(_) => Err("the broker hangs".to_owned()),
            }
        });
        let panics = std::mem::take(&mut *recorded());
        match outcome {
            _ if !panics.is_empty() => {
                *instance = None;
                Err(TestCaseError::fail(format!("the broker panicked: {panics:?}")))
            }
            Err(failure) => Err(TestCaseError::fail(failure)),
            Ok(()) => Ok(()),
        }
    }
}

impl Instance {
    async fn begin() -> Self {
        let broker = Broker::start().await.expect("the embedded broker starts");
        let mut control = RawClient::connect(&broker.uri()).await.expect("it listens").open().await;
        control.declare(queue("control", true, Default::default())).await;
        Self { broker, control, inputs: 0 }
    }

    async fn feed(mut self, pieces: &[Vec<u8>]) -> Result<Self, String> {
        let mut client = RawClient::connect(&self.broker.uri()).await.map_err(|error| error.to_string())?;
        for piece in pieces {
            // The broker may close the connection before it has read everything.
            if client.write(piece).await.is_err() {
                break;
            }
        }
        client.drain().await?;
        self.control.send(&publish("control", b"still served")).await;
        let got = self.control.get("control").await;
        if got.as_deref() != Some(b"still served") {
            return Err(format!("the control got {got:?}"));
        }
        self.inputs += 1;
        Ok(self)
    }
}

fn recorded() -> MutexGuard<'static, Vec<String>> {
    PANICS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Records every panic except those of the tests.
fn record_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let is_of_test = panic.location().is_some_and(|place| place.file().contains("tests/"));
            if !is_of_test {
                recorded().push(panic.to_string());
            }
            previous(panic);
        }));
    });
}
