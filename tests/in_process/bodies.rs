//! Bodies are encoded and decoded: what does not travel fails.

use std::{collections::HashMap, error::Error};

use crate::services::{OrdersClient, OrdersServer, Shop};
use amqp_rpc::{
    Bytes, CallError, Client, Execution, FaultCode,
    codec::{Codec, CodecError, Decoding, Encodable, MessagePack},
};

/// A codec of the user: JSON between brackets.
#[derive(Clone, Copy, Debug)]
struct Bracketed;

impl Codec for Bracketed {
    fn content_type(&self) -> &'static str {
        "application/x-bracketed"
    }

    fn encode(&self, value: Encodable<'_>) -> Result<Vec<u8>, CodecError> {
        Ok(format!("<{}>", serde_json::to_string(&value)?).into_bytes())
    }

    fn decode(&self, body: &[u8], value: Decoding<'_>) -> Result<(), CodecError> {
        let json = body.strip_prefix(b"<").and_then(|body| body.strip_suffix(b">")).ok_or("no brackets")?;
        let mut reader = serde_json::Deserializer::from_slice(json);
        value.read(&mut reader)?;
        Ok(reader.end()?)
    }
}

#[tokio::test]
async fn a_request_that_the_codec_cannot_write_is_not_sent() {
    let error = Shop::client().by_pair(HashMap::from([((1, 2), 3)])).await.unwrap_err();
    assert!(matches!(error, CallError::Encode(_)), "{error}");
}

#[tokio::test]
async fn a_result_that_the_codec_cannot_write_fails() {
    let error = Shop::client().pairs().await.unwrap_err();
    let CallError::Fault(fault) = &error else { panic!("{error}") };
    assert_eq!(fault.code(), &FaultCode::UnencodableReply);
}

#[tokio::test]
async fn a_header_that_amqp_cannot_carry_is_not_sent() {
    let name = "x".repeat(256);
    let error = Shop::client().total(1).header(name, 1).await.unwrap_err();
    assert_eq!(error.execution(), Execution::Never);
    assert!(matches!(error, CallError::Encode(_)), "{error}");
    let source = error.source().expect("it says why").to_string();
    assert_eq!(source, "the name of a header is longer than AMQP's 255 bytes");
}

#[tokio::test]
async fn every_codec_of_the_client_is_read_and_answered_in() {
    let orders = Shop::client();
    let seen = orders.whoami().codec(MessagePack).await.unwrap();
    assert_eq!(seen[2].as_deref(), Some("application/msgpack"));
    let seen = orders.whoami().codec(Bracketed).await.unwrap();
    assert_eq!(seen[2].as_deref(), Some("application/x-bracketed"));
    let fault = orders.panics().codec(Bracketed).await.unwrap_err();
    assert!(matches!(&fault, CallError::Fault(fault) if *fault.code() == FaultCode::Panicked), "{fault}");
    assert_eq!(orders.raw(Bytes::from_static(b"\0\xff")).await.unwrap(), &b"\0\xff"[..]);
}

#[tokio::test]
async fn requests_and_replies_have_the_limits_of_the_client() {
    let builder = Client::builder().max_request_bytes(64).max_reply_bytes(48).in_process();
    let orders = OrdersClient::new(builder.service(OrdersServer::new(Shop::default())).build().unwrap());
    let error = orders.echo("x".repeat(64)).await.unwrap_err();
    assert!(matches!(error, CallError::TooLarge(_)), "{error}");
    let error = orders.echo("x".repeat(50)).await.unwrap_err();
    assert!(matches!(error, CallError::Decode(_)), "{error}");
    assert_eq!(error.execution(), Execution::Completed);
    assert_eq!(orders.echo("x".repeat(46)).await.unwrap().len(), 46);
}
