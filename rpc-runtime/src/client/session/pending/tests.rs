//! The table on one thread, against a plain model.

use std::{collections::HashMap, time::Duration};

use amqp_rpc_transport::BrokerError;
use proptest::prelude::*;

use super::*;

const METHOD: &MethodDef = &MethodDef::new("fib", "fib.compute");

#[test]
fn the_first_outcome_wins() {
    let pending = Pending::default();
    let PendingCall { number, outcome: mut receiver } = pending.insert(METHOD, None).unwrap();
    assert!(pending.complete(number, CallOutcome::Unroutable).is_some());
    assert!(pending.complete(number, CallOutcome::TimedOut).is_none());
    assert!(matches!(receiver.try_recv(), Ok(CallOutcome::Unroutable)));
}

#[test]
fn a_late_reply_does_not_reach_the_call_that_took_its_place() {
    let pending = Pending::default();
    let PendingCall { number: old, outcome: _ } = pending.insert(METHOD, None).unwrap();
    pending.forget(old);
    let PendingCall { number: young, outcome: mut receiver } = pending.insert(METHOD, None).unwrap();
    assert_eq!(old.0 % MAX_CALLS as u64, young.0 % MAX_CALLS as u64);
    assert!(pending.complete(old, CallOutcome::Unroutable).is_none());
    assert!(receiver.try_recv().is_err());
}

#[test]
fn an_ended_table_fails_all_calls_and_takes_no_more() {
    let pending = Pending::default();
    let mut receiver = pending.insert(METHOD, None).unwrap().outcome;
    pending.end(EndReason::Disconnected(Arc::new(Disconnect::new("gone"))));
    pending.end(EndReason::Closed);
    assert!(matches!(receiver.try_recv(), Ok(CallOutcome::Disconnected(lost)) if &*lost.reason == "gone"));
    assert!(matches!(pending.insert(METHOD, None), Err(EndReason::Disconnected(_))));
    assert_eq!(pending.len(), 0);
}

#[test]
fn many_calls_that_are_late_at_once_time_out_in_slices() {
    let pending = Pending::default();
    let deadline = Instant::now();
    let mut calls: Vec<_> =
        (0..2 * MAX_EXPIRED + 1).map(|_| pending.insert(METHOD, Some(deadline)).unwrap()).collect();
    let mut healthy = pending.insert(METHOD, Some(deadline + Duration::from_secs(60))).unwrap();
    for left in [MAX_EXPIRED + 1, 1] {
        pending.expire(deadline);
        // Between two slices others go on.
        assert_eq!(pending.len(), left + 1);
    }
    assert!(pending.complete(healthy.number, CallOutcome::Unroutable).is_some());
    assert!(healthy.outcome.try_recv().is_ok());
    pending.expire(deadline);
    assert_eq!(pending.len(), 0);
    let has_timed_out = |call: &mut PendingCall| matches!(call.outcome.try_recv(), Ok(CallOutcome::TimedOut));
    assert!(calls.iter_mut().all(has_timed_out));
}

