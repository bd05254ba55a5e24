//! Tests of the soak's ledgers: over 300 lines because they check one rule after the other.
//!
//! The ledgers are those of `benches/soak`, which cannot hold tests itself.
#![allow(dead_code, reason = "only what the ledgers need of the soak is used")]

#[path = "../benches/soak/forgetting.rs"]
mod forgetting;
#[path = "../benches/soak/history.rs"]
mod history;
#[path = "../benches/soak/journal.rs"]
mod journal;
#[path = "../benches/soak/kinds.rs"]
mod kinds;
#[path = "../benches/soak/ledger.rs"]
mod ledger;
#[path = "../benches/soak/message_ledger.rs"]
mod message_ledger;
#[path = "../benches/soak/messages.rs"]
mod messages;
#[path = "../benches/soak/violations.rs"]
mod violations;

use std::{sync::Arc, time::Duration};

use forgetting::{Forgetting, Queue};
use history::History;
use journal::Journal;
use kinds::Kind;
use ledger::{Ledger, Verdict};
use message_ledger::{Circumstances, MessageLedger, Word};
use messages::{MessageKind, Receiver};

const DISTURBED: Circumstances = Circumstances { is_calm: false, letters_are_missing: false };

fn journal(forgets: bool) -> Arc<Journal> {
    Arc::new(Journal::new(History::new(false), Forgetting::new(forgets)))
}

fn messages() -> MessageLedger {
    MessageLedger::with_room_for(8, journal(false))
}

fn sent(ledger: &MessageLedger, kind: MessageKind, word: Word) -> u64 {
    let key = ledger.make(kind).expect("there is room");
    ledger.end(key, word, "what it was told");
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
    let key = sent(&ledger, MessageKind::Note, Word::Confirmed);
    handle(&ledger, Receiver::Post, key, false);
    assert_eq!(violations(&ledger), 0);
}

#[test]
fn a_notification_that_was_confirmed_and_never_ran_is_found() {
    let ledger = messages();
    sent(&ledger, MessageKind::Note, Word::Confirmed);
    assert_eq!(violations(&ledger), 1);
}

#[test]
fn a_notification_that_was_confirmed_and_whose_run_was_cut_short_is_found() {
    let ledger = messages();
    let key = sent(&ledger, MessageKind::NoteQuorum, Word::Confirmed);
    ledger.start(Receiver::Archive, key, false);
    assert_eq!(violations(&ledger), 1);
}

#[test]
fn an_unconfirmed_notification_may_run_or_not() {
    let ledger = messages();
    let key = sent(&ledger, MessageKind::Note, Word::Unknown);
    handle(&ledger, Receiver::Post, key, false);
    sent(&ledger, MessageKind::Note, Word::Unknown);
    sent(&ledger, MessageKind::Note, Word::Dropped);
    assert_eq!(violations(&ledger), 0);
}

#[test]
fn a_run_of_a_notification_that_was_never_taken_is_found_in_either_order() {
    let ledger = messages();
    let key = ledger.make(MessageKind::Note).unwrap();
    ledger.start(Receiver::Post, key, false);
    ledger.end(key, Word::Never, "blocked");
    assert_eq!(ledger.journal.violations.count(), 1);
    let key = sent(&ledger, MessageKind::Note, Word::Never);
    ledger.start(Receiver::Post, key, false);
    assert_eq!(ledger.journal.violations.count(), 2);
}

#[test]
fn a_message_whose_sender_gets_two_outcomes_or_none_is_found() {
    let ledger = messages();
    let key = sent(&ledger, MessageKind::Event, Word::Unknown);
    ledger.end(key, Word::Unknown, "again");
    assert_eq!(ledger.journal.violations.count(), 1);
    ledger.make(MessageKind::Event);
    assert_eq!(violations(&ledger), 2);
}

#[test]
fn a_notification_may_run_again_after_a_redelivery_only() {
    let ledger = messages();
    let key = sent(&ledger, MessageKind::Note, Word::Confirmed);
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
        let key = sent(&ledger, MessageKind::NoteOnce, Word::Confirmed);
        handle(&ledger, Receiver::Post, key, false);
        handle(&ledger, Receiver::Post, key, is_redelivered);
    }
    assert_eq!(violations(&ledger), 2);
}

