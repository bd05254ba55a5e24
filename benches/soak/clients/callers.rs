//! The callers: tasks that make every kind of call, one after the other, and record its outcome. In between
//! they publish one-way messages.

use std::{
    borrow::Cow,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use amqp_rpc::{
    Call, CallError, Client, Execution,
    contract::{NoError, Request, Response},
};
use futures_util::future::join_all;
use tokio::time::Instant;

use super::{
    outcome_counts::label,
    publishers::Publisher,
    records::Records,
    waiting::{Ended, MAX_OVERRUN, wait_for},
};
use crate::{
    ledgers::{
        call_kinds::{CallKind, MIX},
        outcome::CallOutcome,
    },
    random::Rng,
    servers::{OldWorkClient, Refused, UnservedClient, VaultClient, WorkClient, answer_to},
};

/// Whether the client uses direct reply-to, as half of them do.
pub(crate) fn has_direct_replies(client: usize) -> bool {
    client % 2 == 1
}

/// Whether the calls of the client share messages, as those of every fourth do. They make several at a time now and
/// then.
pub(crate) fn coalesces(client: usize) -> bool {
    client.is_multiple_of(4)
}

/// A task that makes one call or message at a time.
pub(crate) struct Caller {
    records: Arc<Records>,
    /// The number of its client.
    number: usize,
    rng: Rng,
    work: WorkClient,
    old_work: OldWorkClient,
    vault: VaultClient,
    unserved: UnservedClient,
    publisher: Publisher,
}

/// The settings of one call.
struct CallSettings {
    key: u64,
    kind: CallKind,
    timeout: Duration,
    fails_fast: bool,
    /// Its caller drops it after this time.
    dropped_after: Option<Duration>,
}

impl Caller {
    pub(crate) fn new(records: Arc<Records>, number: usize, client: Client, mut rng: Rng) -> Self {
        Self {
            publisher: Publisher::new(Arc::clone(&records), client.clone(), rng.split()),
            records,
            number,
            rng,
            work: WorkClient::new(client.clone()),
            old_work: OldWorkClient::new(client.clone()),
            vault: VaultClient::new(client.clone()),
            unserved: UnservedClient::new(client),
        }
    }

    /// Calls and publishes until `end`, at most once in `pause`.
    pub(crate) async fn run(mut self, end: Instant, pause: Duration) {
        let mut turns = tokio::time::interval(pause);
        turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        while Instant::now() < end {
            turns.tick().await;
            if self.rng.one_in(4) {
                let Some(()) = self.publisher.send().await else { return };
                continue;
            }
            if coalesces(self.number) && self.rng.one_in(3) {
                let Some(()) = self.call_together().await else { return };
                continue;
            }
            let kind = self.rng.weighted(MIX);
            let timeout = match kind {
                CallKind::TooSlow => self.rng.millis(20, 100),
                _ => [100, 1000, 5000].map(Duration::from_millis)[self.rng.below(3) as usize],
            };
            let Some(key) = self.records.ledger.make(kind, timeout) else {
                return;
            };
            let dropped_after = self.rng.one_in(30).then(|| self.rng.millis(0, 15));
            let fails_fast = self.rng.one_in(12);
            self.call(CallSettings { key, kind, timeout, fails_fast, dropped_after }).await;
        }
    }

    /// Makes several calls at once, which may share a message. `None` when the ledger is full.
    async fn call_together(&mut self) -> Option<()> {
        let mut calls = Vec::new();
        for _ in 0..2 + self.rng.below(10) {
            let kind = CallKind::Plain;
            let timeout = [100, 1000, 5000].map(Duration::from_millis)[self.rng.below(3) as usize];
            let key = self.records.ledger.make(kind, timeout)?;
            let micros = if self.rng.one_in(4) { self.rng.below(20_000) } else { 0 };
            let dropped_after = self.rng.one_in(30).then(|| self.rng.millis(0, 15));
            calls.push((CallSettings { key, kind, timeout, fails_fast: false, dropped_after }, micros));
        }
        let calls = calls.into_iter().map(|(settings, micros)| {
            let key = settings.key;
            self.observe(self.work.plain(key, micros), settings, move |value| *value == answer_to(key))
        });
        join_all(calls).await;
        Some(())
    }

    async fn call(&mut self, settings: CallSettings) {
        let key = settings.key;
        let is_own = move |value: &u64| *value == answer_to(key);
        // Most methods are quick; some take as long as real work does, so that they are interrupted.
        let micros = if self.rng.one_in(4) { self.rng.below(20_000) } else { 0 };
        match settings.kind {
            CallKind::Plain => self.observe(self.work.plain(key, micros), settings, is_own).await,
            CallKind::Idempotent => self.observe(self.work.again(key, micros), settings, is_own).await,
            CallKind::AtMostOnce => self.observe(self.work.once(key, micros), settings, is_own).await,
            CallKind::Blocking => self.observe(self.work.grind(key, micros / 4), settings, is_own).await,
            CallKind::MethodError => self.observe(self.work.refuse(key), settings, |_| false).await,
            CallKind::Large => {
                let size = 1 << (10 + self.rng.below(10));
                let load = "x".repeat(size);
                let is_whole =
                    move |(value, load): &(u64, String)| *value == answer_to(key) && load.len() == size;
                self.observe(self.work.carry(key, load), settings, is_whole).await;
            }
            CallKind::Panic => self.observe(self.work.panic(key), settings, |()| false).await,
            CallKind::Garbled => self.observe(self.old_work.garble(key), settings, |_| false).await,
            CallKind::QuorumPlain => self.observe(self.vault.plain(key, micros), settings, is_own).await,
            CallKind::QuorumIdempotent => self.observe(self.vault.again(key, micros), settings, is_own).await,
            CallKind::QuorumAtMostOnce => self.observe(self.vault.once(key, micros), settings, is_own).await,
            CallKind::Unserved => self.observe(self.unserved.plain(key), settings, |_| false).await,
            CallKind::TooSlow => {
                let micros = settings.timeout.as_micros() as u64 * 2;
                self.observe(self.work.plain(key, micros), settings, is_own).await;
            }
        }
    }

    async fn observe<R>(
        &self,
        call: Call<R>,
        settings: CallSettings,
        is_own: impl FnOnce(&<R::Response as Response>::Value) -> bool,
    ) where
        R: Request,
        R::Error: OwnError,
    {
        let CallSettings { key, kind, timeout, fails_fast, dropped_after } = settings;
        let call = call.timeout(timeout);
        let call = if fails_fast { call.fail_fast() } else { call };
        let ledger = &self.records.ledger;
        let (made, begun) = (ledger.journal.now(), Instant::now());
        let Some(ended) = wait_for(call, timeout + MAX_OVERRUN, dropped_after).await else {
            ledger.violate(key, &format!("no outcome {MAX_OVERRUN:?} after its timeout of {timeout:?}"));
            self.records.outcomes.add(kind, "hangs");
            ledger.end(key, CallOutcome::Unknown, "nothing");
            return;
        };
        let overrun = begun.elapsed().saturating_sub(timeout);
        self.records.overrun_micros.fetch_max(overrun.as_micros() as u64, Ordering::Relaxed);
        let outcome = match &ended {
            Ended::Dropped => CallOutcome::Dropped,
            Ended::With(Ok(value)) => {
                if !is_own(value) {
                    ledger.violate(key, "it was answered with the result of another call");
                }
                CallOutcome::Answered
            }
            Ended::With(Err(error)) => match (error.execution(), error) {
                (_, CallError::Method(error)) => {
                    if !error.is_of(key) {
                        ledger.violate(key, "it was answered with the error of another call");
                    }
                    CallOutcome::MethodError
                }
                (Execution::Never, CallError::Fault(_)) => CallOutcome::Refused,
                (Execution::Never, _) => CallOutcome::Never,
                (Execution::Completed, _) => CallOutcome::Undecodable,
                _ => CallOutcome::Unknown,
            },
        };
        if matches!(outcome, CallOutcome::Answered | CallOutcome::MethodError) {
            self.records.recoveries.answered(self.number, made, &ledger.journal);
        }
        let label = match &ended {
            Ended::Dropped => Cow::Borrowed("dropped"),
            Ended::With(Ok(_)) => Cow::Borrowed("answered"),
            Ended::With(Err(error)) => label(error),
        };
        self.records.outcomes.add(kind, &label);
        ledger.end(key, outcome, &label);
    }
}

/// Whether an error is that of this call: a method's error carries its number.
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
