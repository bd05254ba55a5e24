//! What is counted as parked, however a call ends.

use futures_util::FutureExt;

use super::*;

fn parking(max: u16) -> Arc<Parking> {
    Arc::new(Parking::new(max, Arc::default()))
}

#[test]
fn calls_get_slots_in_the_order_in_which_they_got_their_locks() {
    let parking = parking(3);
    let [mut first, mut second, mut third] =
        [(); 3].map(|()| Box::pin(parking.park(true).expect("there is room").slot()));
    assert!(parking.park(true).is_none(), "as many are parked as may be");
    assert!(parking.park(false).is_some(), "this one has no bound");
    // The second has its lock first.
    assert!(second.as_mut().now_or_never().is_none());
    assert!(first.as_mut().now_or_never().is_none());
    assert_eq!(parking.parked(), 3);
    parking.give_slots(1);
    assert!(first.as_mut().now_or_never().is_none());
    assert!(second.as_mut().now_or_never().is_some());
    assert_eq!(parking.parked(), 2);
    parking.give_slots(5);
    assert!(first.as_mut().now_or_never().is_some());
    assert!(third.as_mut().now_or_never().is_none(), "it has no lock yet");
    assert!(parking.has_ready());
    parking.give_slots(0);
    assert_eq!(parking.parked(), 1);
}

#[test]
fn those_without_a_bound_do_not_count_towards_it() {
    let parking = parking(2);
    let unbounded = [(); 5].map(|()| parking.park(false).expect("it has no bound"));
    let first = parking.park(true).expect("there is room");
    let mut second = Box::pin(parking.park(true).expect("there is room").slot());
    assert!(parking.park(true).is_none(), "two are parked");
    drop(unbounded);
    assert!(parking.park(true).is_none(), "two are parked still");
    drop(first);
    let third = parking.park(true).expect("one has left");
    assert!(second.as_mut().now_or_never().is_none());
    parking.give_slots(1);
    assert!(parking.park(true).is_some(), "another has a slot");
    drop(third);
    drop(second);
    assert_eq!(parking.parked(), 0);
}

#[test]
fn a_call_that_ends_at_any_time_is_counted_once() {
    let parking = parking(9);
    drop(parking.park(true));
    assert_eq!(parking.parked(), 0, "it had no lock");
    let mut ready = Box::pin(parking.park(true).expect("there is room").slot());
    assert!(ready.as_mut().now_or_never().is_none());
    drop(ready);
    assert_eq!((parking.parked(), parking.has_ready()), (0, false), "it had no slot");
    let mut given = Box::pin(parking.park(true).expect("there is room").slot());
    assert!(given.as_mut().now_or_never().is_none());
    parking.give_slots(1);
    drop(given);
    assert_eq!(parking.parked(), 0, "it had a slot");
    parking.give_slots(1);
    assert_eq!((parking.parked(), parking.counters.read(0, None).parked_calls), (0, 0));
}
