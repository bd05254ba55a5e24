//! The checks at the end of a run: queues are empty, dead letters are explained, and nothing is left of
//! closed connections.

use std::{sync::Arc, time::Duration};

use amqp_rpc::Client;
use tokio::time::Instant;

use crate::{
    Failure,
    chaos::Target,
    clients::Publisher,
    dead_letters,
    ledgers::{
        calls::CallLedger, journal::Journal, message_kinds::Receiver, messages::MessageLedger, queue::Queue,
    },
    process_sample::ProcessSample,
};

/// How long queues may still hold messages, and threads may remain, after the last call.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// Publishes until the listener receives an event. The broker keeps nothing for a listener, which may still
/// be connecting again.
pub(crate) async fn expect_the_listener_to_receive(mut publisher: Publisher) {
    let messages = Arc::clone(publisher.messages());
    let deadline = Instant::now() + MAX_WAIT;
    let mut probes = Vec::new();
    let mut ticks = tokio::time::interval(Duration::from_millis(200));
    while !probes.iter().any(|probe| messages.was_received(Receiver::Listener, *probe)) {
        if Instant::now() > deadline {
            return messages
                .journal
                .violations
                .add(&format!("the listener has received nothing for {MAX_WAIT:?}"));
        }
        let Some(probe) = publisher.probe().await else { return };
        probes.push(probe);
        ticks.tick().await;
    }
}

/// Every message of the queue is settled.
pub(crate) async fn expect_empty(target: &Target, queue: Queue, journal: &Journal) {
    let deadline = Instant::now() + MAX_WAIT;
    loop {
        let depth = target.depth(queue.name()).await;
        if depth.is_some_and(|depth| depth.ready + depth.unacked == 0) {
            return;
        }
        if Instant::now() > deadline {
            let queue = queue.name();
            return journal.violations.add(&format!("queue {queue} is not empty at the end: {depth:?}"));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Only bad requests are dead letters. Returns how many there are.
pub(crate) async fn count_dead_requests(target: &Target, ledger: &CallLedger, bad_messages: u64) -> u64 {
    let mut dead_letters = 0;
    for queue in [Queue::Work, Queue::Vault] {
        let dead = format!("{}.dead", queue.name());
        dead_letters += target.depth(&dead).await.unwrap_or_default().ready;
        for body in target.peek(&dead).await {
            if let Some(key) = key_in(&body).filter(|key| ledger.knows(*key)) {
                ledger.violate(
                    key,
                    "its request is among the dead letters, and it has an address for its reply",
                );
            }
        }
    }
    if dead_letters > bad_messages {
        let claim = format!("{dead_letters} dead letters after {bad_messages} bad messages");
        ledger.journal.violations.add(&claim);
    }
    dead_letters
}

/// Takes the dead letters of the receivers of messages. Returns whether some are missing because there were
/// too many.
pub(crate) async fn record_dead_letters(uri: &str, messages: &MessageLedger) -> Result<bool, Failure> {
    const RECEIVERS: [(Receiver, &str); 4] = [
        (Receiver::Post, "post.dead"),
        (Receiver::Archive, "archive.dead"),
        (Receiver::Audit, "news.events.audit.dead"),
        (Receiver::Europe, "news.events.europe.dead"),
    ];
    let dead = dead_letters::take(uri, RECEIVERS.map(|(_, queue)| queue)).await?;
    let are_missing = dead.iter().any(|letters| letters.len() >= dead_letters::MOST);
    for ((receiver, _), letters) in RECEIVERS.into_iter().zip(dead) {
        letters.iter().filter_map(|body| key_in(body)).for_each(|key| messages.dead_letter(receiver, key));
    }
    Ok(are_missing)
}

/// The number of the call or message, if the body has one.
fn key_in(body: &[u8]) -> Option<u64> {
    serde_json::from_slice::<serde_json::Value>(body).ok()?.get("key")?.as_u64()
}

pub(crate) fn check_client(number: usize, client: &Client, journal: &Journal) {
    let in_flight = client.stats().in_flight;
    if in_flight > 0 {
        journal.violations.add(&format!(
            "client {number} still has {in_flight} calls in flight, though every caller has ended"
        ));
    }
}

pub(crate) async fn expect_no_threads(journal: &Journal) {
    let deadline = Instant::now() + MAX_WAIT;
    while let Some(samples) = ProcessSample::of_now().filter(|samples| samples.io_threads > 0) {
        if Instant::now() > deadline {
            journal.violations.add(&format!("{} threads of closed connections are left", samples.io_threads));
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
