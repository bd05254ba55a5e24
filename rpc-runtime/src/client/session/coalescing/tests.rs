//! The limits that servers have said.

use super::*;
use crate::{contract::Request, test_contract::Compute};

const OTHER: &MethodDef = &MethodDef::new("fib", "fib.other");

#[test]
fn until_a_server_has_said_more_calls_travel_singly() {
    let coalescing = Coalescing::new(16, 1024);
    assert_eq!(coalescing.max_calls(Compute::METHOD), 1);
    coalescing.hear(Compute::METHOD, Some(8), Instant::now());
    assert_eq!((coalescing.max_calls(Compute::METHOD), coalescing.max_calls(OTHER)), (8, 1), "of one method");
    coalescing.hear(OTHER, Some(64), Instant::now());
    assert_eq!(coalescing.max_calls(OTHER), 16, "the client's own limit counts as well");
}

#[test]
fn the_least_of_the_last_half_second_counts() {
    let (coalescing, now) = (Coalescing::new(64, 1024), Instant::now());
    let said = |calls, milliseconds| {
        coalescing.hear(Compute::METHOD, Some(calls), now + Duration::from_millis(milliseconds));
        coalescing.max_calls(Compute::METHOD)
    };
    assert_eq!([said(32, 0), said(2, 100), said(32, 200)], [32, 2, 2]);
    assert_eq!([said(32, 650), said(16, 700), said(32, 1100)], [2, 2, 2], "the time before counts until now");
    assert_eq!([said(32, 1200), said(32, 1800)], [16, 32]);
}

#[test]
fn after_a_server_that_does_not_say_there_are_single_calls_for_good() {
    let (coalescing, now) = (Coalescing::new(64, 1024), Instant::now());
    coalescing.hear(Compute::METHOD, Some(8), now);
    coalescing.hear(Compute::METHOD, None, now);
    coalescing.hear(Compute::METHOD, Some(8), now + Duration::from_secs(60));
    assert_eq!(coalescing.max_calls(Compute::METHOD), 1);
}

#[test]
fn nonsense_is_no_message_without_calls() {
    let coalescing = Coalescing::new(64, 1024);
    coalescing.hear(Compute::METHOD, Some(0), Instant::now());
    assert_eq!(coalescing.max_calls(Compute::METHOD), 1);
}
