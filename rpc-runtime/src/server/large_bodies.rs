//! Bounds the bodies that are decoded and held at the same time.

use tokio::sync::{Semaphore, SemaphorePermit};

/// Smaller bodies are not counted: as many calls as a server runs at once bound them, and most calls are small.
const COUNTED_FROM: usize = 4 * 1024;

/// What the large requests of a server may hold at once, in bytes of their bodies.
///
/// A decoded value may take much more than its body: see SECURITY.md. Which type a body becomes is not known before
/// it is decoded, so its bytes are what is counted.
#[derive(Debug)]
pub(crate) struct LargeBodies {
    free: Semaphore,
    all: u32,
    /// One at a time is decoded without being counted.
    decoding: Semaphore,
}

impl LargeBodies {
    pub(crate) fn new(bytes: usize) -> Self {
        let all = u32::try_from(bytes.min(Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        Self { free: Semaphore::new(all as usize), all, decoding: Semaphore::new(1) }
    }

    /// Returns whether a body of this size is counted.
    pub(crate) fn counts(size: usize) -> bool {
        size >= COUNTED_FROM
    }

    /// Waits until no other body is decoded for a moment only, to be dropped again: as it must be to learn by which
    /// key it is locked, before its turn has come. Waits for no call that runs.
    pub(crate) async fn decode_alone(&self) -> Option<SemaphorePermit<'_>> {
        // It is never closed.
        self.decoding.acquire().await.ok()
    }

    /// Waits until there is room for the body, after those that wait already. One that is larger than all there
    /// is waits until it is alone. `None` for a body that is not counted.
    pub(crate) async fn hold(&self, size: usize) -> Option<SemaphorePermit<'_>> {
        if !Self::counts(size) {
            return None;
        }
        let bytes = u32::try_from(size).unwrap_or(u32::MAX).min(self.all);
        // It is never closed.
        self.free.acquire_many(bytes).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn large_bodies_wait_in_order_and_small_ones_never() {
        let bodies = LargeBodies::new(100_000);
        let first = bodies.hold(60_000).now_or_never().expect("there is room");
        let mut second = Box::pin(bodies.hold(60_000));
        assert!(second.as_mut().now_or_never().is_none());
        let mut third = Box::pin(bodies.hold(20_000));
        assert!(third.as_mut().now_or_never().is_none(), "the second was there before it");
        assert!(bodies.hold(COUNTED_FROM - 1).now_or_never().expect("nothing is counted").is_none());
        drop(first);
        assert!(second.now_or_never().flatten().is_some());
        assert!(third.now_or_never().flatten().is_some());
    }

    #[test]
    fn a_body_that_is_larger_than_all_there_is_waits_until_it_is_alone() {
        let bodies = LargeBodies::new(50_000);
        let small = bodies.hold(COUNTED_FROM).now_or_never().flatten().expect("it is the first");
        assert!(bodies.hold(1_000_000).now_or_never().is_none());
        drop(small);
        assert!(bodies.hold(usize::MAX).now_or_never().flatten().is_some());
    }
}
