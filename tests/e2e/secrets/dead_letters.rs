//! What is kept of a message that failed.

use amqp_rpc::Secret;

use super::{PLANTED, VaultClient, client, keyring, serve};
use crate::support::{Log, RawPeer, Vhost, await_until, within};

#[tokio::test]
async fn a_dead_letter_keeps_the_token_and_is_run_again() {
    let log = Log::listen();
    let vhost = Vhost::create().await;
    let _server = serve(&vhost, keyring()).await;
    let vault = VaultClient::new(client(&vhost, keyring()).await);
    within("the confirm", vault.deposit(Secret::from(PLANTED))).await.expect("it is published");
    let dead = || async { vhost.queue("vault.dead").await.is_some_and(|queue| queue.ready == 1) };
    await_until("the dead letter", dead).await;

    let peer = RawPeer::connect(&vhost.uri()).await;
    let letter = peer.get("vault.dead").await.expect("it is kept");
    let kept = format!("{:?} {}", letter.properties, letter.text());
    assert!(!kept.contains(PLANTED), "{kept}");
    let reason = letter.text_header("x-amqp-rpc-error").expect("it says why");
    assert_eq!(reason, "the method failed: Secret([REDACTED]) is not taken", "its token was read");

    // As an operator would.
    peer.publish("", "vault", letter.properties.clone(), &letter.body).await;
    await_until("the dead letter", dead).await;
    let again = peer.get("vault.dead").await.expect("it is kept again");
    assert_eq!(again.text_header("x-amqp-rpc-error"), Some(reason), "its seal was right");
    for line in log.lines() {
        assert!(!format!("{line:?}").contains(PLANTED), "{line:?}");
    }
}
