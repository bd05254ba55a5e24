//! The layer that repeats calls. The clock is paused: timeouts and pauses take no time.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use amqp_rpc::{
    CallError, Client, Execution, Fault, FaultCode,
    client::ClientBuilder,
    contract::NoError,
    layers::Retry,
    middleware::{self, ClientNext, OutgoingCall, Reply},
    rpc_service,
};
use tokio::time::Instant;

#[rpc_service]
pub(crate) trait Store {
    #[rpc(idempotent)]
    async fn read(&self) -> usize;
    async fn write(&self) -> usize;
    #[rpc(idempotent)]
    async fn find(&self) -> Result<usize, String>;
}

/// What becomes of an attempt.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Fate {
    /// It is refused before it is sent, for now.
    Overloaded,
    /// It is refused for good, half a second later.
    Unauthorized,
    /// Its method runs and does not end.
    Hangs,
}

use Fate::{Hangs, Overloaded, Unauthorized};

/// Counts the attempts. Those beyond the list of fates are answered, with their number.
#[derive(Default)]
pub(crate) struct Attempts {
    fates: Mutex<VecDeque<Fate>>,
    made: AtomicUsize,
    ran: AtomicUsize,
}

impl Attempts {
    fn next(&self) -> Option<Fate> {
        self.fates.lock().expect("no test panics here").pop_front()
    }

    /// The next fate, if it is a refusal.
    fn refusal(&self) -> Option<Fate> {
        let mut fates = self.fates.lock().expect("no test panics here");
        if fates.front().is_some_and(|fate| *fate != Hangs) { fates.pop_front() } else { None }
    }

    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.made.load(Ordering::Relaxed), self.ran.load(Ordering::Relaxed))
    }

    async fn run(&self) -> usize {
        let number = self.ran.fetch_add(1, Ordering::Relaxed) + 1;
        match self.next() {
            Some(_) => std::future::pending().await,
            None => number,
        }
    }
}

impl Store for Attempts {
    async fn read(&self) -> usize {
        self.run().await
    }

    async fn write(&self) -> usize {
        self.run().await
    }

    async fn find(&self) -> Result<usize, String> {
        self.ran.fetch_add(1, Ordering::Relaxed);
        Err("there is none".into())
    }
}

pub(crate) fn store(retry: Retry, fates: impl IntoIterator<Item = Fate>) -> (StoreClient, Arc<Attempts>) {
    store_with(Client::builder(), retry, fates)
}

pub(crate) fn store_with(
    builder: ClientBuilder,
    retry: Retry,
    fates: impl IntoIterator<Item = Fate>,
) -> (StoreClient, Arc<Attempts>) {
    let attempts =
        Arc::new(Attempts { fates: Mutex::new(fates.into_iter().collect()), ..Attempts::default() });
    let refusing = Arc::clone(&attempts);
    let refuse = middleware::client_from_fn(move |call: OutgoingCall, next: ClientNext| {
        let attempts = Arc::clone(&refusing);
        async move {
            attempts.made.fetch_add(1, Ordering::Relaxed);
            let refused = attempts.refusal();
            let code = match refused {
                Some(Unauthorized) => {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                    FaultCode::Unauthorized
                }
                Some(_) => FaultCode::Overloaded,
                None => return next.run(call).await,
            };
            Err(CallError::Fault(Fault::new(code, "refused")))
        }
    });
    let layered = builder.layer(retry).layer(refuse);
    let client = layered.in_process().service(StoreServer::from_arc(Arc::clone(&attempts))).build();
    (StoreClient::new(client.expect("these options are valid")), attempts)
}

type Answered = Result<Reply, CallError<NoError>>;

/// With so little time that an attempt ends before its call.
pub(crate) fn impatient() -> Retry {
    Retry::new().attempt_timeout(Duration::from_secs(1))
}

