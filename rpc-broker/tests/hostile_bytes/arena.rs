//! A broker that is attacked, and a well-behaved connection beside the attacker's that must not notice.

use std::{
    panic,
    sync::{Mutex, MutexGuard, Once, OnceLock, PoisonError},
    time::Duration,
};

use amqp_rpc_broker::Broker;
use proptest::test_runner::TestCaseError;
use tokio::{runtime::Runtime, time::timeout};

use crate::raw_client::{RawClient, publish, queue};

/// After so many attacks the broker is started anew: what attackers leave in queues adds up.
const ATTACKS_PER_BROKER: u32 = 500;
/// An attack takes milliseconds. This long is a hang.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Arena {
    runtime: Runtime,
    round: Mutex<Option<Round>>,
}

struct Round {
    broker: Broker,
    witness: RawClient,
    attacks: u32,
}

/// Panics of the broker's tasks, which tokio catches.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl Arena {
    /// The arena of this process. Its attacks come one after the other, so that each has its own verdict.
    pub(crate) fn shared() -> &'static Self {
        static ARENA: OnceLock<Arena> = OnceLock::new();
        ARENA.get_or_init(|| {
            record_panics();
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            Self { runtime: runtime.expect("threads can be started"), round: Mutex::new(None) }
        })
    }

    /// Sends the pieces on a connection of their own, then says nothing more.
    ///
    /// # Errors
    ///
    /// When the broker panics, hangs, says what is no frame, or does not serve the witness as before.
    pub(crate) fn attack_with(&self, pieces: &[Vec<u8>]) -> Result<(), TestCaseError> {
        // A test that failed is shrunk: the arena goes on.
        let mut round = self.round.lock().unwrap_or_else(PoisonError::into_inner);
        let verdict = self.runtime.block_on(async {
            let current = match round.take() {
                Some(current) if current.attacks < ATTACKS_PER_BROKER => current,
                _ => Round::begin().await,
            };
            match timeout(PATIENCE, current.attack(pieces)).await {
                Ok(Ok(current)) => {
                    *round = Some(current);
                    Ok(())
                }
                Ok(Err(harm)) => Err(harm),
                Err(_) => Err("the broker hangs".to_owned()),
            }
        });
        let panics = std::mem::take(&mut *recorded());
        match verdict {
            _ if !panics.is_empty() => {
                *round = None;
                Err(TestCaseError::fail(format!("the broker panicked: {panics:?}")))
            }
            Err(harm) => Err(TestCaseError::fail(harm)),
            Ok(()) => Ok(()),
        }
    }
}

impl Round {
    async fn begin() -> Self {
        let broker = Broker::start().await.expect("the embedded broker starts");
        let mut witness = RawClient::connect(&broker.uri()).await.expect("it listens").open().await;
        witness.declare(queue("witness", true, Default::default())).await;
        Self { broker, witness, attacks: 0 }
    }

    async fn attack(mut self, pieces: &[Vec<u8>]) -> Result<Self, String> {
        let mut attacker = RawClient::connect(&self.broker.uri()).await.map_err(|error| error.to_string())?;
        for piece in pieces {
            // A broker that had enough closes the connection before it got all.
            if attacker.write(piece).await.is_err() {
                break;
            }
        }
        attacker.drain().await?;
        self.witness.send(&publish("witness", b"still served")).await;
        let got = self.witness.get("witness").await;
        if got.as_deref() != Some(b"still served") {
            return Err(format!("the witness got {got:?}"));
        }
        self.attacks += 1;
        Ok(self)
    }
}

fn recorded() -> MutexGuard<'static, Vec<String>> {
    PANICS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps every panic but the tests' own.
fn record_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let is_ours = panic.location().is_some_and(|place| place.file().contains("tests/"));
            if !is_ours {
                recorded().push(panic.to_string());
            }
            usual(panic);
        }));
    });
}
