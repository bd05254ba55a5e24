//! A hand-written contract for unit tests, as the macro generates it for
//! `compute(n: u64) -> Result<u64, TooLarge>`.

use serde::{Deserialize, Serialize};

use crate::contract::{MethodDef, Repetition, Request, Response};

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Compute {
    pub(crate) n: u64,
}

impl Request for Compute {
    const METHOD: &'static MethodDef =
        &MethodDef::new("fib", "fib.compute").repetition(Repetition::Idempotent);
    type Response = Computed;
    type Error = TooLarge;
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Computed(pub(crate) u64);

impl Response for Computed {
    type Value = u64;

    fn from_value(value: u64) -> Self {
        Self(value)
    }

    fn into_value(self) -> u64 {
        self.0
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct TooLarge {
    pub(crate) limit: u64,
}
