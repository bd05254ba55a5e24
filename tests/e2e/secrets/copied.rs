//! Tokens that a program without a key has copied from one message into another.

use amqp_rpc::{CallError, FaultCode, Secret};
use lapin::BasicProperties;
use serde_json::json;

use super::{PLANTED, VaultClient, client, keyring, properties, serve};
use crate::support::{Message, RawPeer, Vhost, within};

/// A request of `vault.keep` as it is on the wire, which its server never sees.
async fn captured(vhost: &Vhost) -> Message {
    serve(vhost, keyring()).await.shutdown().await.expect("the server stops");
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut requests = peer.consume("vault", 1).await;
    let vault = VaultClient::new(client(vhost, keyring()).await);
    let call = tokio::spawn(vault.keep("ada".into(), Secret::from(PLANTED)));
    let request = within("the request", requests.next()).await;
    call.abort();
    assert!(!request.text().contains(PLANTED));
    request
}

/// The text of the fault that a message is answered with.
async fn refused(peer: &RawPeer, method: &str, sent: BasicProperties, body: &[u8]) -> String {
    let mut replies = peer.open_reply_queue().await;
    let sent = sent.with_reply_to(replies.queue().into());
    peer.publish("amqp-rpc", method, sent, body).await;
    let reply = within("the reply", replies.next()).await;
    assert_eq!(reply.kind(), Some("fault"), "{}", reply.text());
    assert_eq!(reply.json()["code"], "bad_request");
    reply.json()["message"].as_str().expect("it is a text").to_owned()
}

#[tokio::test]
async fn a_token_of_another_method_is_refused() {
    let vhost = Vhost::create().await;
    let request = captured(&vhost).await;
    let _server = serve(&vhost, keyring()).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let text = refused(&peer, "vault.show", BasicProperties::default(), &request.body).await;
    assert!(text.starts_with("a secret was encrypted for another method"), "{text}");
}

#[tokio::test]
async fn a_token_is_of_no_use_in_another_request_of_its_method() {
    let vhost = Vhost::create().await;
    let request = captured(&vhost).await;
    let _server = serve(&vhost, keyring()).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let (seal, id) = (request.text_header("secrets-seal"), request.correlation_id().unwrap_or_default());
    let without = refused(&peer, "vault.keep", properties("", id, None), &request.body).await;
    assert_eq!(without, "the request has secrets and no `secrets-seal`");
    // The reply would go elsewhere; another id; other parameters.
    let of_another = "the request's `secrets-seal` is of another request";
    let redirected = properties("", id, seal.clone());
    assert_eq!(refused(&peer, "vault.keep", redirected, &request.body).await, of_another);
    assert_eq!(
        refused(&peer, "vault.keep", properties("", "1", seal.clone()), &request.body).await,
        of_another
    );
    let changed = request.text().replace("ada", "eve");
    assert_eq!(refused(&peer, "vault.keep", properties("", id, seal), changed.as_bytes()).await, of_another);
}

#[tokio::test]
async fn the_token_of_another_calls_reply_is_refused() {
    let vhost = Vhost::create().await;
    let server = serve(&vhost, keyring()).await;
    let vault = VaultClient::new(client(&vhost, keyring()).await);
    // A reply that the server has written to another call.
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    server.shutdown().await.expect("the server stops");
    let server = serve(&vhost, keyring().accept_bare()).await;
    let bare = json!({"name": "ada", "password": keyring().encrypt(&Secret::from(PLANTED)).expect("a key")});
    let asked = properties(replies.queue(), "1", None);
    peer.publish("amqp-rpc", "vault.keep", asked, bare.to_string().as_bytes()).await;
    let reply = within("the reply", replies.next()).await;
    assert_eq!(reply.kind(), Some("result"), "{}", reply.text());
    server.shutdown().await.expect("the server stops");

    let mut requests = peer.consume("vault", 1).await;
    let call = tokio::spawn(vault.keep("ada".into(), Secret::from("mine")));
    let request = within("the request", requests.next()).await;
    let sent = BasicProperties::default()
        .with_correlation_id(request.correlation_id().unwrap_or_default().into())
        .with_content_type("application/json".into())
        .with_type("result".into());
    peer.publish("", request.reply_to().unwrap_or_default(), sent, &reply.body).await;
    let error = within("the reply", call).await.expect("it did not panic").unwrap_err();
    let CallError::Decode(undecodable) = &error else { panic!("{error:?}") };
    let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    assert!(source.contains("a secret was encrypted for another call"), "{undecodable:?} {source}");
}

#[tokio::test]
async fn a_secret_in_the_clear_is_refused_and_not_repeated() {
    let vhost = Vhost::create().await;
    let _server = serve(&vhost, keyring().accept_bare()).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    for password in [json!(PLANTED), json!(4711), json!([PLANTED])] {
        let body = json!({"name": "ada", "password": password}).to_string();
        let text = refused(&peer, "vault.keep", properties("", "1", None), body.as_bytes()).await;
        assert!(!text.contains(PLANTED) && !text.contains("4711"), "{text}");
    }
}

#[tokio::test]
async fn a_server_without_a_keyring_refuses_secrets() {
    let vhost = Vhost::create().await;
    let _server = crate::services::start(super::vault(), &vhost).await;
    let vault = VaultClient::new(client(&vhost, keyring()).await);
    let error = within("the reply", vault.keep("ada".into(), Secret::from(PLANTED))).await.unwrap_err();
    let CallError::Fault(fault) = error else { panic!("{error:?}") };
    assert_eq!(fault.code(), &FaultCode::BadRequest);
    assert!(fault.message().starts_with("a secret travels only with a keyring"), "{fault}");
    assert_eq!(fault.field(), Some("password"));
}
