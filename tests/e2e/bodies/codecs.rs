//! Calls and replies in JSON, MessagePack, CBOR and a custom codec.

use amqp_rpc::{
    CallError, CallOptions, Client, Execution, FaultCode,
    codec::{AnyCodec, Cbor, Json, MessagePack},
};
use lapin::BasicProperties;

use super::{PeopleClient, Person, Postcard, Refused, ask, registry};
use crate::{
    services::{connect, start},
    support::{RawPeer, Vhost, await_until, within},
};

fn of(content_type: &str) -> BasicProperties {
    BasicProperties::default().with_content_type(content_type.into())
}

fn codecs() -> [AnyCodec; 4] {
    [Json.into(), MessagePack.into(), Cbor.into(), Postcard.into()]
}

#[tokio::test]
async fn a_call_uses_the_codec_of_its_client() {
    let vhost = Vhost::create().await;
    let _server = start(registry(), &vhost).await;
    for codec in codecs() {
        let connecting = Client::builder().codec(codec.clone()).connect(vhost.uri());
        let people = PeopleClient::new(within("the connection", connecting).await.expect("it connects"));

        let older = within("the reply", people.birthday(Person::aged(36))).await;
        assert_eq!(older.unwrap(), Person::aged(37), "{codec:?}");

        let error = within("the reply", people.birthday(Person::aged(101))).await.unwrap_err();
        assert!(matches!(error, CallError::Method(Refused::TooOld { limit: 100 })), "{codec:?}: {error:?}");
    }
}

#[tokio::test]
async fn tuple_keys_work_in_codecs_that_support_them() {
    let vhost = Vhost::create().await;
    let _server = start(registry(), &vhost).await;
    let people = PeopleClient::new(connect(&vhost).await);
    for codec in codecs() {
        let answered = within("the reply", people.board(2).codec(codec.clone())).await;
        if codec.content_type() == "application/json" {
            let Err(CallError::Fault(fault)) = answered else { panic!("keys of JSON are text") };
            assert_eq!(fault.code(), &FaultCode::UnencodableReply);
            assert_eq!(fault.execution(), Execution::Completed);
        } else {
            assert_eq!(answered.unwrap()[&(0, 1)], "pawn", "{codec:?}");
        }
    }
}

#[tokio::test]
async fn the_most_specific_codec_setting_wins() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    start(registry(), &vhost).await.shutdown().await.expect("the server stops");
    let mut inbox = peer.consume("people", 1).await;
    let connecting = Client::builder().codec(Cbor).connect(vhost.uri());
    let client = within("the connection", connecting).await.expect("it connects");
    let plain = PeopleClient::new(client.clone());
    let typed = PeopleClient::new(client).with_options(CallOptions::new().codec(MessagePack));
    for (call, content_type) in [
        (plain.birthday(Person::aged(1)), "application/cbor"),
        (typed.birthday(Person::aged(1)), "application/msgpack"),
        (typed.birthday(Person::aged(1)).codec(Json), "application/json"),
    ] {
        let calling = tokio::spawn(call);
        let request = within("the request", inbox.next()).await;
        assert_eq!(request.content_type(), Some(content_type));
        request.ack().await;
        calling.abort();
    }
    let told = tokio::spawn(typed.greet(Person::aged(1)).codec(Postcard));
    let request = within("the notification", inbox.next()).await;
    assert_eq!(request.content_type(), Some("application/x-postcard"));
    request.ack().await;
    within("the publisher confirm", told).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_server_answers_in_the_codec_of_the_request_faults_included() {
    let vhost = Vhost::create().await;
    let _server = start(registry(), &vhost).await;
    for codec in codecs() {
        let content_type = codec.content_type();
        // No value of any codec, or a value of another type.
        let fault = ask(&vhost, "people.birthday", of(content_type), b"\xff").await;
        assert_eq!((fault.kind(), fault.content_type()), (Some("fault"), Some(content_type)));
    }
}

#[tokio::test]
async fn a_request_without_content_type_is_json() {
    let vhost = Vhost::create().await;
    let _server = start(registry(), &vhost).await;
    let body = br#"{"person":{"name":"Ada","age":36,"tags":[]}}"#;
    for properties in [BasicProperties::default(), of(""), of("application/json; charset=utf-8")] {
        let reply = ask(&vhost, "people.birthday", properties, body).await;
        assert_eq!((reply.kind(), reply.content_type()), (Some("result"), Some("application/json")));
        assert_eq!(reply.json()["age"], 37);
    }
}

