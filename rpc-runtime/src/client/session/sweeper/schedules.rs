//! Calls that come while the sweeper falls asleep, under many schedules: a call that does not wake the
//! sweeper would wait for ever, which shuttle reports as a deadlock. See `client::session::sync`.

use std::sync::atomic::Ordering;

use shuttle::{
    future::{block_on, yield_now},
    rand::{Rng, thread_rng},
    sync::atomic::AtomicU64,
    thread,
};

use super::*;
use crate::{
    client::session::pending::{CallOutcome, Pending},
    schedules::check,
};

const METHOD: &MethodDef = &MethodDef::new("fib", "fib.compute");
const CALLERS: u64 = 2;
const CALLS: usize = 2;
/// Sweeps until a call is late: the one that its caller was too quick for does not end it.
const TIMEOUT: u64 = 2;

/// The state shared by callers and the sweeper. Time passes by one second with each sweep.
struct Stage {
    pending: Pending,
    trigger: SweepTrigger,
    start: Instant,
    seconds: AtomicU64,
    callers_left: AtomicU64,
}

impl Stage {
    fn at(&self, seconds: u64) -> Instant {
        self.start + Duration::from_secs(seconds)
    }

    fn sweep(&self) -> Option<bool> {
        let now = self.seconds.fetch_add(1, Ordering::SeqCst) + 1;
        self.pending.expire(self.at(now));
        (self.callers_left.load(Ordering::SeqCst) > 0).then(|| self.pending.len() > 0)
    }

    fn call(&self) {
        // Some come while the sweeper is about to fall asleep.
        for _ in 0..thread_rng().gen_range(0..8) {
            thread::yield_now();
        }
        let deadline = self.at(self.seconds.load(Ordering::SeqCst) + TIMEOUT);
        let call = self.pending.insert(METHOD, Some(deadline)).unwrap();
        self.trigger.wake();
        assert!(matches!(block_on(call.outcome), Ok(CallOutcome::TimedOut)));
    }
}

#[test]
fn no_call_misses_its_timeout_because_the_sweeper_sleeps() {
    check(|| {
        let stage = Arc::new(Stage {
            pending: Pending::default(),
            trigger: SweepTrigger::default(),
            start: Instant::now(),
            seconds: AtomicU64::new(0),
            callers_left: AtomicU64::new(CALLERS),
        });
        let sweeper = {
            let stage = Arc::clone(&stage);
            thread::spawn(move || block_on(sweep_while_awake(&stage.trigger, yield_now, || stage.sweep())))
        };
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                let stage = Arc::clone(&stage);
                thread::spawn(move || {
                    for _ in 0..CALLS {
                        stage.call();
                    }
                    stage.callers_left.fetch_sub(1, Ordering::SeqCst);
                    // The sweeper sees that no caller is left.
                    stage.trigger.wake();
                })
            })
            .collect();
        for caller in callers {
            caller.join().unwrap();
        }
        sweeper.join().unwrap();
    });
}
