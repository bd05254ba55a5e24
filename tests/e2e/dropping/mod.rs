//! Futures that are dropped before they are ready: at every await, none may leave half of its work behind.

mod clients;
mod servers;

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

/// The point at which a future is dropped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GiveUp {
    polls: usize,
    /// It is dropped where it would be polled once more: what it waits for is there.
    when_woken: bool,
}

impl GiveUp {
    /// Polls `future` and drops it. Returns its output if it was ready before.
    async fn poll<F: Future>(self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        let mut left = self.polls;
        poll_fn(|cx| {
            if left == 0 {
                return Poll::Ready(None);
            }
            left -= 1;
            match future.as_mut().poll(cx) {
                Poll::Ready(output) => Poll::Ready(Some(output)),
                Poll::Pending if left == 0 && !self.when_woken => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }
}

/// Makes attempt after attempt, each of which is to be dropped a little later, until one is ready.
///
/// Returns how often one was dropped.
async fn until_ready(mut attempt: impl AsyncFnMut(GiveUp) -> bool) -> usize {
    let mut dropped = 0;
    for polls in 0..1000 {
        for when_woken in [false, true] {
            if attempt(GiveUp { polls, when_woken }).await {
                return dropped;
            }
            dropped += 1;
        }
    }
    panic!("it was never ready");
}