#[test]
fn only_at_most_once_messages_may_be_dead_letters_instead_of_running() {
    let ledger = messages();
    let key = sent(&ledger, MessageKind::NoteOnce, Word::Confirmed);
    ledger.bury(Receiver::Post, key);
    assert_eq!(ledger.close(DISTURBED).buried, 1);
    assert_eq!(ledger.journal.violations.count(), 0);

    let key = sent(&ledger, MessageKind::Note, Word::Confirmed);
    handle(&ledger, Receiver::Post, key, false);
    ledger.bury(Receiver::Post, key);
    assert_eq!(violations(&ledger), 1);
}

#[test]
fn messages_that_a_client_sent_again_are_counted() {
    let ledger = messages();
    let key = sent(&ledger, MessageKind::EventAgain, Word::Confirmed);
    for receiver in [Receiver::Audit, Receiver::Europe, Receiver::Screen] {
        handle(&ledger, receiver, key, false);
        handle(&ledger, receiver, key, false);
    }
    let account = ledger.close(DISTURBED);
    assert_eq!((account.repeated_by_client, ledger.journal.violations.count()), (1, 0));
}

#[test]
fn each_group_must_receive_the_confirmed_events_that_it_subscribes_to() {
    let ledger = messages();
    let european = sent(&ledger, MessageKind::Event, Word::Confirmed);
    let american = sent(&ledger, MessageKind::Event, Word::Confirmed);
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
    let key = sent(&ledger, MessageKind::EventOnce, Word::Confirmed);
    handle(&ledger, Receiver::Audit, key, false);
    handle(&ledger, Receiver::Europe, key, false);
    assert_eq!(violations(&ledger), 0);
    ledger.close(Circumstances { is_calm: true, letters_are_missing: false });
    assert_eq!(ledger.journal.violations.count(), 1);
}

#[test]
fn a_listener_that_receives_an_event_twice_or_an_unpublished_one_is_found() {
    let ledger = messages();
    let key = sent(&ledger, MessageKind::Event, Word::Unknown);
    handle(&ledger, Receiver::Screen, key, false);
    handle(&ledger, Receiver::Screen, key, false);
    assert_eq!(ledger.journal.violations.count(), 1);
    handle(&ledger, Receiver::Screen, key + 1, false);
    assert_eq!(ledger.journal.violations.count(), 2);
    let note = sent(&ledger, MessageKind::Note, Word::Unknown);
    handle(&ledger, Receiver::Screen, note, false);
    assert_eq!(ledger.journal.violations.count(), 3);
    handle(&ledger, Receiver::Screen, u64::MAX, false);
    assert_eq!(ledger.journal.violations.count(), 3, "the chaos made that one up");
}

#[test]
fn an_unmarked_second_run_is_excused_on_a_classic_queue_from_a_restart_until_it_counts_again() {
    let ledger = MessageLedger::with_room_for(8, journal(true));
    let twice = |kind, receiver| {
        let key = sent(&ledger, kind, Word::Unknown);
        handle(&ledger, receiver, key, false);
        handle(&ledger, receiver, key, false);
        ledger.journal.violations.count()
    };
    assert_eq!(twice(MessageKind::Note, Receiver::Post), 1, "before any restart");
    ledger.journal.forgetting.restarts(ledger.journal.millis());
    assert_eq!(twice(MessageKind::Note, Receiver::Post), 1, "after one");
    assert_eq!(twice(MessageKind::NoteOnce, Receiver::Post), 1);
    assert_eq!(twice(MessageKind::NoteQuorum, Receiver::Archive), 2, "quorum queues do not forget");
    assert_eq!(
        twice(MessageKind::Event, Receiver::Screen),
        3,
        "a listener's queue is younger than the restart"
    );
    assert_eq!(ledger.close(DISTURBED).unmarked, 2);
}

