use std::future::{pending, ready};

use tokio::sync::oneshot;

use super::*;

const FIRST: ServiceId = ServiceId(1);
const SECOND: ServiceId = ServiceId(2);

#[tokio::test]
async fn calls_of_one_service_are_cancelled_and_those_of_others_go_on() {
    let mut calls = CallTasks::default();
    let (finish, finished) = oneshot::channel();
    calls.spawn(FIRST, pending());
    calls.spawn(SECOND, async {
        let _ = finished.await;
    });
    calls.spawn(FIRST, pending());
    assert_eq!(calls.len(), 3);
    calls.abort_calls_of(FIRST);
    for left in [2, 1] {
        assert_eq!(calls.join_next().await, Some(()));
        assert_eq!(calls.len(), left);
    }
    assert_eq!(calls.try_join_next(), None, "it still runs");
    finish.send(()).unwrap();
    assert_eq!(calls.join_next().await, Some(()));
    assert_eq!(calls.join_next().await, None);
}

#[tokio::test]
async fn nothing_is_kept_of_services_that_are_removed() {
    let mut calls = CallTasks::default();
    for service in 0..100 {
        calls.spawn(ServiceId(service), ready(()));
        assert_eq!(calls.join_next().await, Some(()));
    }
    assert_eq!(calls.by_service.len(), 1);
}
