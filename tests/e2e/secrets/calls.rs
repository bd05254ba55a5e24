//! Secrets between a client and a server of this library.

use amqp_rpc::{
    CallError, Client, Context, Secret, Subscription,
    client::ReplyTo,
    codec::{AnyCodec, Cbor, Json, MessagePack},
};
use tokio::sync::mpsc;

use super::{
    Account, Login, PLANTED, Refused, Steel, VaultChanged, VaultClient, VaultServer, client, keyring, serve,
    vault,
};
use crate::{
    bodies::Postcard,
    services::start,
    support::{Proxy, RawPeer, Vhost, within},
};

fn account() -> Account {
    let login = Login { user: "ada".into(), pin: 1815 };
    Account {
        name: "ada".into(),
        login: Some(Secret::new(login)),
        keys: vec![Secret::from(PLANTED), Secret::from("")],
    }
}

/// Sends secrets every way that a call can.
async fn use_vault(vault: &VaultClient) {
    let kept = within("the reply", vault.keep("ada".into(), Secret::from(PLANTED))).await;
    assert_eq!(kept.expect("it is kept").expose_secret(), PLANTED);
    let refused = within("the reply", vault.keep("ada".into(), Secret::from(""))).await;
    let Err(CallError::Method(Refused::Reused { earlier })) = refused else { panic!("{refused:?}") };
    assert_eq!(earlier.expose_secret(), PLANTED);
    let shown = within("the reply", vault.show("ada".into(), Secret::from("x"))).await;
    assert_eq!(shown.expect("it is shown"), "ada/x");
    let echoed = within("the reply", vault.echo(Secret::from(PLANTED))).await;
    assert_eq!(echoed.expect("it is the body").expose_secret(), PLANTED);
    let ground = within("the reply", vault.grind(Secret::new(4711))).await;
    assert_eq!(ground.expect("it runs on a thread that may block").expose_secret(), &4711);
    let opened = within("the reply", vault.open(account())).await.expect("it is opened");
    assert_eq!(opened.login.expect("there was one").expose_secret().pin, 1815);
    assert_eq!(opened.keys[0].expose_secret(), PLANTED);
}

#[tokio::test]
async fn secrets_travel_in_requests_replies_and_errors_with_every_codec() {
    let vhost = Vhost::create().await;
    let _server = start(vault().keyring(keyring()).codec(Postcard), &vhost).await;
    let codecs: [AnyCodec; 4] = [Json.into(), MessagePack.into(), Cbor.into(), Postcard.into()];
    for codec in codecs {
        let connecting = Client::builder().keyring(keyring()).codec(codec).connect(vhost.uri());
        use_vault(&VaultClient::new(within("the connection", connecting).await.expect("it connects"))).await;
    }
}

#[tokio::test]
async fn secrets_travel_over_direct_reply_to_and_compressed() {
    use amqp_rpc::codec::{Compression, Encoding};

    const GZIP: Compression = Compression::new(Encoding::Gzip);

    let vhost = Vhost::create().await;
    let _server = start(vault().keyring(keyring()).compression(GZIP), &vhost).await;
    let direct = Client::builder().reply_to(ReplyTo::Direct);
    for builder in [direct, Client::builder().compression(GZIP)] {
        let connecting = builder.keyring(keyring()).connect(vhost.uri());
        let vault = VaultClient::new(within("the connection", connecting).await.expect("it connects"));
        use_vault(&vault).await;
        let long = PLANTED.repeat(1000);
        let kept = within("the reply", vault.keep("ada".into(), Secret::new(long.clone()))).await;
        assert_eq!(kept.expect("it is kept").expose_secret(), &long);
    }
}

#[tokio::test]
async fn a_client_in_process_needs_a_keyring_too() {
    let client = Client::builder().keyring(keyring()).in_process().service(VaultServer::new(Steel)).build();
    let vault = VaultClient::new(client.expect("it has no broker"));
    use_vault(&vault).await;
    let error = within("the error", vault.deposit(Secret::from(PLANTED))).await;
    error.expect("a notification is confirmed");

    let without = VaultClient::new(Client::in_process(VaultServer::new(Steel)));
    let error = within("the error", without.echo(Secret::from(PLANTED))).await.unwrap_err();
    assert!(matches!(error, CallError::Encode(_)), "{error:?}");
}

#[tokio::test]
async fn events_and_notifications_carry_secrets() {
    let vhost = Vhost::create().await;
    let (sender, mut received) = mpsc::unbounded_channel();
    let audit = Subscription::group("audit").on(move |changed: VaultChanged, _: Context| {
        let sender = sender.clone();
        async move {
            let _ = sender.send(changed.password.expose_secret().clone());
        }
    });
    let server = vault().keyring(keyring()).handle_events(audit);
    let _server = start(server, &vhost).await;
    let vault = VaultClient::new(client(&vhost, keyring()).await);
    within("the confirm", vault.changed(Secret::from(PLANTED)).topic("eu.de"))
        .await
        .expect("it is published");
    assert_eq!(within("the event", received.recv()).await.as_deref(), Some(PLANTED));
}

#[tokio::test]
async fn a_request_that_is_sent_again_is_sealed_again() {
    let vhost = Vhost::create().await;
    serve(&vhost, keyring()).await.shutdown().await.expect("the server stops");
    let proxy = Proxy::start(&vhost.uri()).await;
    let connecting = Client::builder().keyring(keyring()).connect(proxy.uri());
    let vault = VaultClient::new(within("the connection", connecting).await.expect("it connects"));
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut requests = peer.consume("vault", 1).await;
    let call = tokio::spawn(vault.keep("ada".into(), Secret::from(PLANTED)));
    let first = within("the first request", requests.next()).await;
    let first_seal = first.text_header("secrets-seal").expect("it has one");
    first.ack().await;
    proxy.cut();
    let second = within("the second request", requests.next()).await;
    assert_ne!(second.text_header("secrets-seal").expect("it has one"), first_seal);
    // Back to the queue, for a server.
    peer.close().await;
    let _server = serve(&vhost, keyring()).await;
    let kept = within("the reply", call).await.expect("it did not panic");
    assert_eq!(kept.expect("the second seal is right").expose_secret(), PLANTED);
}