/// The outcomes of these calls when the broker, low on disk, closes their channel.
fn refused(methods: &[&'static MethodDef], forgotten: Option<usize>) -> Vec<CallOutcome> {
    let pending = Pending::default();
    let insert = |method: &&'static MethodDef| pending.insert(method, None).expect("it has not ended");
    let calls: Vec<_> = methods.iter().map(insert).collect();
    if let Some(forgotten) = forgotten {
        pending.forget(calls[forgotten].number);
    }
    let low = BrokerError::new(Some(406), "PRECONDITION_FAILED - Server low on disk space");
    pending.end_with_channel(Arc::new(Disconnect::from(&low)));
    calls.into_iter().filter_map(|mut call| call.outcome.try_recv().ok()).collect()
}

#[test]
fn of_the_calls_on_a_channel_that_a_broker_low_on_disk_closes_only_the_last_one_was_certainly_refused() {
    const NOTIFICATION: &MethodDef = &MethodDef::new("mail", "mail.send").notify();
    assert!(matches!(refused(&[METHOD], None)[..], [CallOutcome::Blocked(_)]));
    let both = refused(&[METHOD, METHOD], None);
    assert!(matches!(both[..], [CallOutcome::Disconnected(_), CallOutcome::Disconnected(_)]));
    assert!(matches!(refused(&[METHOD, METHOD], Some(0))[..], [CallOutcome::Blocked(_)]));
    // The one that nobody waits for may be the one that was refused, and was the later one.
    assert!(matches!(refused(&[METHOD, METHOD], Some(1))[..], [CallOutcome::Disconnected(_)]));
    // It was sent on another channel.
    assert!(matches!(refused(&[NOTIFICATION], None)[..], [CallOutcome::Disconnected(_)]));
}

#[test]
fn it_is_asked_once_who_serves_a_call_before_it_is_late() {
    let start = Instant::now();
    let pending = Pending::default();
    let deadline = start + Duration::from_secs(10);
    let mut receiver = pending.insert(METHOD, Some(deadline)).unwrap().outcome;
    pending.insert(METHOD, Some(deadline)).unwrap();
    let asking = deadline - QUERIED_BEFORE;
    assert!(pending.expire(asking - Duration::from_millis(1)).is_empty());
    assert_eq!(pending.expire(asking), [METHOD]);
    assert!(pending.expire(asking).is_empty());
    assert!(receiver.try_recv().is_err());
    assert!(pending.expire(deadline).is_empty());
    assert!(matches!(receiver.try_recv(), Ok(CallOutcome::TimedOut)));
}

#[derive(Clone, Debug)]
enum Step {
    Insert(Option<u8>),
    Complete(prop::sample::Index),
    Forget(prop::sample::Index),
    Expire(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        any::<Option<u8>>().prop_map(Step::Insert),
        any::<prop::sample::Index>().prop_map(Step::Complete),
        any::<prop::sample::Index>().prop_map(Step::Forget),
        any::<u8>().prop_map(Step::Expire),
    ];
    proptest::collection::vec(step, 0..200)
}

proptest! {
    /// Against a plain model: which calls are pending, and until when.
    #[test]
    fn every_call_gets_one_outcome_and_no_other_call_s(steps in steps()) {
        let start = Instant::now();
        let at = |seconds: u8| start + Duration::from_secs(seconds.into());
        let pending = Pending::default();
        let mut seen = Vec::new();
        let mut waiting: HashMap<u64, (Option<u8>, oneshot::Receiver<CallOutcome>)> = HashMap::new();
        for step in steps {
            match step {
                Step::Insert(deadline) => {
                    let PendingCall { number, outcome: receiver } = pending.insert(METHOD, deadline.map(at)).unwrap();
                    prop_assert!(!seen.contains(&number), "numbers are never reused");
                    seen.push(number);
                    waiting.insert(number.0, (deadline, receiver));
                }
                Step::Complete(index) if !seen.is_empty() => {
                    let number = *index.get(&seen);
                    let waited = waiting.remove(&number.0);
                    prop_assert_eq!(pending.complete(number, CallOutcome::Unroutable).is_some(), waited.is_some());
                    if let Some((_, mut receiver)) = waited {
                        prop_assert!(matches!(receiver.try_recv(), Ok(CallOutcome::Unroutable)));
                    }
                }
                Step::Forget(index) if !seen.is_empty() => {
                    let number = *index.get(&seen);
                    pending.forget(number);
                    waiting.remove(&number.0);
                }
                Step::Expire(now) => {
                    drop(pending.expire(at(now)));
                    waiting.retain(|_, (deadline, receiver)| {
                        let late = deadline.is_some_and(|deadline| deadline <= now);
                        assert_eq!(matches!(receiver.try_recv(), Ok(CallOutcome::TimedOut)), late);
                        !late
                    });
                }
                Step::Complete(_) | Step::Forget(_) => {}
            }
            prop_assert_eq!(pending.len(), waiting.len());
        }
    }
}
