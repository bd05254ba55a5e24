//! The services that are called: their methods record every start and every end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use amqp_rpc::{
    Context, Fault, FaultCode,
    middleware::{IncomingCall, Next, Reply},
    rpc_service,
};
use serde::{Deserialize, Serialize};

use crate::ledgers::calls::CallLedger;

/// The result of a call, which no other call has.
pub(crate) fn answer_to(key: u64) -> u64 {
    key.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D
}

/// The payload of expected panics, to tell them from others.
pub(crate) const EXPECTED_PANIC: &str = "an expected panic";

#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
#[error("call {key} is refused by its method")]
pub(crate) struct Refused {
    pub(crate) key: u64,
}

/// On a classic queue.
#[rpc_service]
pub(crate) trait Work {
    async fn plain(&self, #[rpc(context)] cx: &Context, key: u64, micros: u64) -> u64;
    #[rpc(idempotent)]
    async fn again(&self, #[rpc(context)] cx: &Context, key: u64, micros: u64) -> u64;
    #[rpc(at_most_once)]
    async fn once(&self, #[rpc(context)] cx: &Context, key: u64, micros: u64) -> u64;
    #[rpc(blocking)]
    fn grind(&self, #[rpc(context)] cx: &Context, key: u64, micros: u64) -> u64;
    async fn refuse(&self, #[rpc(context)] cx: &Context, key: u64) -> Result<u64, Refused>;
    async fn carry(&self, #[rpc(context)] cx: &Context, key: u64, load: String) -> (u64, String);
    async fn panic(&self, #[rpc(context)] cx: &Context, key: u64);
    /// Its callers expect a number.
    async fn garble(&self, #[rpc(context)] cx: &Context, key: u64) -> String;
}

/// The same service in an older version, as some callers have it.
#[rpc_service(name = "work")]
pub(crate) trait OldWork {
    async fn garble(&self, key: u64) -> u64;
}

/// On a quorum queue.
#[rpc_service]
pub(crate) trait Vault {
    async fn plain(&self, #[rpc(context)] cx: &Context, key: u64, micros: u64) -> u64;
    #[rpc(idempotent)]
    async fn again(&self, #[rpc(context)] cx: &Context, key: u64, micros: u64) -> u64;
    #[rpc(at_most_once)]
    async fn once(&self, #[rpc(context)] cx: &Context, key: u64, micros: u64) -> u64;
}

/// A service without a server.
#[rpc_service]
pub(crate) trait Unserved {
    async fn plain(&self, key: u64) -> u64;
}

/// Implements both services.
#[derive(Clone)]
pub(crate) struct CallHandler {
    pub(crate) ledger: Arc<CallLedger>,
}

impl CallHandler {
    async fn work(&self, cx: &Context, key: u64, micros: u64) -> u64 {
        self.ledger.start(key, cx.redelivered());
        if micros > 0 {
            tokio::time::sleep(Duration::from_micros(micros)).await;
        }
        self.ledger.finish(key);
        answer_to(key)
    }
}

impl Work for CallHandler {
    async fn plain(&self, cx: &Context, key: u64, micros: u64) -> u64 {
        self.work(cx, key, micros).await
    }

    async fn again(&self, cx: &Context, key: u64, micros: u64) -> u64 {
        self.work(cx, key, micros).await
    }

    async fn once(&self, cx: &Context, key: u64, micros: u64) -> u64 {
        self.work(cx, key, micros).await
    }

    fn grind(&self, cx: &Context, key: u64, micros: u64) -> u64 {
        self.ledger.start(key, cx.redelivered());
        std::thread::sleep(Duration::from_micros(micros));
        self.ledger.finish(key);
        answer_to(key)
    }

    async fn refuse(&self, cx: &Context, key: u64) -> Result<u64, Refused> {
        self.work(cx, key, 0).await;
        Err(Refused { key })
    }

    async fn carry(&self, cx: &Context, key: u64, load: String) -> (u64, String) {
        (self.work(cx, key, 0).await, load)
    }

    async fn panic(&self, cx: &Context, key: u64) {
        self.work(cx, key, 0).await;
        std::panic::panic_any(EXPECTED_PANIC);
    }

    async fn garble(&self, cx: &Context, key: u64) -> String {
        format!("{} and more", self.work(cx, key, 0).await)
    }
}

impl Vault for CallHandler {
    async fn plain(&self, cx: &Context, key: u64, micros: u64) -> u64 {
        self.work(cx, key, micros).await
    }

    async fn again(&self, cx: &Context, key: u64, micros: u64) -> u64 {
        self.work(cx, key, micros).await
    }

    async fn once(&self, cx: &Context, key: u64, micros: u64) -> u64 {
        self.work(cx, key, micros).await
    }
}

/// Refuses one call in a hundred, like an overloaded server.
pub(crate) async fn refuse_some(call: IncomingCall, next: Next) -> Result<Reply, Fault> {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    if CALLS.fetch_add(1, Ordering::Relaxed) % 100 == 99 {
        return Err(Fault::new(FaultCode::Overloaded, "one in a hundred"));
    }
    next.run(call).await
}
