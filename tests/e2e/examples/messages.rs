//! Examples of messages: `notify`, `events`, `codecs`.

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
