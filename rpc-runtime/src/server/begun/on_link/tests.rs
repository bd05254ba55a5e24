use super::*;

fn message(identity: u64) -> BegunMessage {
    BegunMessage::new(identity, None)
}

/// A link on which the messages 1 to `last` were begun, with their identities as tags.
fn link(last: u64) -> (Arc<RememberedMessages>, BegunOnLink) {
    let remembered = Arc::new(RememberedMessages::default());
    let on_link = BegunOnLink::new(Arc::clone(&remembered));
    (1..=last).for_each(|tag| on_link.begin(tag, message(tag)));
    (remembered, on_link)
}

/// Those of the messages 1 to 9 that are remembered.
fn remembered_of(remembered: &RememberedMessages) -> Vec<u64> {
    (1..=9).filter(|identity| remembered.take(message(*identity), Instant::now())).collect()
}

#[test]
fn what_is_unsettled_or_unproven_when_its_link_is_lost_is_remembered() {
    let (remembered, on_link) = link(6);
    on_link.settled(1);
    on_link.settled(2);
    let proven = on_link.count_acknowledged();
    on_link.settled(4);
    on_link.prove(proven);
    assert_eq!(remembered_of(&remembered), [0; 0], "nothing is refused on a link that lives");
    on_link.lose();
    assert_eq!(remembered_of(&remembered), [3, 4, 5, 6]);
}

#[test]
fn what_is_requeued_is_remembered_and_its_tag_is_not_taken_for_acknowledged() {
    let (remembered, on_link) = link(3);
    on_link.requeued(1);
    on_link.settled(2);
    on_link.settled(3);
    on_link.prove(on_link.count_acknowledged());
    on_link.lose();
    assert_eq!(remembered_of(&remembered), [1]);
}

#[test]
fn what_did_not_run_is_not_remembered() {
    let (remembered, on_link) = link(1);
    let on_link = Arc::new(on_link);
    let other = RunsOnce { on_link: Arc::clone(&on_link), tag: 2, message: message(2) };
    other.begin();
    other.did_not_run();
    on_link.lose();
    assert_eq!(remembered_of(&remembered), [1]);
    assert!(!other.was_begun());
}

#[test]
fn what_begins_as_its_link_is_lost_is_remembered() {
    let (remembered, on_link) = link(0);
    on_link.lose();
    on_link.begin(1, message(1));
    assert_eq!(remembered_of(&remembered), [1]);
}

#[test]
fn acknowledgements_without_proof_are_bounded() {
    let (_, on_link) = link(2 * MAX_UNPROVEN as u64);
    for tag in 1..=2 * MAX_UNPROVEN as u64 {
        on_link.settled(tag);
    }
    assert_eq!(on_link.lock().unproven.len(), MAX_UNPROVEN);
    assert_eq!(on_link.count_acknowledged(), 2 * MAX_UNPROVEN as u64);
}
