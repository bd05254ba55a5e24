//! No keyring, other keys, old keys, and old tokens.

use std::time::Duration;

use amqp_rpc::{CallError, Client, Execution, Secret, secrets::Keyring};

use super::{KEY, PLANTED, VaultClient, client, keyring, serve};
use crate::{
    services::connect,
    support::{RawPeer, Vhost, within},
};

async fn keep(vault: &VaultClient) -> Result<String, String> {
    let kept = within("the reply", vault.keep("ada".into(), Secret::from(PLANTED))).await;
    kept.map(|password| password.expose_secret().clone()).map_err(|error| match error {
        CallError::Fault(fault) => fault.message().to_owned(),
        error => panic!("{error:?}"),
    })
}

#[tokio::test]
async fn without_a_keyring_a_secret_is_not_sent() {
    let vhost = Vhost::create().await;
    let _server = serve(&vhost, keyring()).await;
    let vault = VaultClient::new(connect(&vhost).await);
    let error = within("the error", vault.keep("ada".into(), Secret::from(PLANTED))).await.unwrap_err();
    assert!(matches!(error, CallError::Encode(_)), "{error:?}");
    assert_eq!(error.execution(), Execution::Never);
    let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    assert!(source.starts_with("a secret travels only with a keyring"), "{source}");
    let error = within("the error", vault.deposit(Secret::from(PLANTED))).await.unwrap_err();
    assert!(matches!(error, CallError::Encode(_)), "{error:?}");
}

#[tokio::test]
async fn keys_are_replaced_one_program_after_the_other() {
    let vhost = Vhost::create().await;
    let new = Keyring::generate_key();
    let ring = |keys: &[&str]| Keyring::of_keys(keys).expect("they are keys");
    let steps = [ring(&[KEY]), ring(&[KEY, &new]), ring(&[&new, KEY]), ring(&[&new])];
    for step in steps.windows(2) {
        for [ours, theirs] in [[&step[0], &step[1]], [&step[1], &step[0]]] {
            let server = serve(&vhost, theirs.clone()).await;
            let vault = VaultClient::new(client(&vhost, ours.clone()).await);
            assert_eq!(keep(&vault).await.as_deref(), Ok(PLANTED));
            server.shutdown().await.expect("the server stops");
        }
    }
    let _server = serve(&vhost, steps[3].clone()).await;
    let refused = keep(&VaultClient::new(client(&vhost, steps[0].clone()).await)).await.unwrap_err();
    assert!(refused.starts_with("a secret is not encrypted with any of the keys"), "{refused}");
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let vhost = Vhost::create().await;
    let _server = serve(&vhost, keyring().ttl(Duration::from_secs(60)).accept_bare()).await;
    let vault = VaultClient::new(client(&vhost, keyring()).await);
    assert_eq!(keep(&vault).await.as_deref(), Ok(PLANTED), "a new one is not");
    // Of the specification's `verify.json`, from 1985.
    let old = "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let sent = super::properties(replies.queue(), "1", None);
    peer.publish("amqp-rpc", "vault.echo", sent, format!("{old:?}").as_bytes()).await;
    let reply = within("the reply", replies.next()).await;
    assert!(reply.text().contains("a secret has expired"), "{}", reply.text());
}

#[tokio::test]
async fn without_encryption_a_secret_travels_in_the_clear_only_where_both_sides_say_so() {
    let vhost = Vhost::create().await;
    let server = serve(&vhost, Keyring::without_encryption()).await;
    let vault = VaultClient::new(client(&vhost, Keyring::without_encryption()).await);
    assert_eq!(keep(&vault).await.as_deref(), Ok(PLANTED));
    server.shutdown().await.expect("the server stops");
    let _server = serve(&vhost, keyring().accept_bare()).await;
    let refused = keep(&vault).await.unwrap_err();
    assert!(!refused.contains(PLANTED), "{refused}");
    let answered = Client::builder().connect(vhost.uri()).await.expect("it connects");
    let shown = VaultClient::new(answered).legacy("plain".into());
    assert_eq!(within("the reply", shown).await.expect("it needs no keyring"), "plain");
}
