//! Members that must be encrypted whatever the contract says.

use amqp_rpc::{
    CallError, FaultCode, Secret,
    codec::{AnyCodec, Cbor, MessagePack},
    middleware::{IncomingCall, Reply},
    secrets::LEGACY_NAMES,
};
use serde_json::json;

use super::{PLANTED, VaultClient, client, keyring, serve};
use crate::{
    services::start,
    support::{Vhost, within},
};

#[tokio::test]
async fn a_client_does_not_send_them_in_the_clear() {
    let vhost = Vhost::create().await;
    let _server = serve(&vhost, keyring()).await;
    let client = client(&vhost, keyring().protect_names(LEGACY_NAMES)).await;
    let vault = VaultClient::new(client.clone());
    let kept = within("the reply", vault.keep("ada".into(), Secret::from(PLANTED))).await;
    assert_eq!(kept.expect("it is encrypted").expose_secret(), PLANTED);
    let error = within("the error", vault.legacy(PLANTED.into())).await.unwrap_err();
    let text = format!("{:?}", std::error::Error::source(&error).map(ToString::to_string));
    assert!(text.contains("`password` must be encrypted") && !text.contains(PLANTED), "{text}");
    let untyped = client.call_json("vault.legacy", json!({"password": PLANTED}));
    let error = within("the error", untyped).await.unwrap_err();
    assert!(matches!(error, CallError::Encode(_)), "{error:?}");
    for codec in [AnyCodec::from(MessagePack), AnyCodec::from(Cbor)] {
        let body = json!({"password": PLANTED});
        let call = client.call_json("vault.legacy", body.clone()).codec(codec.clone());
        let error = within("the error", call).await.unwrap_err();
        assert!(matches!(error, CallError::Encode(_)), "{codec:?}: {error:?}");
        let notification = client.notify_json("vault.legacy", body).codec(codec.clone());
        let error = within("the error", notification).await.unwrap_err();
        assert!(matches!(error, CallError::Encode(_)), "{codec:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_server_refuses_them_in_the_clear_of_typed_and_untyped_methods() {
    let vhost = Vhost::create().await;
    let protecting = keyring().protect_names(LEGACY_NAMES);
    let raw = |_: IncomingCall| async { Reply::json(&"run") };
    let server = super::vault().keyring(protecting).raw("legacy.create", raw);
    let _server = start(server, &vhost).await;
    let client = client(&vhost, keyring()).await;
    let token = keyring().encrypt(&Secret::from(PLANTED)).expect("it has a key");
    for method in ["vault.legacy", "legacy.create"] {
        let call = |password: &str| client.call_json(method, json!({"password": password}));
        let error = within("the reply", call(PLANTED)).await.unwrap_err();
        let CallError::Fault(fault) = &error else { panic!("{error:?}") };
        assert_eq!(fault.code(), &FaultCode::BadRequest);
        assert_eq!(fault.message(), "`password` must be encrypted");
        for codec in [AnyCodec::from(MessagePack), AnyCodec::from(Cbor)] {
            let error = within("the reply", call(PLANTED).codec(codec.clone())).await.unwrap_err();
            let CallError::Fault(fault) = &error else { panic!("{codec:?}: {error:?}") };
            assert_eq!(fault.message(), "`password` must be encrypted", "{codec:?}");
        }
        within("the reply", call(&token)).await.expect("a token is taken");
    }
}
