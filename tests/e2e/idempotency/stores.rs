//! The stores that the tests run with: in memory, and Redis where the run has one.

use std::{env, future::Future, pin::Pin};

use amqp_rpc::idempotency::{
    Attempt, Begun, IdempotencyKey, IdempotencyStore, MemoryStore, RedisStore, StoreFuture, conformance,
};
use bytes::Bytes;
use uuid::Uuid;

use crate::support::within;

/// A store that servers share. Clones are the same store; in Redis each has a connection of its own.
#[derive(Clone, Debug)]
pub(crate) enum TestStore {
    Memory(MemoryStore),
    Redis(RedisStore),
}

impl TestStore {
    pub(crate) fn in_memory() -> Self {
        Self::Memory(MemoryStore::new())
    }

    /// A store in the Redis of this run, whose keys no other test has.
    pub(crate) async fn in_redis() -> Self {
        let url = env::var("AMQP_RPC_TEST_REDIS").expect("scripts/with-redis.sh sets AMQP_RPC_TEST_REDIS");
        let store = within("Redis", RedisStore::connect(&url)).await.expect("it is there");
        Self::Redis(store.prefix(format!("{}:", Uuid::new_v4())))
    }

    fn store(&self) -> &dyn IdempotencyStore {
        match self {
            Self::Memory(store) => store,
            Self::Redis(store) => store,
        }
    }
}

impl IdempotencyStore for TestStore {
    fn begin<'a>(&'a self, attempt: &'a Attempt) -> StoreFuture<'a, Begun> {
        self.store().begin(attempt)
    }

    fn extend<'a>(&'a self, attempt: &'a Attempt) -> StoreFuture<'a, ()> {
        self.store().extend(attempt)
    }

    fn complete<'a>(&'a self, attempt: &'a Attempt, reply: Bytes) -> StoreFuture<'a, ()> {
        self.store().complete(attempt, reply)
    }

    fn release<'a>(&'a self, attempt: &'a Attempt) -> StoreFuture<'a, ()> {
        self.store().release(attempt)
    }

    fn until_changed<'a>(
        &'a self,
        key: &'a IdempotencyKey,
        polls: u32,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        self.store().until_changed(key, polls)
    }
}

/// Runs each of these functions as a test with each store.
macro_rules! over_both_stores {
    ($($test:ident),+ $(,)?) => {
        mod in_memory {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::idempotency::TestStore::in_memory()).await;
            })+
        }

        mod in_redis {
            $(#[tokio::test]
            #[ignore = "needs Redis: scripts/test.sh"]
            async fn $test() {
                super::$test($crate::idempotency::TestStore::in_redis().await).await;
            })+
        }
    };
}
pub(crate) use over_both_stores;

over_both_stores!(the_store_does_what_a_store_should);

async fn the_store_does_what_a_store_should(store: TestStore) {
    conformance::check(store).await.unwrap();
}

#[tokio::test]
#[ignore = "needs Redis: scripts/test.sh"]
async fn two_connections_to_redis_share_a_store() {
    let TestStore::Redis(store) = TestStore::in_redis().await else { unreachable!("it is in Redis") };
    let url = env::var("AMQP_RPC_TEST_REDIS").unwrap();
    let prefix = Uuid::new_v4().to_string();
    let other = within("Redis", RedisStore::connect(&url)).await.unwrap().prefix(&*prefix);
    let store = store.prefix(&*prefix);
    let attempt = || {
        let key = IdempotencyKey::new("amqp-rpc", "ledger.book", "key");
        Attempt::new(key, [0; 32], std::time::Duration::from_secs(30), std::time::Duration::from_secs(60))
    };
    let first = attempt();
    assert_eq!(store.begin(&first).await.unwrap(), Begun::Started);
    assert_eq!(other.begin(&attempt()).await.unwrap(), Begun::InProgress);
    store.complete(&first, Bytes::from_static(b"reply")).await.unwrap();
    assert_eq!(other.begin(&attempt()).await.unwrap(), Begun::Replied(Bytes::from_static(b"reply")));
}

#[tokio::test]
#[ignore = "needs Redis: scripts/test.sh"]
async fn a_redis_that_is_not_there_is_an_error_that_says_so() {
    let refused = within("the error", RedisStore::connect("redis://127.0.0.1:1/")).await.unwrap_err();
    assert!(refused.to_string().starts_with("the idempotency store failed: "), "{refused}");
}
