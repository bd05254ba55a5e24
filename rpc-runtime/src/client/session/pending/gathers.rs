//! Requests that several servers answer. They are few, and wait in a table of their own: a call has one reply.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use smol_str::{SmolStr, format_smolstr};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::wire::reply::ReceivedReply;

/// Begins the correlation ids of such requests. No id of a call begins with it.
const PREFIX: char = '$';
/// The answers to one request that may wait to be read. Their memory is allocated when they come.
const MAX_WAITING: usize = 10_000;
/// The bytes that answers to one request may have, in all.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The requests of one link that wait for answers. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gathers(Arc<Table>);

#[derive(Debug, Default)]
struct Table {
    waiting: Mutex<HashMap<SmolStr, Waiting>>,
    /// How many there are. Read at each sweep.
    count: AtomicUsize,
}

#[derive(Debug)]
struct Waiting {
    answers: mpsc::Sender<Answer>,
    bytes_left: usize,
}

/// What came for a request.
#[derive(Debug)]
pub(crate) enum Answer {
    Replied(ReceivedReply, Instant),
    /// The broker returned it: there is no server.
    Unroutable,
}

/// A request that waits for answers. Dropped, it gets no more of them.
#[derive(Debug)]
pub(crate) struct Gather {
    gathers: Gathers,
    pub(crate) id: SmolStr,
    pub(crate) answers: mpsc::Receiver<Answer>,
}

impl Gathers {
    pub(crate) fn insert(&self) -> Gather {
        let (sender, answers) = mpsc::channel(MAX_WAITING);
        let id = format_smolstr!("{PREFIX}{}", Uuid::new_v4());
        let waiting = Waiting { answers: sender, bytes_left: MAX_BYTES };
        let mut table = self.table();
        table.insert(id.clone(), waiting);
        self.0.count.store(table.len(), Ordering::SeqCst);
        drop(table);
        Gather { gathers: self.clone(), id, answers }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.count.load(Ordering::SeqCst) == 0
    }

    /// Returns whether a correlation id is one of these requests, also of one that waits no more.
    pub(crate) fn are_asked_by(id: &str) -> bool {
        id.starts_with(PREFIX)
    }

    /// Hands an answer to its request. `false` if none waits for it, or if it has more than it may have.
    pub(crate) fn receive(&self, id: &str, reply: ReceivedReply) -> bool {
        let mut table = self.table();
        let Some(waiting) = table.get_mut(id) else { return false };
        let Some(left) = waiting.bytes_left.checked_sub(reply.body_len()) else { return false };
        waiting.bytes_left = left;
        waiting.answers.try_send(Answer::Replied(reply, Instant::now())).is_ok()
    }

    /// The broker returned a request.
    pub(crate) fn unroutable(&self, id: &str) {
        if let Some(waiting) = self.table().get(id) {
            // Where it is full there are servers.
            let _ = waiting.answers.try_send(Answer::Unroutable);
        }
    }

    fn table(&self) -> MutexGuard<'_, HashMap<SmolStr, Waiting>> {
        // No code panics while it holds the lock.
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Gather {
    fn drop(&mut self) {
        let mut table = self.gathers.table();
        table.remove(&self.id);
        self.gathers.0.count.store(table.len(), Ordering::SeqCst);
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn reply(bytes: usize) -> ReceivedReply {
        ReceivedReply::of_value("application/json".into(), Bytes::from(vec![b' '; bytes]))
    }

    #[test]
    fn a_request_has_many_answers_until_it_is_dropped() {
        let gathers = Gathers::default();
        let mut gather = gathers.insert();
        let id = gather.id.clone();
        assert!(Gathers::are_asked_by(&id) && !gathers.is_empty());
        assert!((0..3).all(|_| gathers.receive(&id, reply(1))));
        assert!(!gathers.receive("$other", reply(1)));
        for _ in 0..3 {
            assert!(matches!(gather.answers.try_recv(), Ok(Answer::Replied(..))));
        }
        gathers.unroutable(&id);
        assert!(matches!(gather.answers.try_recv(), Ok(Answer::Unroutable)));
        drop(gather);
        assert!(!gathers.receive(&id, reply(1)) && gathers.is_empty());
    }

    #[test]
    fn answers_are_bounded_in_number_and_bytes() {
        let gathers = Gathers::default();
        let by_bytes = gathers.insert();
        assert!(gathers.receive(&by_bytes.id, reply(MAX_BYTES - 1)));
        assert!(!gathers.receive(&by_bytes.id, reply(2)));
        let by_number = gathers.insert();
        assert!((0..MAX_WAITING).all(|_| gathers.receive(&by_number.id, reply(0))));
        assert!(!gathers.receive(&by_number.id, reply(0)));
    }
}
