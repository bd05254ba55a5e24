//! Raw bodies: bytes that no codec encodes, such as protobuf or images.

use amqp_rpc::{Bytes, CallError, Context, FaultCode, Server, codec::MessagePack, rpc_service};
use lapin::BasicProperties;

use super::{Refused, ask};
use crate::{
    services::{connect, start},
    support::{Vhost, await_until, within},
};

/// A service that returns what it was given.
#[rpc_service]
trait Store {
    /// The bytes in reverse order. An empty body is refused.
    #[rpc(bare)]
    async fn turn(&self, data: Bytes) -> Result<Bytes, Refused>;
    /// As many bytes.
    async fn make(&self, count: usize) -> Bytes;
    /// The number of bytes, and their content type.
    #[rpc(bare)]
    async fn weigh(&self, data: Bytes, #[rpc(context)] cx: &Context) -> (usize, Option<String>);
    #[rpc(notify, bare)]
    async fn drop_off(&self, data: Bytes) -> Result<(), String>;
}

struct Shelf;

impl Store for Shelf {
    async fn turn(&self, data: Bytes) -> Result<Bytes, Refused> {
        if data.is_empty() {
            return Err(Refused::TooOld { limit: 0 });
        }
        Ok(data.iter().rev().copied().collect())
    }

    async fn make(&self, count: usize) -> Bytes {
        vec![7; count].into()
    }

    async fn weigh(&self, data: Bytes, cx: &Context) -> (usize, Option<String>) {
        (data.len(), cx.content_type().map(str::to_owned))
    }

    async fn drop_off(&self, data: Bytes) -> Result<(), String> {
        if data.is_empty() { Err("nothing is dropped off".into()) } else { Ok(()) }
    }
}

fn shelf() -> Server {
    Server::new().service(StoreServer::new(Shelf))
}

/// Bytes that are no text in any encoding and no body of any codec.
const DATA: &[u8] = b"\x08\x96\x01\xff\x00\xfe";

#[tokio::test]
async fn bytes_are_sent_unchanged_and_errors_in_the_codec() {
    let vhost = Vhost::create().await;
    let _server = start(shelf(), &vhost).await;
    let store = StoreClient::new(connect(&vhost).await);

    let turned = within("the reply", store.turn(Bytes::from_static(DATA))).await.unwrap();
    assert_eq!(turned, DATA.iter().rev().copied().collect::<Vec<_>>());
    assert_eq!(within("the reply", store.make(3)).await.unwrap(), [7; 3][..]);
    assert_eq!(within("the reply", store.make(3).codec(MessagePack)).await.unwrap(), [7; 3][..]);
    assert!(within("the reply", store.make(0)).await.unwrap().is_empty());
    let weighed = within("the reply", store.weigh(Bytes::from_static(DATA))).await.unwrap();
    assert_eq!(weighed, (6, Some("application/octet-stream".into())));

    for call in [store.turn(Bytes::new()), store.turn(Bytes::new()).codec(MessagePack)] {
        let error = within("the reply", call).await.unwrap_err();
        assert!(matches!(error, CallError::Method(Refused::TooOld { limit: 0 })), "{error:?}");
    }
    let error = within("the reply", store.turn(vec![0; 17 << 20].into())).await.unwrap_err();
    assert!(matches!(error, CallError::TooLarge(_)), "{error:?}");
}

#[tokio::test]
async fn raw_bodies_are_sent_unchanged_under_any_content_type() {
    let vhost = Vhost::create().await;
    let _server = start(shelf(), &vhost).await;
    let of = |content_type: &str| BasicProperties::default().with_content_type(content_type.into());
    for properties in [
        BasicProperties::default(),
        of("application/octet-stream"),
        of("application/protobuf"),
        of("application/json"),
        of("text/plain; charset=latin1"),
    ] {
        let reply = ask(&vhost, "store.turn", properties, b"\xffabc").await;
        assert_eq!((reply.kind(), reply.content_type()), (Some("result"), Some("application/octet-stream")));
        assert_eq!(reply.body, b"cba\xff");
    }
    let weighed = ask(&vhost, "store.weigh", of("application/protobuf"), DATA).await;
    assert_eq!(weighed.text(), r#"[6,"application/protobuf"]"#);
    // The codec of such a caller is unknown: its errors come as JSON.
    let error = ask(&vhost, "store.turn", of("application/protobuf"), b"").await;
    assert_eq!((error.kind(), error.content_type()), (Some("error"), Some("application/json")));
    // Compressed bytes are not what the method expects.
    let packed = of("application/protobuf").with_content_encoding("br".into());
    let fault = ask(&vhost, "store.turn", packed, DATA).await;
    assert_eq!(
        (fault.kind(), &fault.json()["code"]),
        (Some("fault"), &FaultCode::UnsupportedMediaType.as_str().into())
    );
}

#[tokio::test]
async fn a_notification_may_be_bytes() {
    let vhost = Vhost::create().await;
    let _server = start(shelf(), &vhost).await;
    let store = StoreClient::new(connect(&vhost).await);
    within("the publisher confirm", store.drop_off(Bytes::from_static(DATA))).await.unwrap();
    within("the publisher confirm", store.drop_off(Bytes::new())).await.unwrap();
    await_until("one was run, one has failed", || async {
        vhost.existing_queue("store").await.is_settled()
            && vhost.existing_queue("store.dead").await.ready == 1
    })
    .await;
}
