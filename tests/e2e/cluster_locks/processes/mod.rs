//! Many calls in several server processes that are killed or stopped one after the other: no two calls of a key run at
//! the same time. Each process writes when its calls begin and end; a checker reads it.

mod checker;
mod fleet;
mod program;

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use amqp_rpc::Client;
use futures_util::{StreamExt, stream};

use self::{
    checker::Report,
    fleet::{End, Fleet},
    program::{LockedClient, UnlockedClient},
};
use crate::support::Vhost;

/// What one run of the program does.
#[derive(Clone, Copy, Debug)]
struct Load {
    calls: u64,
    keys: u64,
    /// How long each call holds its key at most, in milliseconds; on average half of it.
    longest: u64,
    /// Between two ends of a server process.
    pause: Duration,
}

/// A few seconds, for continuous integration.
const SHORT: Load = Load { calls: 800, keys: 20, longest: 100, pause: Duration::from_millis(400) };
/// About half a minute.
const FULL: Load = Load { calls: 10_000, keys: 50, longest: 200, pause: Duration::from_secs(1) };

/// The same calls, with and without a lock.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Contract {
    Locked,
    Unlocked,
}

/// Makes all calls while the servers of three processes end in turn. Every call must succeed.
async fn run(load: Load, contract: Contract, end: End) -> Report {
    let vhost = Vhost::create().await;
    let mut fleet = Fleet::start(&vhost.uri(), 3).await;
    let client = Client::connect(vhost.uri()).await.expect("the broker accepts clients");
    let done = Arc::new(AtomicBool::new(false));
    let calling = tokio::spawn(make_calls(client, load, contract, Arc::clone(&done)));
    while !done.load(Ordering::SeqCst) {
        fleet.end_next_after(load.pause, end).await;
    }
    let failed: Vec<String> = calling.await.expect("the calls do not panic");
    let report = fleet.finish().await;
    assert!(failed.is_empty(), "{} of {} calls failed: {:?}", failed.len(), load.calls, failed.first());
    println!("{contract:?}, {end:?}: {report}");
    report
}

async fn make_calls(client: Client, load: Load, contract: Contract, done: Arc<AtomicBool>) -> Vec<String> {
    let (locked, unlocked) = (LockedClient::new(client.clone()), UnlockedClient::new(client));
    let timeout = Duration::from_secs(120);
    let calls = stream::iter(0..load.calls).map(|call| {
        // Spread over keys and durations, the same in every run.
        let (key, millis) = (call * 7919 % load.keys, call * 104_729 % load.longest);
        let (locked, unlocked) = (&locked, &unlocked);
        async move {
            match contract {
                Contract::Locked => locked.hold(key, millis).timeout(timeout).await,
                Contract::Unlocked => unlocked.hold(key, millis).timeout(timeout).await,
            }
        }
    });
    let results: Vec<_> = calls.buffer_unordered(200).collect().await;
    done.store(true, Ordering::SeqCst);
    results.into_iter().filter_map(Result::err).map(|error| error.to_string()).collect()
}

fn assert_locked(report: &Report, load: Load) {
    assert!(report.overlaps.is_empty() && report.falling_tokens.is_empty(), "{report}");
    assert!(report.finished >= load.calls, "{report}");
    assert!(report.handovers > 0, "no key came to another process: {report}");
    assert!(report.most_at_once > 3, "keys do not wait for each other: {report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_two_calls_of_a_key_run_at_the_same_time_while_servers_are_killed() {
    let report = run(SHORT, Contract::Locked, End::Killed).await;
    assert_locked(&report, SHORT);
    assert!(report.servers > 4, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_lock_in_the_cluster_the_same_calls_overlap() {
    let report = run(SHORT, Contract::Unlocked, End::Killed).await;
    assert!(!report.overlaps.is_empty(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_are_replaced_one_after_the_other_fail_no_call_and_no_lock() {
    let report = run(SHORT, Contract::Locked, End::Terminated).await;
    assert_locked(&report, SHORT);
    assert_eq!(report.finished, SHORT.calls, "nothing ran twice: {report}");
    assert!(report.servers > 4, "{report}");
}

/// Ten thousand calls, and a kill every second.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute or two: AMQP_RPC_TEST_FULL_LOAD, as scripts/full.sh sets it"]
async fn ten_thousand_calls_while_a_server_is_killed_every_second() {
    if env::var_os("AMQP_RPC_TEST_FULL_LOAD").is_none() {
        return;
    }
    let report = run(FULL, Contract::Locked, End::Killed).await;
    assert_locked(&report, FULL);
    let report = run(FULL, Contract::Locked, End::Terminated).await;
    assert_locked(&report, FULL);
    let report = run(FULL, Contract::Unlocked, End::Killed).await;
    assert!(!report.overlaps.is_empty(), "{report}");
}

/// The program of a server process. Run by [`fleet`], and otherwise a test that does nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_of_the_fleet() {
    if crate::support::Program::is_running_test() {
        let journal = env::var_os(program::JOURNAL).expect("the fleet names the journal");
        program::serve(&env::var("AMQP_URL").expect("the fleet names the broker"), journal.into()).await;
    }
}
