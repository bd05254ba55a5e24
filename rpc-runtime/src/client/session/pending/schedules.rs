//! Callers, replies, timeouts and the end of the table at once, under many schedules: see
//! `client::session::sync`.

use std::collections::HashMap;

use shuttle::{sync::Mutex, thread};

use super::*;
use crate::{
    codec::AnyCodec, schedules::check, secrets::MessageScope, test_contract::Compute, wire::reply::Reading,
};
use amqp_rpc_transport::{Delivered, Properties};

const METHOD: &MethodDef = &MethodDef::new("fib", "fib.compute");
const CALLERS: usize = 3;
const READING: Reading<'static> =
    Reading { idempotent: false, codec: &AnyCodec::JSON, max_bytes: 1024, scope: MessageScope::NONE };

/// A reply that holds the number of the call that it is for.
fn reply_to(number: CallNumber) -> CallOutcome {
    let delivered = Delivered {
        tag: 1,
        redelivered: false,
        exchange: Default::default(),
        routing_key: "replies".into(),
        properties: Properties::default(),
        body: number.0.to_string().into(),
        refusal: None,
        received_at: Instant::now(),
    };
    CallOutcome::Replied(ReceivedReply::read(delivered).1)
}

/// The events of one run.
#[derive(Default)]
struct Seen {
    /// Calls that are in the table, or were.
    numbers: Mutex<Vec<CallNumber>>,
    /// How often the table took an outcome for a call.
    taken: Mutex<HashMap<u64, usize>>,
    forgotten: Mutex<Vec<CallNumber>>,
}

/// Hands every call that there is by now a reply, and the same once more.
fn answer(pending: &Pending, seen: &Seen) {
    for _ in 0..2 {
        let numbers = seen.numbers.lock().unwrap().clone();
        for number in numbers {
            if pending.complete(number, reply_to(number)).is_some() {
                *seen.taken.lock().unwrap().entry(number.0).or_default() += 1;
            }
        }
    }
}

#[test]
fn every_call_has_one_outcome_and_it_is_its_own() {
    check(|| {
        let (pending, seen) = (Arc::new(Pending::default()), Arc::new(Seen::default()));
        let deadline = Instant::now() + Duration::from_secs(10);
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let (pending, seen) = (Arc::clone(&pending), Arc::clone(&seen));
                thread::spawn(move || {
                    let PendingCall { number, outcome: receiver } =
                        pending.insert(METHOD, Some(deadline)).ok()?;
                    seen.numbers.lock().unwrap().push(number);
                    if caller == 0 {
                        // It gives up, and another call may have its index at once.
                        pending.forget(number);
                        seen.forgotten.lock().unwrap().push(number);
                    }
                    Some((number, receiver))
                })
            })
            .collect();
        let run = |task: fn(&Pending, &Seen, Instant)| {
            let (pending, seen) = (Arc::clone(&pending), Arc::clone(&seen));
            thread::spawn(move || task(&pending, &seen, deadline))
        };
        let others = [
            run(|pending, seen, _| answer(pending, seen)),
            run(|pending, seen, _| answer(pending, seen)),
            run(|pending, _, deadline| drop(pending.expire(deadline))),
            run(|pending, _, _| pending.end(EndReason::Closed)),
        ];
        let calls: Vec<_> = callers.into_iter().filter_map(|caller| caller.join().unwrap()).collect();
        for other in others {
            other.join().unwrap();
        }

        assert_eq!(pending.len(), 0, "a call after the end was not taken");
        let taken = seen.taken.lock().unwrap();
        let forgotten = seen.forgotten.lock().unwrap();
        for (number, mut receiver) in calls {
            let replies = taken.get(&number.0).copied().unwrap_or_default();
            assert!(replies <= 1, "{number:?} was answered {replies} times");
            match receiver.try_recv() {
                Ok(CallOutcome::Replied(reply)) => {
                    assert_eq!(
                        reply.decode::<Compute>(READING).unwrap(),
                        number.0,
                        "the reply of another call"
                    );
                    assert_eq!(replies, 1);
                }
                Ok(CallOutcome::TimedOut | CallOutcome::Disconnected(_)) => {
                    assert_eq!(replies, 0, "two outcomes")
                }
                Ok(CallOutcome::Blocked(_) | CallOutcome::QueueFull(_)) => panic!("nothing was refused"),
                Ok(CallOutcome::Unroutable) => panic!("nothing was returned"),
                Ok(CallOutcome::RepliedToAll(_)) => panic!("no call shares its message"),
                Err(_) => assert!(forgotten.contains(&number), "{number:?} waits for ever"),
            }
        }
    });
}

/// Indexes are used again while replies to the calls that had them before still come.
#[test]
fn an_index_that_is_used_again_takes_no_reply_of_the_call_before() {
    check(|| {
        let pending = Arc::new(Pending::default());
        let PendingCall { number: old, outcome: _gone } = pending.insert(METHOD, None).unwrap();
        let late = {
            let pending = Arc::clone(&pending);
            thread::spawn(move || pending.complete(old, reply_to(old)))
        };
        let caller = {
            let pending = Arc::clone(&pending);
            thread::spawn(move || {
                pending.forget(old);
                pending.insert(METHOD, None).unwrap()
            })
        };
        late.join().unwrap();
        let PendingCall { number: young, outcome: mut receiver } = caller.join().unwrap();
        assert!(receiver.try_recv().is_err(), "{young:?} has no reply yet");
        assert!(pending.complete(young, reply_to(young)).is_some());
        assert!(matches!(receiver.try_recv(), Ok(CallOutcome::Replied(_))));
    });
}