#[tokio::test(start_paused = true)]
async fn a_call_that_did_not_run_is_repeated_as_often_as_allowed() {
    let (store, attempts) = store(Retry::new(), [Overloaded; 2]);
    assert_eq!(store.write().await.unwrap(), 1);
    assert_eq!(attempts.counts(), (3, 1));

    let (store, attempts) = self::store(Retry::new().attempts(4), [Overloaded; 9]);
    let error = store.write().await.unwrap_err();
    assert!(matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::Overloaded), "{error}");
    assert_eq!(attempts.counts(), (4, 0));

    let (store, attempts) = self::store(Retry::new().attempts(1), [Overloaded]);
    store.write().await.unwrap_err();
    assert_eq!(attempts.counts(), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn what_may_have_run_is_repeated_only_if_it_is_idempotent() {
    let (store, attempts) = store(impatient(), [Hangs]);
    let error = store.write().timeout(Duration::from_secs(5)).await.unwrap_err();
    let CallError::Timeout(timed_out) = &error else { panic!("{error}") };
    assert_eq!(timed_out.after(), Duration::from_secs(5), "what cannot be repeated has all the time");
    assert_eq!((attempts.counts(), error.execution()), ((1, 1), Execution::Unknown));

    let (store, attempts) = self::store(impatient(), [Hangs]);
    assert_eq!(store.read().await.unwrap(), 2);
    assert_eq!(attempts.counts(), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn the_error_says_that_the_method_may_have_run_if_any_attempt_may_have() {
    let (store, attempts) = store(impatient(), [Hangs, Overloaded, Overloaded]);
    let error = store.read().await.unwrap_err();
    assert_eq!(attempts.counts(), (3, 1));
    assert_eq!(error.execution(), Execution::Unknown, "{error}");
    assert!(error.is_retryable(), "it is idempotent");
}

#[tokio::test(start_paused = true)]
async fn a_result_of_the_method_is_never_repeated() {
    let (store, attempts) = store(Retry::new(), []);
    let error = store.find().await.unwrap_err();
    assert!(matches!(&error, CallError::Method(text) if text == "there is none"), "{error}");
    assert_eq!(attempts.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn no_attempt_begins_and_no_pause_lasts_beyond_the_time_of_the_call() {
    let hours = Duration::from_secs(24 * 3600);
    let (store, attempts) = store(Retry::new().pauses(hours, hours), [Overloaded; 3]);
    let started = Instant::now();
    store.write().timeout(Duration::from_millis(100)).await.unwrap_err();
    assert_eq!((attempts.counts().0, started.elapsed()), (1, Duration::ZERO), "no pause that is too long");

    let (store, attempts) = self::store(impatient().attempts(9).pauses(Duration::ZERO, hours), [Hangs; 9]);
    let started = Instant::now();
    store.read().timeout(Duration::from_millis(2500)).await.unwrap_err();
    let took = started.elapsed();
    assert_eq!(attempts.counts(), (3, 3), "1 s, 1 s, and what is left");
    assert!(took >= Duration::from_millis(2500) && took < Duration::from_millis(2600), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn pauses_are_random_and_double_up_to_the_longest() {
    let (first, longest) = (Duration::from_millis(100), Duration::from_millis(300));
    let mut totals = Vec::new();
    for _ in 0..20 {
        let retry = Retry::new().attempts(5).pauses(first, longest);
        let (store, _) = store(retry, [Overloaded; 4]);
        let started = Instant::now();
        store.write().await.unwrap();
        totals.push(started.elapsed());
    }
    // 100 + 200 + 300 + 300 ms, and tokio's timers round each up to a millisecond.
    let bound = Duration::from_millis(904);
    assert!(totals.iter().all(|total| *total <= bound), "{totals:?}");
    totals.dedup();
    assert!(totals.len() > 1, "{totals:?}");
}

#[tokio::test(start_paused = true)]
async fn all_calls_of_a_layer_share_its_budget() {
    let retry = Retry::new().budget(0.5, 0);
    let (store, attempts) = store(retry, [Overloaded; 1000]);
    for _ in 0..10 {
        store.write().await.unwrap_err();
    }
    assert_eq!(attempts.counts().0, 15, "every second call, once");

    let (store, attempts) = self::store(Retry::new().budget(0.0, 0), [Overloaded; 10]);
    store.write().await.unwrap_err();
    assert_eq!(attempts.counts().0, 1);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_would_be_cut_short_does_not_make_the_error_uncertain() {
    async fn slowly_refused(_: OutgoingCall, _: ClientNext) -> Answered {
        tokio::time::sleep(Duration::from_millis(600)).await;
        Err(CallError::Fault(Fault::new(FaultCode::Overloaded, "refused")))
    }
    let retry = Retry::new().pauses(Duration::ZERO, Duration::ZERO);
    let builder = Client::builder().timeout(Duration::from_secs(1)).layer(retry);
    let client = builder.layer(middleware::client_from_fn(slowly_refused)).in_process().build().unwrap();
    let started = Instant::now();
    let error = StoreClient::new(client).write().await.unwrap_err();
    assert_eq!(error.execution(), Execution::Never, "{error}");
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
}

#[test]
#[should_panic(expected = "zero attempts")]
fn a_layer_that_makes_no_attempt_is_refused() {
    let _ = Retry::new().attempts(0);
}

#[test]
#[should_panic(expected = "a share of -1")]
fn a_negative_budget_is_refused() {
    let _ = Retry::new().budget(-1.0, 10);
}
