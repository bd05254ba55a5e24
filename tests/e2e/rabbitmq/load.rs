//! A load of calls that continues through a fault, with the outcome of each call.

use std::{
    fmt,
    time::{Duration, Instant},
};

use amqp_rpc::{CallError, CallOptions, Client, Execution, error::Phase};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{interval, timeout},
};

use super::ledger::{Book, LedgerClient};

/// A timeout that only a hang reaches.
const HANG: Duration = Duration::from_secs(60);
/// Each caller makes a plain and an idempotent call per interval, unless it waits for a reply.
const PACE: Duration = Duration::from_millis(10);

/// Callers that make calls until they are stopped.
#[derive(Debug)]
pub(super) struct Load {
    stop: watch::Sender<bool>,
    answered: watch::Sender<usize>,
    callers: JoinSet<Vec<Call>>,
}

/// One call that has ended.
#[derive(Debug)]
struct Call {
    tag: u64,
    idempotent: bool,
    ended: Instant,
    outcome: Result<(), Failed>,
}

struct Failed {
    error: String,
    kind: Kind,
    execution: Execution,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Disconnected,
    /// Sent, and timed out.
    Unanswered,
    Other,
}

/// All calls of a load, in the order in which they ended.
#[derive(Debug)]
pub(super) struct Account(Vec<Call>);

impl Load {
    /// Starts `callers` on each of these clients. With a timeout longer than any outage, a call that times
    /// out was lost.
    pub(super) fn start(clients: &[Client], callers: u64, timeout: Duration) -> Self {
        let mut load = Self {
            stop: watch::Sender::new(false),
            answered: watch::Sender::new(0),
            callers: JoinSet::new(),
        };
        for (number, client) in (0..).zip(clients.iter().flat_map(|client| (0..callers).map(move |_| client)))
        {
            let ledger = LedgerClient::new(client.clone()).with_options(CallOptions::new().timeout(timeout));
            let call_on = call_on(ledger, number << 32, load.stop.subscribe(), load.answered.clone());
            load.callers.spawn(call_on);
        }
        load
    }

    /// Waits until `calls` further calls have been answered.
    pub(super) async fn until_answered(&self, calls: usize) {
        let mut answered = self.answered.subscribe();
        let enough = *answered.borrow() + calls;
        let answered = timeout(HANG, answered.wait_for(|answered| *answered >= enough)).await;
        answered.expect("calls are answered").expect("the load holds the sender");
    }

    /// Lets every caller end its last calls.
    pub(super) async fn stop(mut self) -> Account {
        self.stop.send_replace(true);
        let mut calls = Vec::new();
        while let Some(caller) = timeout(HANG, self.callers.join_next()).await.expect("no call hangs") {
            calls.extend(caller.expect("no caller panics"));
        }
        calls.sort_by_key(|call| call.ended);
        Account(calls)
    }
}

async fn call_on(
    ledger: LedgerClient,
    first: u64,
    stop: watch::Receiver<bool>,
    answered: watch::Sender<usize>,
) -> Vec<Call> {
    let mut pace = interval(PACE);
    let mut calls = Vec::new();
    for tag in (first..).step_by(2) {
        if *stop.borrow() {
            break;
        }
        pace.tick().await;
        let plain = ledger.enter(tag).await;
        calls.push(Call::ended(tag, false, plain));
        let idempotent = ledger.enter_again(tag + 1).await;
        calls.push(Call::ended(tag + 1, true, idempotent));
        let both = &calls[calls.len() - 2..];
        answered.send_modify(|answered| *answered += both.iter().filter(|call| call.outcome.is_ok()).count());
    }
    calls
}

impl Call {
    fn ended<E: fmt::Debug>(tag: u64, idempotent: bool, outcome: Result<u64, CallError<E>>) -> Self {
        let outcome = match outcome {
            Ok(answer) => {
                assert_eq!(answer, tag);
                Ok(())
            }
            Err(error) => Err(Failed {
                kind: match &error {
                    CallError::Disconnected(_) => Kind::Disconnected,
                    CallError::Timeout(timeout) if timeout.phase() == Phase::Sent => Kind::Unanswered,
                    _ => Kind::Other,
                },
                execution: error.execution(),
                error: format!("{error:?}"),
            }),
        };
        Self { tag, idempotent, ended: Instant::now(), outcome }
    }
}

impl fmt::Debug for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, execution {:?}", self.error, self.execution)
    }
}

impl Account {
    /// Panics unless every call is accounted for: an idempotent one was answered, a plain one answered or
    /// lost with its connection and known to be so, an answered one ran, and one that is said not to have run
    /// did not.
    pub(super) fn check(&self, book: &Book) {
        self.check_each(book, |call, failed| !call.idempotent && failed.kind == Kind::Disconnected);
    }

    /// The same, but some calls of either kind may have timed out. Returns how many.
    pub(super) fn check_but_for_unanswered(&self, book: &Book) -> usize {
        let is_unanswered = |failed: &Failed| failed.kind == Kind::Unanswered;
        self.check_each(book, |call, failed| {
            is_unanswered(failed) || (!call.idempotent && failed.kind == Kind::Disconnected)
        });
        self.0.iter().filter(|call| call.outcome.as_ref().is_err_and(is_unanswered)).count()
    }

    fn check_each(&self, book: &Book, may_fail: impl Fn(&Call, &Failed) -> bool) {
        for call in &self.0 {
            let (tag, runs) = (call.tag, book.runs_of(call.tag));
            match &call.outcome {
                Ok(()) => assert!(runs >= 1, "call {tag:x} was answered and did not run"),
                Err(failed) => {
                    assert!(may_fail(call, failed), "{call:?}, ran {runs} times");
                    let is_known = failed.execution == Execution::Unknown || runs == 0;
                    assert!(is_known, "{call:?}, ran {runs} times");
                }
            }
        }
    }

    /// Panics unless every call was answered.
    pub(super) fn check_all_answered(&self) {
        let failed = self.0.iter().find(|call| call.outcome.is_err());
        assert!(failed.is_none(), "{} of {} calls failed, such as {failed:?}", self.failed(), self.len());
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn failed(&self) -> usize {
        self.0.iter().filter(|call| call.outcome.is_err()).count()
    }

    /// The longest time without an answered call: the outage as callers saw it.
    pub(super) fn outage(&self) -> Duration {
        let answered: Vec<_> =
            self.0.iter().filter(|call| call.outcome.is_ok()).map(|call| call.ended).collect();
        answered.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} calls, {} of them failed, longest time without an answer {:?}",
            self.len(),
            self.failed(),
            self.outage()
        )
    }
}
