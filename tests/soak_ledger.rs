//! Tests of the soak's ledgers, which stand in `benches/soak` and cannot hold tests themselves.
#![allow(dead_code, reason = "the soak uses more of them")]

#[path = "../benches/soak/ledgers/mod.rs"]
mod ledgers;

use std::{sync::Arc, time::Duration};

use ledgers::{
    call_kinds::CallKind,
    calls::CallLedger,
    history::History,
    journal::Journal,
    message_kinds::{MessageKind, Receiver},
    messages::{Circumstances, MessageLedger},
    outcome::{CallOutcome, PublishOutcome},
    queue::Queue,
    unmarked_redeliveries::UnmarkedRedeliveries,
};

const DISTURBED: Circumstances = Circumstances { is_calm: false, dead_letters_are_missing: false };

fn journal(forgets: bool) -> Arc<Journal> {
    Arc::new(Journal::new(History::new(false), UnmarkedRedeliveries::new(forgets)))
}

fn messages() -> MessageLedger {
    MessageLedger::with_capacity(8, journal(false))
}

fn sent(ledger: &MessageLedger, kind: MessageKind, outcome: PublishOutcome) -> u64 {
    let key = ledger.make(kind).expect("there is room");
    ledger.end(key, outcome, "its outcome");
    key
}

fn handle(ledger: &MessageLedger, receiver: Receiver, key: u64, is_redelivered: bool) {
    ledger.start(receiver, key, is_redelivered);
    ledger.finish(receiver, key);
}

fn violations(ledger: &MessageLedger) -> usize {
    ledger.close(DISTURBED);
    ledger.journal.violations.count()
}

#[test]
fn a_notification_that_was_confirmed_and_ran_is_no_violation() {
    let ledger = messages();
    let key = sent(&ledger, MessageKind::Notification, PublishOutcome::Confirmed);
    handle(&ledger, Receiver::Post, key, false);
    assert_eq!(violations(&ledger), 0);
}

#[test]
fn a_notification_that_was_confirmed_and_never_ran_is_found() {
    let ledger = messages();
    sent(&ledger, MessageKind::Notification, PublishOutcome::Confirmed);
    assert_eq!(violations(&ledger), 1);
}

#[test]
fn a_notification_that_was_confirmed_and_whose_run_was_cut_short_is_found() {
    let ledger = messages();
    let key = sent(&ledger, MessageKind::QuorumNotification, PublishOutcome::Confirmed);
    ledger.start(Receiver::Archive, key, false);
    assert_eq!(violations(&ledger), 1);
}

#[test]
fn an_unconfirmed_notification_may_run_or_not() {
    let ledger = messages();
    let key = sent(&ledger, MessageKind::Notification, PublishOutcome::Unknown);
    handle(&ledger, Receiver::Post, key, false);
    sent(&ledger, MessageKind::Notification, PublishOutcome::Unknown);
    sent(&ledger, MessageKind::Notification, PublishOutcome::Dropped);
    assert_eq!(violations(&ledger), 0);
}

#[test]
fn a_run_of_a_notification_that_was_never_taken_is_found_in_either_order() {
    let ledger = messages();
    let key = ledger.make(MessageKind::Notification).unwrap();
    ledger.start(Receiver::Post, key, false);
    ledger.end(key, PublishOutcome::Never, "blocked");
    assert_eq!(ledger.journal.violations.count(), 1);
    let key = sent(&ledger, MessageKind::Notification, PublishOutcome::Never);
    ledger.start(Receiver::Post, key, false);
    assert_eq!(ledger.journal.violations.count(), 2);
}

#[test]
fn a_message_whose_sender_gets_two_outcomes_or_none_is_found() {
    let ledger = messages();
    let key = sent(&ledger, MessageKind::Event, PublishOutcome::Unknown);
    ledger.end(key, PublishOutcome::Unknown, "again");
    assert_eq!(ledger.journal.violations.count(), 1);
    ledger.make(MessageKind::Event);
    assert_eq!(violations(&ledger), 2);
}

#[test]
fn a_notification_may_run_again_after_a_redelivery_only() {
    let ledger = messages();
    let key = sent(&ledger, MessageKind::Notification, PublishOutcome::Confirmed);
    handle(&ledger, Receiver::Post, key, true);
    handle(&ledger, Receiver::Post, key, false);
    handle(&ledger, Receiver::Post, key, true);
    assert_eq!(ledger.journal.violations.count(), 0);
    handle(&ledger, Receiver::Post, key, false);
    assert_eq!(violations(&ledger), 1);
}

#[test]
fn a_second_run_of_an_at_most_once_message_is_found_redelivered_or_not() {
    let ledger = messages();
    for is_redelivered in [true, false] {
        let key = sent(&ledger, MessageKind::AtMostOnceNotification, PublishOutcome::Confirmed);
        handle(&ledger, Receiver::Post, key, false);
        handle(&ledger, Receiver::Post, key, is_redelivered);
    }
    assert_eq!(violations(&ledger), 2);
}