#[test]
fn a_queue_is_excused_for_a_while_after_it_was_seen_to_count() {
    let forgetting = Forgetting::new(true);
    assert!(!forgetting.may_be_unmarked(Queue::Work, 0));
    forgetting.restarts(1000);
    forgetting.restarts(1500);
    assert_eq!(forgetting.doubtful(), [Queue::Work, Queue::Post, Queue::Audit]);
    forgetting.counts(Queue::Work, 2000);
    assert!(forgetting.may_be_unmarked(Queue::Work, 6999), "what was delivered before may just start");
    assert!(!forgetting.may_be_unmarked(Queue::Work, 7000));
    assert!(forgetting.may_be_unmarked(Queue::Post, 1_000_000));
    assert!(!forgetting.may_be_unmarked(Queue::Vault, 1500));
    assert_eq!(forgetting.doubtful_millis(3000), 1000 + 2 * 2000);
}

#[test]
fn a_broker_that_keeps_its_delivery_counts_is_not_excused() {
    let ledger = Ledger::with_room_for(4, journal(false));
    ledger.journal.forgetting.restarts(0);
    let key = ledger.make(Kind::AtMostOnce, Duration::MAX).unwrap();
    ledger.start(key, false);
    ledger.start(key, false);
    assert_eq!(ledger.journal.violations.count(), 1);
}

#[test]
fn an_unmarked_second_run_of_a_call_is_excused_after_a_restart_only() {
    let ledger = Ledger::with_room_for(8, journal(true));
    let twice = |kind| {
        let key = ledger.make(kind, Duration::MAX).unwrap();
        ledger.start(key, false);
        ledger.start(key, false);
        ledger.journal.violations.count()
    };
    assert_eq!(twice(Kind::AtMostOnce), 1);
    assert_eq!(twice(Kind::Idempotent), 1, "its client may have sent it again");
    ledger.journal.forgetting.restarts(ledger.journal.millis());
    assert_eq!(twice(Kind::AtMostOnce), 1);
    assert_eq!(twice(Kind::Idempotent), 1);
    assert_eq!(twice(Kind::QuorumAtMostOnce), 2);
    let account = ledger.close();
    assert_eq!((account.unmarked, account.repeated_by_client), (2, 1));
}

#[test]
fn a_refusal_of_a_request_that_ran_elsewhere_is_excused_after_a_restart_only() {
    let ledger = Ledger::with_room_for(8, journal(true));
    let refused_after_it_ran = |kind| {
        let key = ledger.make(kind, Duration::MAX).unwrap();
        ledger.start(key, false);
        ledger.end(key, Verdict::Refused, "fault overloaded");
        ledger.journal.violations.count()
    };
    assert_eq!(refused_after_it_ran(Kind::Plain), 1);
    ledger.journal.forgetting.restarts(ledger.journal.millis());
    assert_eq!(refused_after_it_ran(Kind::Plain), 1, "the request came again, unmarked");
    assert_eq!(refused_after_it_ran(Kind::QuorumPlain), 2);
    let key = ledger.make(Kind::Plain, Duration::MAX).unwrap();
    ledger.start(key, false);
    ledger.end(key, Verdict::Never, "unroutable");
    assert_eq!(ledger.journal.violations.count(), 3, "which no server has said");
    assert_eq!(ledger.close().unmarked, 1);
}

#[test]
fn a_run_of_a_call_reported_as_never_run_is_found_in_either_order() {
    let ledger = Ledger::with_room_for(4, journal(false));
    let key = ledger.make(Kind::Plain, Duration::MAX).unwrap();
    ledger.start(key, false);
    ledger.end(key, Verdict::Never, "unroutable");
    assert_eq!(ledger.journal.violations.count(), 1);
    let key = ledger.make(Kind::Plain, Duration::MAX).unwrap();
    ledger.end(key, Verdict::Never, "unroutable");
    ledger.start(key, false);
    assert_eq!(ledger.journal.violations.count(), 2);
}

#[test]
fn a_call_that_was_answered_before_it_finished_or_never_ended_is_found() {
    let ledger = Ledger::with_room_for(4, journal(false));
    let key = ledger.make(Kind::Plain, Duration::MAX).unwrap();
    ledger.start(key, false);
    ledger.end(key, Verdict::Answered, "answered");
    assert_eq!(ledger.journal.violations.count(), 1);
    ledger.make(Kind::Plain, Duration::MAX);
    ledger.close();
    assert_eq!(ledger.journal.violations.count(), 2);
}
