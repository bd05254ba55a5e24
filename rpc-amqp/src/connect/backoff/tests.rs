//! Single delays, and how a herd of clients comes back, on a simulated clock.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::*;

fn backoff() -> Backoff {
    Backoff::new(&ConnectOptions::new("amqp://h"))
}

#[test]
fn bounds_double_up_to_the_longest_delay_and_reset() {
    let bounds: Vec<u128> = [0, 1, 2, 5, 6, 31, 32, u32::MAX]
        .map(|failures| Backoff { failures, ..backoff() }.bound().as_millis())
        .into();
    assert_eq!(bounds, [100, 200, 400, 3200, 4000, 4000, 4000, 4000]);
    let options = ConnectOptions::new("amqp://h").max_delay(Duration::from_millis(250));
    let mut backoff = Backoff::new(&options);
    for _ in 0..40 {
        assert!(backoff.next_delay() <= Duration::from_millis(250));
    }
    backoff.reset_after(Duration::from_millis(999));
    assert_ne!(
        backoff.failures, 0,
        "a connection that was lost after less than a second does not reset the backoff"
    );
    backoff.reset_after(Duration::from_secs(1));
    assert!(backoff.next_delay() < FIRST_BOUND);
    let restless = Backoff::new(&options.max_delay(Duration::ZERO));
    assert_eq!(restless.bound(), Duration::from_millis(10));
}

#[test]
fn slow_attempts_at_a_broker_stretch_the_delays_and_others_do_not() {
    let seconds = Duration::from_secs;
    let mut backoff = Backoff { failures: 9, ..backoff() };
    let mut bound_after = |took, reached_broker| {
        backoff.attempt_failed(took, reached_broker);
        backoff.bound()
    };
    assert_eq!(bound_after(seconds(10), false), seconds(4), "no broker was there");
    assert_eq!(bound_after(seconds(10), true), seconds(10));
    assert_eq!(bound_after(seconds(10), true), seconds(20));
    assert_eq!(bound_after(seconds(10), true), seconds(32));
    assert_eq!(bound_after(seconds(10), true), seconds(32));
    assert_eq!(bound_after(Duration::from_millis(3), true), seconds(4), "the crowd is gone");
}

#[test]
fn two_hundred_clients_come_back_spread_over_the_whole_delay() {
    let mut tenths = [0; 10];
    for _ in 0..200 {
        let mut backoff = Backoff { failures: 5, ..backoff() };
        let bound = backoff.bound();
        let share = backoff.next_delay().as_secs_f64() / bound.as_secs_f64();
        tenths[((share * 10.0) as usize).min(9)] += 1;
    }
    // Twenty each on average. A count outside these limits occurs once in thousands of runs.
    assert!(tenths.iter().all(|clients| (1..=45).contains(clients)), "{tenths:?}");
}

/// The goal for an outage: of a thousand clients 99 % are back within five seconds, and no queue of attempts
/// builds up at the broker. It is 3.6 s; with a longest delay of 30 s it was 24 s.
#[test]
fn of_a_thousand_clients_nearly_all_are_back_five_seconds_after_their_broker() {
    for outage in [2, 6, 10, 17, 60] {
        let herd = Herd { clients: 1000, outage: Duration::from_secs(outage), served_per_second: 500 };
        let back = herd.come_back();
        let (nearly_all, last) = (back.after[989], back.after[999]);
        assert!(nearly_all < Duration::from_secs(5), "{outage} s: 99 % after {nearly_all:?}");
        assert!(last < Duration::from_millis(5500), "{outage} s: the last after {last:?}");
        // Half of all come in the first 1.2 s: the queue at the broker stays short.
        assert!(back.longest_wait < Duration::from_secs(1), "{outage} s: {:?}", back.longest_wait);
        assert_eq!(back.timed_out, 0, "{outage} s");
    }
}

/// More clients than the broker serves within their timeout: without longer delays their repeated attempts
/// would keep it busy for ever.
#[test]
fn a_crowd_that_the_broker_cannot_serve_in_time_comes_back_all_the_same() {
    let herd = Herd { clients: 20_000, outage: Duration::from_secs(10), served_per_second: 500 };
    let back = herd.come_back();
    let last = back.after[19_999];
    // 40 s of work, and what the attempts cost that came too late. It is about 90 s.
    assert!(last < Duration::from_secs(150), "the last after {last:?}, {} timed out", back.timed_out);
}

/// Clients that lose their broker at the same moment.
struct Herd {
    clients: usize,
    outage: Duration,
    served_per_second: u32,
}

/// How a herd came back.
struct ComeBack {
    /// When each client was connected, counted from the broker's return; sorted.
    after: Vec<Duration>,
    /// The longest time that an attempt which succeeded had waited for the broker.
    longest_wait: Duration,
    timed_out: usize,
}

impl Herd {
    /// Simulates it: the broker refuses at once while it is down, and then serves one attempt after the other,
    /// and half of each whose client has given up.
    fn come_back(&self) -> ComeBack {
        let options = ConnectOptions::new("amqp://h");
        let service = Duration::from_secs(1) / self.served_per_second;
        let mut backoffs: Vec<_> = (0..self.clients).map(|_| Backoff::new(&options)).collect();
        let first = backoffs.iter_mut().map(Backoff::next_delay).enumerate();
        let mut attempts: BinaryHeap<_> = first.map(|(client, at)| Reverse((at, client))).collect();
        let mut busy_until = self.outage;
        let mut back = ComeBack { after: Vec::new(), longest_wait: Duration::ZERO, timed_out: 0 };
        while let Some(Reverse((at, client))) = attempts.pop() {
            let backoff = &mut backoffs[client];
            if at < self.outage {
                backoff.attempt_failed(Duration::ZERO, false);
                attempts.push(Reverse((at + backoff.next_delay(), client)));
                continue;
            }
            let begin = busy_until.max(at);
            let wait = begin + service - at;
            if wait <= options.timeout {
                busy_until = begin + service;
                back.longest_wait = back.longest_wait.max(wait);
                back.after.push(busy_until - self.outage);
            } else {
                // The broker finds out in the middle of the handshake.
                busy_until = begin + service / 2;
                back.timed_out += 1;
                assert!(
                    back.timed_out < 100 * self.clients,
                    "the broker serves only attempts that are too late"
                );
                backoff.attempt_failed(options.timeout, true);
                attempts.push(Reverse((at + options.timeout + backoff.next_delay(), client)));
            }
        }
        back.after.sort_unstable();
        back
    }
}