#[test]
fn only_at_most_once_messages_may_be_dead_letters_instead_of_running() {
    let ledger = messages();
    let key = sent(&ledger, MessageKind::AtMostOnceNotification, PublishOutcome::Confirmed);
    ledger.dead_letter(Receiver::Post, key);
    assert_eq!(ledger.close(DISTURBED).dead_lettered, 1);
    assert_eq!(ledger.journal.violations.count(), 0);

    let key = sent(&ledger, MessageKind::Notification, PublishOutcome::Confirmed);
    handle(&ledger, Receiver::Post, key, false);
    ledger.dead_letter(Receiver::Post, key);
    assert_eq!(violations(&ledger), 1);
}

#[test]
fn messages_that_a_client_sent_again_are_counted() {
    let ledger = messages();
    let key = sent(&ledger, MessageKind::IdempotentEvent, PublishOutcome::Confirmed);
    for receiver in [Receiver::Audit, Receiver::Europe, Receiver::Listener] {
        handle(&ledger, receiver, key, false);
        handle(&ledger, receiver, key, false);
    }
    let totals = ledger.close(DISTURBED);
    assert_eq!((totals.repeated_by_client, ledger.journal.violations.count()), (1, 0));
}

#[test]
fn each_group_must_receive_the_confirmed_events_that_it_subscribes_to() {
    let ledger = messages();
    let european = sent(&ledger, MessageKind::Event, PublishOutcome::Confirmed);
    let american = sent(&ledger, MessageKind::Event, PublishOutcome::Confirmed);
    handle(&ledger, Receiver::Audit, european, false);
    handle(&ledger, Receiver::Audit, american, false);
    assert_eq!(violations(&ledger), 1, "Europe has not received what is European");
    handle(&ledger, Receiver::Europe, european, false);
    assert_eq!(violations(&ledger), 1, "and then it has");
    handle(&ledger, Receiver::Europe, american, false);
    assert_eq!(ledger.journal.violations.count(), 2, "which is not for Europe");
}

#[test]
fn a_listener_may_miss_events_only_where_something_was_broken() {
    let ledger = messages();
    let key = sent(&ledger, MessageKind::AtMostOnceEvent, PublishOutcome::Confirmed);
    handle(&ledger, Receiver::Audit, key, false);
    handle(&ledger, Receiver::Europe, key, false);
    assert_eq!(violations(&ledger), 0);
    ledger.close(Circumstances { is_calm: true, dead_letters_are_missing: false });
    assert_eq!(ledger.journal.violations.count(), 1);
}

#[test]
fn a_listener_that_receives_an_event_twice_or_an_unpublished_one_is_found() {
    let ledger = messages();
    let key = sent(&ledger, MessageKind::Event, PublishOutcome::Unknown);
    handle(&ledger, Receiver::Listener, key, false);
    handle(&ledger, Receiver::Listener, key, false);
    assert_eq!(ledger.journal.violations.count(), 1);
    handle(&ledger, Receiver::Listener, key + 1, false);
    assert_eq!(ledger.journal.violations.count(), 2);
    let note = sent(&ledger, MessageKind::Notification, PublishOutcome::Unknown);
    handle(&ledger, Receiver::Listener, note, false);
    assert_eq!(ledger.journal.violations.count(), 3);
    handle(&ledger, Receiver::Listener, u64::MAX, false);
    assert_eq!(ledger.journal.violations.count(), 3, "the chaos made that one up");
}

#[test]
fn an_unmarked_second_run_is_excused_on_a_classic_queue_from_a_restart_until_it_counts_again() {
    let ledger = MessageLedger::with_capacity(8, journal(true));
    let twice = |kind, receiver| {
        let key = sent(&ledger, kind, PublishOutcome::Unknown);
        handle(&ledger, receiver, key, false);
        handle(&ledger, receiver, key, false);
        ledger.journal.violations.count()
    };
    assert_eq!(twice(MessageKind::Notification, Receiver::Post), 1, "before any restart");
    ledger.journal.unmarked_redeliveries.restarts(ledger.journal.millis());
    assert_eq!(twice(MessageKind::Notification, Receiver::Post), 1, "after one");
    assert_eq!(twice(MessageKind::AtMostOnceNotification, Receiver::Post), 1);
    assert_eq!(
        twice(MessageKind::QuorumNotification, Receiver::Archive),
        2,
        "quorum queues mark every redelivery"
    );
    assert_eq!(
        twice(MessageKind::Event, Receiver::Listener),
        3,
        "a listener's queue is younger than the restart"
    );
    assert_eq!(ledger.close(DISTURBED).unmarked, 2);
}

