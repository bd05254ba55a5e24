//! Programs that know Fernet, and nothing of how tokens are bound.

use amqp_rpc::{
    Secret, Server,
    middleware::{IncomingCall, Reply},
};
use lapin::BasicProperties;
use serde_json::json;

use super::{PLANTED, VaultClient, client, keyring, properties, serve};
use crate::{
    services::start,
    support::{RawPeer, Vhost, within},
};

#[tokio::test]
async fn a_bare_token_is_read_only_where_the_keyring_accepts_it() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let token = keyring().encrypt(&Secret::from(PLANTED)).expect("it has a key");
    let body = json!({"name": "ada", "password": token}).to_string();
    for (keyring, expected) in [
        (keyring(), "a secret is not bound to its method"),
        (keyring().accept_bare(), "ada/hunter2-in-the-clear"),
    ] {
        let server = serve(&vhost, keyring).await;
        peer.publish("amqp-rpc", "vault.show", properties(replies.queue(), "1", None), body.as_bytes()).await;
        let reply = within("the reply", replies.next()).await;
        assert!(reply.text().contains(expected), "{}", reply.text());
        server.shutdown().await.expect("the server stops");
    }
}

#[tokio::test]
async fn a_server_of_others_reads_and_writes_bare_tokens() {
    let vhost = Vhost::create().await;
    serve(&vhost, keyring()).await.shutdown().await.expect("the server stops");
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut requests = peer.consume("vault", 1).await;
    let vault = VaultClient::new(client(&vhost, keyring().write_bare().accept_bare()).await);
    let call = tokio::spawn(vault.keep("ada".into(), Secret::from(PLANTED)));
    let request = within("the request", requests.next()).await;
    assert_eq!(request.text_header("secrets-seal"), None);
    let token = request.json()["password"].as_str().expect("a token is a text").to_owned();
    assert_eq!(keyring().decrypt(&token).expect("with plain Fernet").expose_secret(), PLANTED);
    let reply = keyring().encrypt(&Secret::from("kept")).expect("it has a key");
    let sent =
        BasicProperties::default().with_correlation_id(request.correlation_id().unwrap_or_default().into());
    let body = json!(reply).to_string();
    peer.publish("", request.reply_to().unwrap_or_default(), sent, body.as_bytes()).await;
    let kept = within("the reply", call).await.expect("it did not panic");
    assert_eq!(kept.expect("it is read").expose_secret(), "kept");
}

#[tokio::test]
async fn untyped_calls_and_methods_encrypt_by_hand() {
    let vhost = Vhost::create().await;
    let keys = keyring();
    let raw =
        Server::new().keyring(keyring().accept_bare()).raw("legacy.create", move |call: IncomingCall| {
            let keys = keys.clone();
            async move {
                let request: serde_json::Value = call.json()?;
                let token = request["password"].as_str().unwrap_or_default();
                Reply::json(&keys.decrypt(token).is_ok_and(|password| password.expose_secret() == PLANTED))
            }
        });
    let _server = start(raw, &vhost).await;
    let client = client(&vhost, keyring()).await;
    let token = keyring().encrypt(&Secret::from(PLANTED)).expect("it has a key");
    let created = client.call_json("legacy.create", json!({"password": token}));
    assert_eq!(within("the reply", created).await.expect("it is created"), json!(true));
}

#[tokio::test]
async fn a_raw_method_reads_the_sealed_secret_of_a_typed_client() {
    let vhost = Vhost::create().await;
    let raw = Server::new().keyring(keyring()).raw("vault.echo", |call: IncomingCall| async move {
        let value: Secret<String> = call.json()?;
        Reply::json(&keyring().encrypt(&value).expect("it has a key"))
    });
    let _server = start(raw, &vhost).await;
    let vault = VaultClient::new(client(&vhost, keyring().accept_bare()).await);
    let echoed = within("the reply", vault.echo(Secret::from(PLANTED))).await;
    assert_eq!(echoed.expect("it is read").expose_secret(), PLANTED);

    // A token that is not bound.
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let bare = json!(keyring().encrypt(&Secret::from(PLANTED)).expect("it has a key")).to_string();
    peer.publish("amqp-rpc", "vault.echo", properties(replies.queue(), "1", None), bare.as_bytes()).await;
    let reply = within("the reply", replies.next()).await;
    assert!(reply.text().contains("a secret is not bound to its method"), "{}", reply.text());
}
