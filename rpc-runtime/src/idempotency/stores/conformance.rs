//! Tests of a store, for authors of stores.

use std::{future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{task::JoinSet, time::timeout};
use uuid::Uuid;

use super::{Attempt, Begun, IdempotencyKey, IdempotencyStore, StoreError};

const LEASE: Duration = Duration::from_millis(300);
const TTL: Duration = Duration::from_secs(60);

/// Tests a store in all that [`IdempotencyStore`] demands: one that is connected and works. It may hold other keys; those
/// of the tests are random. Takes some two seconds.
///
/// ```
/// # extern crate amqp_rpc_runtime as amqp_rpc;
/// use amqp_rpc::idempotency::{MemoryStore, conformance};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), amqp_rpc::idempotency::StoreError> {
/// conformance::check(MemoryStore::new()).await?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// Those of the store.
///
/// # Panics
/// When the store does not do what it should, with what that is.
pub async fn check(store: impl IdempotencyStore) -> Result<(), StoreError> {
    let store = Arc::new(store);
    one_of_many_begins(&store).await?;
    a_reply_is_stored_and_given_again(&*store).await?;
    another_request_is_told_apart(&*store).await?;
    what_did_not_run_is_forgotten(&*store).await?;
    only_the_holder_changes_a_key(&*store).await?;
    a_lease_ends_unless_it_is_extended(&*store).await?;
    a_reply_after_the_lease_is_stored(&*store).await?;
    a_waiting_repeat_is_woken(&store).await?;
    keys_end_with_their_time_to_live(&*store).await
}

fn attempt() -> Attempt {
    Attempt::new(
        IdempotencyKey::new("tests", "conformance.run", &Uuid::new_v4().to_string()),
        [1; 32],
        LEASE,
        TTL,
    )
}

fn repeat(of: &Attempt) -> Attempt {
    Attempt::new(of.key().clone(), *of.fingerprint(), of.lease(), of.ttl())
}

/// Bytes of every value: a store keeps them as they are.
fn reply() -> Bytes {
    (0..=u8::MAX).collect()
}

async fn one_of_many_begins<S: IdempotencyStore>(store: &Arc<S>) -> Result<(), StoreError> {
    let first = attempt();
    let mut begins = JoinSet::new();
    for _ in 0..32 {
        let (store, attempt) = (Arc::clone(store), repeat(&first));
        begins.spawn(async move { store.begin(&attempt).await });
    }
    let mut started = 0;
    while let Some(begun) = begins.join_next().await {
        match begun.map_err(StoreError::new)?? {
            Begun::Started => started += 1,
            begun => assert_eq!(begun, Begun::InProgress, "another attempt runs"),
        }
    }
    assert_eq!(started, 1, "of many attempts that begin at once, one runs");
    Ok(())
}

async fn a_reply_is_stored_and_given_again(store: &dyn IdempotencyStore) -> Result<(), StoreError> {
    let (first, second) = (attempt(), repeat(&attempt()));
    assert_eq!(store.begin(&first).await?, Begun::Started);
    assert_eq!(store.begin(&first).await?, Begun::Started, "the answer to its first `begin` may be lost");
    assert_eq!(store.begin(&second).await?, Begun::Started, "keys are independent");
    store.complete(&first, reply()).await?;
    store.complete(&first, reply()).await?;
    for _ in 0..2 {
        assert_eq!(store.begin(&repeat(&first)).await?, Begun::Replied(reply()), "as it was given");
    }
    assert_eq!(store.begin(&repeat(&second)).await?, Begun::InProgress, "keys are independent");
    store.complete(&second, Bytes::new()).await?;
    assert_eq!(store.begin(&repeat(&second)).await?, Begun::Replied(Bytes::new()), "an empty reply is one");
    Ok(())
}

async fn another_request_is_told_apart(store: &dyn IdempotencyStore) -> Result<(), StoreError> {
    let first = attempt();
    let other = Attempt::new(first.key().clone(), [2; 32], LEASE, TTL);
    assert_eq!(store.begin(&first).await?, Begun::Started);
    assert_eq!(store.begin(&other).await?, Begun::OtherRequest, "while the first runs");
    store.complete(&first, reply()).await?;
    assert_eq!(store.begin(&other).await?, Begun::OtherRequest, "when the first has a reply");
    Ok(())
}

async fn what_did_not_run_is_forgotten(store: &dyn IdempotencyStore) -> Result<(), StoreError> {
    let first = attempt();
    assert_eq!(store.begin(&first).await?, Begun::Started);
    store.release(&first).await?;
    store.release(&first).await?;
    let second = repeat(&first);
    assert_eq!(store.begin(&second).await?, Begun::Started, "after a release another attempt begins");
    store.complete(&second, reply()).await?;
    store.release(&second).await?;
    assert_eq!(store.begin(&repeat(&first)).await?, Begun::Replied(reply()), "a reply is not released");
    Ok(())
}

async fn only_the_holder_changes_a_key(store: &dyn IdempotencyStore) -> Result<(), StoreError> {
    let (first, other) = {
        let first = attempt();
        let other = repeat(&first);
        (first, other)
    };
    assert_eq!(store.begin(&first).await?, Begun::Started);
    store.release(&other).await?;
    store.complete(&other, Bytes::from_static(b"wrong")).await?;
    store.extend(&other).await?;
    assert_eq!(store.begin(&other).await?, Begun::InProgress, "another attempt has no effect on it");
    store.complete(&first, reply()).await?;
    store.complete(&other, Bytes::from_static(b"wrong")).await?;
    assert_eq!(store.begin(&other).await?, Begun::Replied(reply()), "another attempt has no effect on it");
    Ok(())
}

async fn a_lease_ends_unless_it_is_extended(store: &dyn IdempotencyStore) -> Result<(), StoreError> {
    let (extended, left) = (attempt(), attempt());
    assert_eq!(store.begin(&extended).await?, Begun::Started);
    assert_eq!(store.begin(&left).await?, Begun::Started);
    for _ in 0..5 {
        tokio::time::sleep(LEASE / 3).await;
        store.extend(&extended).await?;
    }
    assert_eq!(store.begin(&repeat(&extended)).await?, Begun::InProgress, "its lease was extended");
    for _ in 0..2 {
        assert_eq!(store.begin(&repeat(&left)).await?, Begun::Abandoned, "its lease has ended, for good");
    }
    Ok(())
}

async fn a_reply_after_the_lease_is_stored(store: &dyn IdempotencyStore) -> Result<(), StoreError> {
    let (late, revived, refused) = (attempt(), attempt(), attempt());
    for attempt in [&late, &revived, &refused] {
        assert_eq!(store.begin(attempt).await?, Begun::Started);
    }
    tokio::time::sleep(LEASE + LEASE / 3).await;
    store.complete(&late, reply()).await?;
    assert_eq!(store.begin(&repeat(&late)).await?, Begun::Replied(reply()), "its holder was alive after all");
    store.extend(&revived).await?;
    assert_eq!(store.begin(&repeat(&revived)).await?, Begun::InProgress, "its holder was alive after all");
    store.release(&refused).await?;
    assert_eq!(store.begin(&repeat(&refused)).await?, Begun::Started, "its holder was alive after all");
    let unknown = attempt();
    store.complete(&unknown, reply()).await?;
    assert_eq!(store.begin(&repeat(&unknown)).await?, Begun::Replied(reply()), "also if the store forgot it");
    Ok(())
}

async fn a_waiting_repeat_is_woken<S: IdempotencyStore>(store: &Arc<S>) -> Result<(), StoreError> {
    let first = attempt();
    assert_eq!(store.begin(&first).await?, Begun::Started);
    let (waiting, second) = (Arc::clone(store), repeat(&first));
    let repeat = tokio::spawn(async move {
        for polls in 0.. {
            match waiting.begin(&second).await? {
                Begun::InProgress => waiting.until_changed(second.key(), polls).await,
                begun => return Ok(begun),
            }
        }
        unreachable!("it does not wait that often")
    });
    tokio::task::yield_now().await;
    store.complete(&first, reply()).await?;
    let begun = within(repeat).await.map_err(StoreError::new)??;
    assert_eq!(begun, Begun::Replied(reply()), "a repeat that waits gets the reply");
    Ok(())
}

async fn within<F: Future>(future: F) -> F::Output {
    let limit = Duration::from_secs(10);
    timeout(limit, future)
        .await
        .unwrap_or_else(|_| panic!("a repeat that waits is not woken within {limit:?}"))
}

async fn keys_end_with_their_time_to_live(store: &dyn IdempotencyStore) -> Result<(), StoreError> {
    let template = attempt();
    let first = Attempt::new(template.key().clone(), [1; 32], LEASE, LEASE);
    assert_eq!(store.begin(&first).await?, Begun::Started);
    store.complete(&first, reply()).await?;
    assert_eq!(store.begin(&repeat(&first)).await?, Begun::Replied(reply()));
    tokio::time::sleep(LEASE + LEASE / 3).await;
    assert_eq!(store.begin(&repeat(&first)).await?, Begun::Started, "after the time to live");
    Ok(())
}