#[test]
fn a_queue_is_excused_for_a_while_after_it_was_seen_to_count() {
    let unmarked_redeliveries = UnmarkedRedeliveries::new(true);
    assert!(!unmarked_redeliveries.may_be_unmarked(Queue::Work, 0));
    unmarked_redeliveries.restarts(1000);
    unmarked_redeliveries.restarts(1500);
    assert_eq!(unmarked_redeliveries.doubtful(), [Queue::Work, Queue::Post, Queue::Audit]);
    unmarked_redeliveries.counts(Queue::Work, 2000);
    assert!(
        unmarked_redeliveries.may_be_unmarked(Queue::Work, 6999),
        "what was delivered before may just start"
    );
    assert!(!unmarked_redeliveries.may_be_unmarked(Queue::Work, 7000));
    assert!(unmarked_redeliveries.may_be_unmarked(Queue::Post, 1_000_000));
    assert!(!unmarked_redeliveries.may_be_unmarked(Queue::Vault, 1500));
    assert_eq!(unmarked_redeliveries.doubtful_millis(3000), 1000 + 2 * 2000);
}

#[test]
fn a_broker_that_keeps_its_delivery_counts_is_not_excused() {
    let ledger = CallLedger::with_capacity(4, journal(false));
    ledger.journal.unmarked_redeliveries.restarts(0);
    let key = ledger.make(CallKind::AtMostOnce, Duration::MAX).unwrap();
    ledger.start(key, false);
    ledger.start(key, false);
    assert_eq!(ledger.journal.violations.count(), 1);
}

#[test]
fn an_unmarked_second_run_of_a_call_is_excused_after_a_restart_only() {
    let ledger = CallLedger::with_capacity(8, journal(true));
    let twice = |kind| {
        let key = ledger.make(kind, Duration::MAX).unwrap();
        ledger.start(key, false);
        ledger.start(key, false);
        ledger.journal.violations.count()
    };
    assert_eq!(twice(CallKind::AtMostOnce), 1);
    assert_eq!(twice(CallKind::Idempotent), 1, "its client may have sent it again");
    ledger.journal.unmarked_redeliveries.restarts(ledger.journal.millis());
    assert_eq!(twice(CallKind::AtMostOnce), 1);
    assert_eq!(twice(CallKind::Idempotent), 1);
    assert_eq!(twice(CallKind::QuorumAtMostOnce), 2);
    let totals = ledger.close();
    assert_eq!((totals.unmarked, totals.repeated_by_client), (2, 1));
}

#[test]
fn a_refusal_of_a_request_that_ran_elsewhere_is_excused_after_a_restart_only() {
    let ledger = CallLedger::with_capacity(8, journal(true));
    let refused_after_it_ran = |kind| {
        let key = ledger.make(kind, Duration::MAX).unwrap();
        ledger.start(key, false);
        ledger.end(key, CallOutcome::Refused, "fault overloaded");
        ledger.journal.violations.count()
    };
    assert_eq!(refused_after_it_ran(CallKind::Plain), 1);
    ledger.journal.unmarked_redeliveries.restarts(ledger.journal.millis());
    assert_eq!(refused_after_it_ran(CallKind::Plain), 1, "the request came again, unmarked");
    assert_eq!(refused_after_it_ran(CallKind::QuorumPlain), 2);
    let key = ledger.make(CallKind::Plain, Duration::MAX).unwrap();
    ledger.start(key, false);
    ledger.end(key, CallOutcome::Never, "unroutable");
    assert_eq!(ledger.journal.violations.count(), 3, "which no server has said");
    assert_eq!(ledger.close().unmarked, 1);
}

#[test]
fn a_run_of_a_call_reported_as_never_run_is_found_in_either_order() {
    let ledger = CallLedger::with_capacity(4, journal(false));
    let key = ledger.make(CallKind::Plain, Duration::MAX).unwrap();
    ledger.start(key, false);
    ledger.end(key, CallOutcome::Never, "unroutable");
    assert_eq!(ledger.journal.violations.count(), 1);
    let key = ledger.make(CallKind::Plain, Duration::MAX).unwrap();
    ledger.end(key, CallOutcome::Never, "unroutable");
    ledger.start(key, false);
    assert_eq!(ledger.journal.violations.count(), 2);
}

#[test]
fn a_call_that_was_answered_before_it_finished_or_never_ended_is_found() {
    let ledger = CallLedger::with_capacity(4, journal(false));
    let key = ledger.make(CallKind::Plain, Duration::MAX).unwrap();
    ledger.start(key, false);
    ledger.end(key, CallOutcome::Answered, "answered");
    assert_eq!(ledger.journal.violations.count(), 1);
    ledger.make(CallKind::Plain, Duration::MAX);
    ledger.close();
    assert_eq!(ledger.journal.violations.count(), 2);
}
