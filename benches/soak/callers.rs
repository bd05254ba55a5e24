//! The callers: tasks that make every kind of call, one after the other, and write down how each ended; in between they send messages that nobody answers.

use std::{
    borrow::Cow,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use amqp_rpc::{Call, CallError, Client, Execution, NoError, Request, Response};
use tokio::time::Instant;

use crate::{
    dice::Dice,
    kinds::{Kind, MIX},
    ledger::{Ledger, Verdict},
    message_ledger::MessageLedger,
    messages::MessageKind,
    outcomes::{Outcomes, label},
    recovery::Recoveries,
    senders::Sender,
    service::{NobodyClient, OldWorkClient, Refused, VaultClient, WorkClient, answer_to},
};

/// How long after its timeout a call or message may end on a busy machine. Later it hangs.
pub(crate) const BOUND: Duration = Duration::from_secs(5);

/// What all callers share.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) outcomes: Outcomes<Kind>,
    pub(crate) messages: Arc<MessageLedger>,
    pub(crate) message_outcomes: Outcomes<MessageKind>,
    pub(crate) recoveries: Recoveries,
    /// The longest that a call lasted beyond its timeout.
    pub(crate) overrun_micros: AtomicU64,
}

/// Half of the clients.
pub(crate) fn has_direct_replies(client: usize) -> bool {
    client % 2 == 1
}

/// One caller: one call or message at a time.
pub(crate) struct Caller {
    desk: Arc<Desk>,
    /// The number of its client.
    number: usize,
    dice: Dice,
    work: WorkClient,
    old_work: OldWorkClient,
    vault: VaultClient,
    nobody: NobodyClient,
    sender: Sender,
}

/// How one call is made.
struct Terms {
    key: u64,
    kind: Kind,
    timeout: Duration,
    fails_fast: bool,
    /// Its caller lets go of it after this time.
    dropped_after: Option<Duration>,
}

impl Caller {
    pub(crate) fn new(desk: Arc<Desk>, number: usize, client: Client, mut dice: Dice) -> Self {
        Self {
            sender: Sender::new(Arc::clone(&desk), client.clone(), dice.split()),
            desk,
            number,
            dice,
            work: WorkClient::new(client.clone()),
            old_work: OldWorkClient::new(client.clone()),
            vault: VaultClient::new(client.clone()),
            nobody: NobodyClient::new(client),
        }
    }

    /// Calls and sends until `end`, at most once in `pause`.
    pub(crate) async fn run(mut self, end: Instant, pause: Duration) {
        let mut turns = tokio::time::interval(pause);
        turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        while Instant::now() < end {
            turns.tick().await;
            if self.dice.one_in(4) {
                let Some(()) = self.sender.send().await else { return };
                continue;
            }
            let kind = self.dice.weighted(MIX);
            let timeout = match kind {
                Kind::TooSlow => self.dice.millis(20, 100),
                _ => [100, 1000, 5000].map(Duration::from_millis)[self.dice.below(3) as usize],
            };
            let Some(key) = self.desk.ledger.make(kind, timeout) else {
                return;
            };
            let dropped_after = self.dice.one_in(30).then(|| self.dice.millis(0, 15));
            let fails_fast = self.dice.one_in(12);
            self.call(Terms { key, kind, timeout, fails_fast, dropped_after }).await;
        }
    }

