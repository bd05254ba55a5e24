//! Secrets in deduplicated calls: in requests, which are encrypted anew in each call, and in stored replies.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use amqp_rpc::{
    CallError, Client, FaultCode, Secret, Server,
    middleware::{ClientNext, OutgoingCall, client_from_fn},
    rpc_service,
    secrets::Keyring,
};
use lapin::BasicProperties;
use tokio::sync::mpsc;

use super::{TestStore, over_both_stores};
use crate::{
    services::start,
    support::{RawPeer, Vhost, within},
};

#[rpc_service]
trait Tokens {
    /// Returns a token for the password.
    #[rpc(deduplicate)]
    async fn issue(&self, name: String, password: Secret<String>) -> Secret<String>;
}

#[derive(Clone, Default)]
struct Issuer(Arc<AtomicUsize>);

impl Tokens for Issuer {
    async fn issue(&self, name: String, password: Secret<String>) -> Secret<String> {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        Secret::from(format!("{name}/{}/{number}", password.expose_secret()))
    }
}

over_both_stores!(
    a_repeat_with_a_secret_gets_the_secret_that_was_stored,
    a_copied_request_does_not_get_the_stored_reply
);

async fn a_repeat_with_a_secret_gets_the_secret_that_was_stored(store: TestStore) {
    let vhost = Vhost::create().await;
    let keyring = Keyring::new(&Keyring::generate_key()).unwrap();
    let issuer = Issuer::default();
    let server = Server::new().service(TokensServer::new(issuer.clone())).keyring(keyring.clone());
    let _server = start(server.idempotency_store(store), &vhost).await;
    let connect = || async {
        let client = Client::builder().keyring(keyring.clone()).connect(vhost.uri()).await.unwrap();
        TokensClient::new(client)
    };
    let (first, second) = (connect().await, connect().await);
    // Another client: with other correlation ids, and other tokens of the same password.
    for tokens in [&first, &first, &second] {
        let call = tokens.issue("ada".into(), Secret::from("hunter2")).idempotency_key("login 1");
        let issued = within("the reply", call).await.unwrap();
        assert_eq!(issued.expose_secret(), "ada/hunter2/0");
    }
    let other = second.issue("bob".into(), Secret::from("hunter2")).idempotency_key("login 1");
    let error = within("the refusal", other).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::BadRequest),
        "all but the secret is compared: {error:?}"
    );
    assert_eq!(issuer.0.load(Ordering::SeqCst), 1);
}

/// Another program that can publish, and has no key, repeats what it has read along.
async fn a_copied_request_does_not_get_the_stored_reply(store: TestStore) {
    let (vhost, keyring) = (Vhost::create().await, Keyring::new(&Keyring::generate_key()).unwrap());
    let server = Server::new().service(TokensServer::new(Issuer::default())).keyring(keyring.clone());
    let _server = start(server.idempotency_store(store), &vhost).await;
    let (read, mut copied) = mpsc::unbounded_channel();
    let read_along = client_from_fn(move |call: OutgoingCall, next: ClientNext| {
        read.send(call.body().clone()).unwrap();
        next.run(call)
    });
    let client = Client::builder().keyring(keyring).layer(read_along).connect(vhost.uri()).await.unwrap();
    let call =
        TokensClient::new(client).issue("ada".into(), Secret::from("hunter2")).idempotency_key("login 1");
    within("the reply", call).await.unwrap();
    let body = copied.recv().await.unwrap();

    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let properties = BasicProperties::default()
        .with_content_type("application/json".into())
        .with_reply_to(replies.queue().into())
        .with_correlation_id("copied".into())
        .with_message_id("login 1".into());
    peer.publish("amqp-rpc", "tokens.issue", properties, &body).await;
    let reply = replies.next().await;
    assert_eq!((reply.kind(), &reply.json()["code"]), (Some("fault"), &"bad_request".into()));
}
