//! The contract of `peers/python/contract.py` as a trait.

use std::time::Duration;

use amqp_rpc::rpc_service;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// The error of `compute`'s own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub(crate) enum MathError {
    #[error("n is above 90")]
    TooLarge,
}

#[rpc_service]
pub(crate) trait Math {
    async fn compute(&self, n: u64) -> Result<u64, MathError>;
    async fn add(&self, a: i64, b: i64) -> i64;
    async fn greet(&self, name: String) -> String;
    async fn nothing(&self);
    /// Crashes.
    async fn fail(&self);
    async fn slow(&self, seconds: f64) -> f64;
}

/// Serves [`Math`], and counts the calls that have begun.
#[derive(Clone, Default)]
pub(crate) struct Mathematician {
    begun: watch::Sender<usize>,
}

impl Mathematician {
    pub(crate) fn begun(&self) -> usize {
        *self.begun.borrow()
    }

    /// Waits until so many calls have begun.
    pub(crate) async fn until_begun(&self, calls: usize) {
        let mut begun = self.begun.subscribe();
        let reached = begun.wait_for(|begun| *begun >= calls);
        crate::support::within("a call to begin", reached).await.expect("the sender is held here");
    }

    fn begin(&self) {
        self.begun.send_modify(|begun| *begun += 1);
    }
}

impl Math for Mathematician {
    async fn compute(&self, n: u64) -> Result<u64, MathError> {
        self.begin();
        if n > 90 {
            return Err(MathError::TooLarge);
        }
        Ok((0..n).fold((0, 1), |(a, b), _| (b, a + b)).0)
    }

    async fn add(&self, a: i64, b: i64) -> i64 {
        self.begin();
        a + b
    }

    async fn greet(&self, name: String) -> String {
        self.begin();
        format!("hello {name}")
    }

    async fn nothing(&self) {
        self.begin();
    }

    async fn fail(&self) {
        self.begin();
        panic!("the handler crashed")
    }

    async fn slow(&self, seconds: f64) -> f64 {
        self.begin();
        tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        seconds
    }
}
