//! Examples of messages: `notify`, `events`, `codecs`, `secrets`, and of their repeats: `deduplicated`, `own_transaction`.

use super::output;
use crate::support::{Vhost, await_until};

#[tokio::test]
async fn notify_sends_letters_that_wait_for_a_server() {
    let vhost = Vhost::create().await;
    let expected = "the broker has four letters, and no server runs\n\
         a server started: Ada: delivered, Grace: delivered, Linus: delivered, Nobody: not found\n\
         the letter to Nobody waits in the queue `post.dead`, for an operator to look at\n";
    assert_eq!(output("notify", &vhost).await, [expected, expected]);
    await_until("the dead letter", || async { vhost.existing_queue("post.dead").await.ready == 1 }).await;
}

#[tokio::test]
async fn events_reach_two_groups_and_a_temporary_listener() {
    let vhost = Vhost::create().await;
    let expected = "  audit saw 100 in eu.de\n  \
           billing saw 100 in eu.de\n  \
           audit saw 200 in us.ny\n\
         a screen joins\n  \
           audit saw 300 in everywhere\n  \
           screen saw 300 in everywhere\n\
         it looks at Asia only\n  \
           audit saw 400 in eu.fr\n  \
           billing saw 400 in eu.fr\n  \
           audit saw 500 in asia.jp.tokyo\n  \
           screen saw 500 in asia.jp.tokyo\n\
         it leaves, and billing stops for a while\n  \
           audit saw 600 in eu.de\n\
         billing is back, and its group has kept what it missed\n  \
           billing saw 600 in eu.de\n";
    assert_eq!(output("events", &vhost).await, [expected; 2]);
}

#[tokio::test]
async fn codecs_weighs_one_value_in_each_codec() {
    let vhost = Vhost::create().await;
    let expected = [
        ("application/json", 854),
        ("application/msgpack", 671),
        ("application/cbor", 611),
        ("application/x-postcard", 351),
    ]
    .map(|(codec, size)| format!("{codec:<22} {size:>4} bytes\n{:<22} 10 readings came back\n", ""))
    .concat();
    let compressed = "application/json        854 bytes\ncompressed on the way  10 readings came back\n";
    let expected = expected + compressed;
    assert_eq!(output("codecs", &vhost).await, [expected.clone(), expected]);
}

#[tokio::test]
async fn secrets_shows_a_token_that_nobody_else_can_use() {
    let vhost = Vhost::create().await;
    let expected = "[wire]   users.create: {\"name\":\"ada\",\"password\":\"gAAAA…\"}\n\
         [server] ada has the password Secret([REDACTED])\n\
         Account { name: \"ada\", key: Secret([REDACTED]) }: key to hunter2\n\
         [wire]   users.spell: {\"password\":\"gAAAA…\"}\n\
         the copied token: a secret was encrypted for another method\n\
         without a keyring: a secret travels only with a keyring\n";
    assert_eq!(output("secrets", &vhost).await, [expected; 2]);
}

#[tokio::test]
async fn deduplicated_answers_a_repeat_with_the_reply_of_the_first_call() {
    let vhost = Vhost::create().await;
    let expected = "[server] order 1: tea\n\
         [client] placed: 1\n\
         [client] placed again: 1\n\
         [client] another order under the same key: bad_request\n\
         [server] order 2: tea\n\
         [client] placed: 2\n\
         [client] repeats that the server answered from its store: 1\n";
    assert_eq!(output("deduplicated", &vhost).await, [expected, expected]);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: scripts/test.sh"]
async fn own_transaction_charges_once_for_each_key() {
    let vhost = Vhost::create().await;
    let expected = "a charge of 300 leaves 700\n\
         the same charge again leaves 700\n\
         five more at once leave the same\n\
         another amount under the same key is refused\n\
         another order leaves 400\n";
    assert_eq!(output("own_transaction", &vhost).await, [expected, expected]);
}
