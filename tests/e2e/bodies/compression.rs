//! Compression: of requests by the client's setting, of replies by both sides', with limits on the inflated
//! size.

use amqp_rpc::{
    Bytes, CallError, Client, Execution, FaultCode, Server,
    codec::{Compression, Encoding, MessagePack},
    rpc_service,
};
use flate2::{Compression as Level, write::GzEncoder};
use lapin::{BasicProperties, ExchangeKind, types::FieldTable};

use crate::{
    services::{connect, start},
    support::{RawPeer, Vhost, within},
};

#[rpc_service]
trait Library {
    async fn copy(&self, text: String, copies: usize) -> String;
    #[rpc(bare)]
    async fn size(&self, book: Bytes) -> usize;
    #[rpc(event)]
    async fn printed(&self, text: String);
}

struct Press;

impl Library for Press {
    async fn copy(&self, text: String, copies: usize) -> String {
        text.repeat(copies)
    }

    async fn size(&self, book: Bytes) -> usize {
        book.len()
    }

    async fn printed(&self, _text: String) {}
}

fn press() -> Server {
    Server::new().service(LibraryServer::new(Press))
}

const BOTH: [Encoding; 2] = [Encoding::Gzip, Encoding::Zstd];

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::best());
    std::io::Write::write_all(&mut encoder, body).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}

#[tokio::test]
async fn large_bodies_are_compressed_in_both_directions_and_small_ones_are_not() {
    for encoding in BOTH {
        let vhost = Vhost::create().await;
        let server = start(press().compression(Compression::new(encoding)), &vhost).await;
        let client = Client::builder().compression(Compression::new(encoding)).codec(MessagePack);
        let library = LibraryClient::new(client.connect(vhost.uri()).await.unwrap());
        let text = "a line of a book, and ".repeat(1000);
        let copied = within("the copy", library.copy(text.clone(), 3)).await.unwrap();
        assert_eq!(copied, text.repeat(3), "{encoding:?}");
        assert_eq!(library.copy("short".into(), 1).await.unwrap(), "short");
        assert_eq!(library.size(Bytes::from(vec![7; 100_000])).await.unwrap(), 100_000, "raw bodies as well");
        server.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn compressed_messages_name_their_content_encoding() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let channel = peer.open_channel().await;
    let durable = lapin::options::ExchangeDeclareOptions { durable: true, ..Default::default() };
    channel
        .exchange_declare("amqp-rpc.events".into(), ExchangeKind::Topic, durable, FieldTable::default())
        .await
        .unwrap();
    let queue = lapin::options::QueueDeclareOptions::durable();
    peer.declare_queue("seen", queue, FieldTable::default()).await;
    channel
        .queue_bind(
            "seen".into(),
            "amqp-rpc.events".into(),
            "#".into(),
            Default::default(),
            FieldTable::default(),
        )
        .await
        .unwrap();
    let mut inbox = peer.consume("seen", 0).await;
    let client = Client::builder().compression(Compression::new(Encoding::Gzip).min_bytes(100));
    let library = LibraryClient::new(client.connect(vhost.uri()).await.unwrap());
    library.printed("x".repeat(10_000)).await.unwrap();
    library.printed("short".into()).await.unwrap();

    let long = inbox.next().await;
    let encoding = long.properties.content_encoding().as_ref().map(|name| name.as_str().to_owned());
    assert_eq!(encoding.as_deref(), Some("gzip"));
    assert!(long.body.len() < 200, "{}", long.body.len());
    let short = inbox.next().await;
    assert!(short.properties.content_encoding().is_none());
    assert_eq!(short.json(), serde_json::json!({"text": "short"}));
}

#[tokio::test]
async fn a_reply_is_compressed_only_for_callers_that_accept_it() {
    let vhost = Vhost::create().await;
    let server = start(press().compression(Compression::new(Encoding::Zstd)), &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    for (accepts, compressed) in
        [(None, None), (Some("gzip"), None), (Some("gzip, zstd"), Some("zstd")), (Some("br"), None)]
    {
        let mut headers = FieldTable::default();
        if let Some(accepts) = accepts {
            headers.insert("accept-encoding".into(), lapin::types::AMQPValue::LongString(accepts.into()));
        }
        let properties =
            BasicProperties::default().with_reply_to(replies.queue().into()).with_headers(headers);
        let body = br#"{"text":"a line of a book","copies":1000}"#;
        peer.publish("amqp-rpc", "library.copy", properties, body).await;
        let reply = within("the reply", replies.next()).await;
        let encoding = reply.properties.content_encoding().as_ref().map(|name| name.as_str().to_owned());
        assert_eq!(encoding.as_deref(), compressed, "{accepts:?}");
        assert_eq!(reply.body.len() < 5000, compressed.is_some(), "{accepts:?}: {}", reply.body.len());
    }
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_decompression_bomb_is_too_large_and_invalid_gzip_is_a_bad_request() {
    let vhost = Vhost::create().await;
    let server = start(press().max_request_bytes(100_000), &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let bomb = gzip(&vec![b' '; 50_000_000]);
    assert!(bomb.len() < 100_000, "{}", bomb.len());
    for (encoding, body, code) in [
        ("gzip", bomb, FaultCode::RequestTooLarge),
        ("gzip", b"{}".to_vec(), FaultCode::BadRequest),
        ("zstd", b"{}".to_vec(), FaultCode::BadRequest),
        ("br", b"{}".to_vec(), FaultCode::UnsupportedMediaType),
    ] {
        let properties = BasicProperties::default()
            .with_reply_to(replies.queue().into())
            .with_content_encoding(encoding.into());
        peer.publish("amqp-rpc", "library.copy", properties, &body).await;
        let reply = within("the refusal", replies.next()).await;
        assert_eq!(
            (reply.kind(), &reply.json()["code"]),
            (Some("fault"), &code.as_str().into()),
            "{encoding}"
        );
    }
    let properties =
        BasicProperties::default().with_reply_to(replies.queue().into()).with_content_encoding("GZIP".into());
    peer.publish("amqp-rpc", "library.copy", properties, &gzip(br#"{"text":"a","copies":3}"#)).await;
    assert_eq!(within("the reply", replies.next()).await.json(), "aaa", "a foreign client may compress");
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_reply_that_inflates_beyond_the_limit_is_an_error() {
    let vhost = Vhost::create().await;
    let server = start(press().compression(Compression::new(Encoding::Gzip)), &vhost).await;
    let client = Client::builder()
        .compression(Compression::new(Encoding::Gzip))
        .max_reply_bytes(50_000)
        .connect(vhost.uri());
    let library = LibraryClient::new(client.await.unwrap());
    let error = library.copy("a line of a book".into(), 10_000).await.unwrap_err();
    assert!(matches!(error, CallError::Decode(_)), "{error:?}");
    assert_eq!(error.execution(), Execution::Completed);
    assert!(format!("{error:?}").contains("50000"), "{error:?}");
    assert_eq!(library.copy("a".into(), 3000).await.unwrap().len(), 3000);

    // A caller that does not accept it gets the plain body.
    let plain = LibraryClient::new(connect(&vhost).await);
    assert_eq!(plain.copy("a line of a book".into(), 10_000).await.unwrap().len(), 160_000);
    server.shutdown().await.unwrap();
}
