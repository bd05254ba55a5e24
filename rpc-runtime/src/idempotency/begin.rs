//! The beginning of an attempt: it runs, or waits for the attempt that runs.

use std::{
    sync::{Arc, PoisonError},
    time::Instant,
};

use bytes::Bytes;
use tokio::{
    sync::SemaphorePermit,
    time::{timeout, timeout_at},
};

use super::{
    store_access::StoreAccess,
    stores::{Attempt, Begun},
};
use crate::message::{Context, Fault, FaultCode};

/// The most attempts whose end is told to the store at once after their calls: each takes three operations while it is
/// down.
pub(super) const MAX_UNFINISHED: usize = 1024;

impl StoreAccess {
    /// Begins the attempt. `None` if the method may run now; else the reply of another attempt.
    ///
    /// # Errors
    /// The fault to reply with.
    pub(super) async fn begin(
        self: &Arc<Self>,
        attempt: &Attempt,
        context: &Context,
    ) -> Result<Option<Bytes>, Fault> {
        let mut waits = None;
        loop {
            let unanswered = UnansweredBegin { access: self, attempt: Some(attempt) };
            let Ok(begun) = self.ask("begin", self.store.begin(attempt)).await else {
                return Err(Fault::new(FaultCode::Overloaded, "the idempotency store does not answer"));
            };
            unanswered.end();
            match begun {
                Begun::Started => return Ok(None),
                Begun::Replied(reply) => return Ok(Some(reply)),
                Begun::OtherRequest => return Err(other_request(attempt)),
                Begun::Abandoned => {
                    self.stats.abandoned_keys.add_one();
                    return Err(abandoned());
                }
                Begun::InProgress => {
                    if waits.is_none() {
                        waits = Some(self.wait(context)?);
                        self.stats.repeats_waited.add_one();
                    }
                    let Some(waiting) = &mut waits else { unreachable!("it was set") };
                    self.until_changed(attempt, waiting).await?;
                }
            }
        }
    }

    /// # Errors
    /// When too many repeats wait.
    fn wait(&self, context: &Context) -> Result<Waiting<'_>, Fault> {
        if !context.has_caller() {
            // It ends with the lease of the attempt that runs, and has no caller to be told to come again.
            return Ok(Waiting { has_caller: false, until: None, polls: 0, _permit: None });
        }
        let permit = self.waiting.try_acquire().map_err(|_| in_progress())?;
        let until = context.deadline().or_else(|| Instant::now().checked_add(self.options.lease));
        Ok(Waiting { has_caller: true, until, polls: 0, _permit: Some(permit) })
    }

    /// Waits for a lease at most: a store may miss a change.
    ///
    /// # Errors
    /// When the repeat has waited for long enough, or the server is drained: another server, or the same one started
    /// anew, answers it. Without a caller it waits on: the fault would make it a dead letter.
    async fn until_changed(&self, attempt: &Attempt, waiting: &mut Waiting<'_>) -> Result<(), Fault> {
        let changed = timeout(self.options.lease, self.store.until_changed(attempt.key(), waiting.polls));
        waiting.polls = waiting.polls.saturating_add(1);
        let mut drains = self.drains.subscribe();
        tokio::select! {
            biased;
            // It does not fail: the sender is here.
            _ = drains.wait_for(|drains| *drains), if waiting.has_caller => Err(Fault::not_started()),
            outcome = async {
                match waiting.until {
                    None => Ok(changed.await),
                    Some(until) => timeout_at(until.into(), changed).await,
                }
            } => outcome.map(drop).map_err(|_| in_progress()),
        }
    }

    /// Tells the store how an attempt has ended, in a task. The task does not keep this alive: it ends with it. Where too
    /// many such tasks run, because the store is down, the lease ends the attempt.
    pub(super) fn later(self: &Arc<Self>, attempt: Attempt, reply: Option<Bytes>) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            // The runtime has ended; the lease will.
            return;
        };
        let this = Arc::downgrade(self);
        let mut unfinished = self.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
        while unfinished.try_join_next().is_some() {}
        if unfinished.len() >= MAX_UNFINISHED {
            return;
        }
        unfinished.spawn_on(
            async move {
                if let Some(this) = this.upgrade() {
                    // A failure was logged.
                    let _ = this.tell_end(&attempt, reply).await;
                }
            },
            &runtime,
        );
    }
}

/// Releases the key when it is dropped: the question has no answer, or its call was cancelled, and the attempt may have
/// begun all the same.
struct UnansweredBegin<'a> {
    access: &'a Arc<StoreAccess>,
    /// `None` once there is an answer.
    attempt: Option<&'a Attempt>,
}

impl UnansweredBegin<'_> {
    /// There is an answer.
    fn end(mut self) {
        self.attempt = None;
    }
}

impl Drop for UnansweredBegin<'_> {
    fn drop(&mut self) {
        if let Some(attempt) = self.attempt {
            self.access.later(attempt.clone(), None);
        }
    }
}

/// A repeat that waits.
struct Waiting<'a> {
    has_caller: bool,
    /// `None` without a limit.
    until: Option<Instant>,
    polls: u32,
    _permit: Option<SemaphorePermit<'a>>,
}

fn in_progress() -> Fault {
    Fault::new(FaultCode::InProgress, "a call with this idempotency key is running")
}

fn abandoned() -> Fault {
    let message = "a call with this idempotency key began, and its server was lost; it may have run";
    Fault::new(FaultCode::MaybeExecuted, message)
}

fn other_request(attempt: &Attempt) -> Fault {
    let key = attempt.key().as_str().rsplit('\n').next().unwrap_or_default();
    let message = format!("the idempotency key {key:?} was used for another request");
    Fault::new(FaultCode::BadRequest, message)
}