#[tokio::test]
async fn an_unsupported_content_type_is_answered_with_the_supported_ones() {
    let vhost = Vhost::create().await;
    let _server = start(registry(), &vhost).await;
    for content_type in ["application/x-python-serialize", "application/xml"] {
        let fault = ask(&vhost, "people.birthday", of(content_type), b"\x80\x04.").await;
        assert_eq!((fault.kind(), fault.content_type()), (Some("fault"), Some("application/json")));
        assert_eq!(fault.json()["code"], "unsupported_media_type");
        let message = fault.json()["message"].as_str().unwrap().to_owned();
        for spoken in codecs() {
            assert!(message.contains(spoken.content_type()), "{message}");
        }
    }
}

#[tokio::test]
async fn a_server_without_the_codec_refuses_the_call_and_says_why() {
    let vhost = Vhost::create().await;
    let _server =
        start(amqp_rpc::Server::new().service(super::PeopleServer::new(super::Registry)), &vhost).await;
    let people = PeopleClient::new(connect(&vhost).await);
    let call = people.birthday(Person::aged(36)).codec(Postcard);
    let error = within("the reply", call).await.unwrap_err();
    let CallError::Fault(fault) = &error else { panic!("{error:?}") };
    assert_eq!(fault.code(), &FaultCode::UnsupportedMediaType);
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, false));
}

#[tokio::test]
async fn the_invalid_field_is_named_in_every_codec() {
    let vhost = Vhost::create().await;
    let _server = start(registry(), &vhost).await;
    for (content_type, body) in [
        ("application/json", &br#"{"person":{"name":"Ada","age":"secret","tags":[]}}"#[..]),
        // The same in the others.
        ("application/msgpack", b"\x81\xa6person\x83\xa4name\xa3Ada\xa3age\xa6secret\xa4tags\x90"),
        ("application/cbor", b"\xa1\x66person\xa3\x64name\x63Ada\x63age\x66secret\x64tags\x80"),
    ] {
        let fault = ask(&vhost, "people.birthday", of(content_type), body).await;
        assert_eq!(fault.kind(), Some("fault"));
        let contains = |text: &str| fault.body.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(contains("bad_request") && contains("person.age"), "{content_type}");
        assert!(!contains("secret"), "{content_type}");
    }
}

#[tokio::test]
async fn malformed_bodies_of_every_codec_are_refused_and_the_server_serves_on() {
    let vhost = Vhost::create().await;
    let _server = start(registry(), &vhost).await;
    for (content_type, body) in [
        ("application/json", b"[".repeat(200_000)),
        ("application/msgpack", vec![0x91; 200_000]),
        ("application/msgpack", [&b"\x81\xa6person\x81\xa4tags"[..], &[0x91; 200_000]].concat()),
        ("application/msgpack", b"\xdd\xff\xff\xff\xf0".to_vec()),
        ("application/cbor", vec![0x81; 200_000]),
        ("application/cbor", b"\xa1\x66person\x7a\xff\xff\xff\xf0".to_vec()),
    ] {
        let fault = ask(&vhost, "people.birthday", of(content_type), &body).await;
        assert_eq!(fault.kind(), Some("fault"), "{content_type}");
    }
    let people = PeopleClient::new(connect(&vhost).await);
    assert_eq!(within("the reply", people.birthday(Person::aged(36))).await.unwrap(), Person::aged(37));
}

#[tokio::test]
async fn a_notification_in_a_supported_codec_runs_and_in_another_is_a_dead_letter() {
    let vhost = Vhost::create().await;
    let server =
        start(amqp_rpc::Server::new().service(super::PeopleServer::new(super::Registry)), &vhost).await;
    let people = PeopleClient::new(connect(&vhost).await);
    for codec in [MessagePack.into(), AnyCodec::from(Postcard)] {
        within("the publisher confirm", people.greet(Person::aged(1)).codec(codec)).await.unwrap();
    }
    // One failed in its method, the other could not be read.
    await_until("both are dead letters", || async { vhost.existing_queue("people.dead").await.ready == 2 })
        .await;
    drop(server);
}