    async fn call(&mut self, terms: Terms) {
        let key = terms.key;
        let is_own = move |value: &u64| *value == answer_to(key);
        // Most methods are quick; some take as long as real work does, so that they are interrupted.
        let micros = if self.dice.one_in(4) { self.dice.below(20_000) } else { 0 };
        match terms.kind {
            Kind::Plain => self.observe(self.work.plain(key, micros), terms, is_own).await,
            Kind::Idempotent => self.observe(self.work.again(key, micros), terms, is_own).await,
            Kind::AtMostOnce => self.observe(self.work.once(key, micros), terms, is_own).await,
            Kind::Blocking => self.observe(self.work.grind(key, micros / 4), terms, is_own).await,
            Kind::MethodError => self.observe(self.work.refuse(key), terms, |_| false).await,
            Kind::Large => {
                let size = 1 << (10 + self.dice.below(10));
                let load = "x".repeat(size);
                let is_whole =
                    move |(value, load): &(u64, String)| *value == answer_to(key) && load.len() == size;
                self.observe(self.work.carry(key, load), terms, is_whole).await;
            }
            Kind::Panic => self.observe(self.work.panic(key), terms, |()| false).await,
            Kind::Garbled => self.observe(self.old_work.garble(key), terms, |_| false).await,
            Kind::QuorumPlain => self.observe(self.vault.plain(key, micros), terms, is_own).await,
            Kind::QuorumIdempotent => self.observe(self.vault.again(key, micros), terms, is_own).await,
            Kind::QuorumAtMostOnce => self.observe(self.vault.once(key, micros), terms, is_own).await,
            Kind::Unserved => self.observe(self.nobody.plain(key), terms, |_| false).await,
            Kind::TooSlow => {
                let micros = terms.timeout.as_micros() as u64 * 2;
                self.observe(self.work.plain(key, micros), terms, is_own).await;
            }
        }
    }

    async fn observe<R>(
        &self,
        call: Call<R>,
        terms: Terms,
        is_own: impl FnOnce(&<R::Response as Response>::Value) -> bool,
    ) where
        R: Request,
        R::Error: OwnError,
    {
        let Terms { key, kind, timeout, fails_fast, dropped_after } = terms;
        let call = call.timeout(timeout);
        let call = if fails_fast { call.fail_fast() } else { call };
        let ledger = &self.desk.ledger;
        let (made, begun) = (ledger.journal.now(), Instant::now());
        let Some(ended) = watch(call, timeout + BOUND, dropped_after).await else {
            ledger.violate(key, &format!("no outcome {BOUND:?} after its timeout of {timeout:?}"));
            self.desk.outcomes.add(kind, "hangs");
            ledger.end(key, Verdict::Unknown, "nothing");
            return;
        };
        let overrun = begun.elapsed().saturating_sub(timeout);
        self.desk.overrun_micros.fetch_max(overrun.as_micros() as u64, Ordering::Relaxed);
        let verdict = match &ended {
            Ended::Dropped => Verdict::Dropped,
            Ended::With(Ok(value)) => {
                if !is_own(value) {
                    ledger.violate(key, "it was answered with the result of another call");
                }
                Verdict::Answered
            }
            Ended::With(Err(error)) => match (error.execution(), error) {
                (_, CallError::Method(error)) => {
                    if !error.is_of(key) {
                        ledger.violate(key, "it was answered with the error of another call");
                    }
                    Verdict::MethodError
                }
                (Execution::Never, CallError::Fault(_)) => Verdict::Refused,
                (Execution::Never, _) => Verdict::Never,
                (Execution::Completed, _) => Verdict::Undecodable,
                _ => Verdict::Unknown,
            },
        };
        if matches!(verdict, Verdict::Answered | Verdict::MethodError) {
            self.desk.recoveries.answered(self.number, made, &ledger.journal);
        }
        let outcome = match &ended {
            Ended::Dropped => Cow::Borrowed("dropped"),
            Ended::With(Ok(_)) => Cow::Borrowed("answered"),
            Ended::With(Err(error)) => label(error),
        };
        self.desk.outcomes.add(kind, &outcome);
        ledger.end(key, verdict, &outcome);
    }
}

pub(crate) enum Ended<T> {
    With(T),
    Dropped,
}

/// `None` when the call has not ended within `bound`.
pub(crate) async fn watch<F: Future>(
    call: F,
    bound: Duration,
    dropped_after: Option<Duration>,
) -> Option<Ended<F::Output>> {
    match dropped_after {
        None => tokio::time::timeout(bound, call).await.ok().map(Ended::With),
        Some(patience) => match tokio::time::timeout(patience, call).await {
            Ok(ended) => Some(Ended::With(ended)),
            Err(_) => Some(Ended::Dropped),
        },
    }
}

/// A method's own error, if it has one, says whose it is.
pub(crate) trait OwnError {
    fn is_of(&self, key: u64) -> bool;
}

impl OwnError for Refused {
    fn is_of(&self, key: u64) -> bool {
        self.key == key
    }
}

impl OwnError for NoError {
    fn is_of(&self, _key: u64) -> bool {
        match *self {}
    }
}
