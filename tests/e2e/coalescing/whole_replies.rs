//! Answers to a message with several calls as a whole, and replies that cannot be read.

use amqp_rpc::{CallError, Execution, FaultCode};
use futures_util::future::join_all;

use super::{ForeignServer, client_that_knows, coalescing, echo_all, parts::is_coalesced};
use crate::{
    services::GateClient,
    support::{Vhost, within},
};

/// Such as an older server: it does not know the type of the message.
#[tokio::test]
async fn calls_of_a_message_that_is_refused_as_a_whole_are_sent_singly() {
    let vhost = Vhost::create().await;
    let (mut server, gates) = client_that_knows(&vhost, 8).await;
    let calls = tokio::spawn({
        let gates = gates.clone();
        async move { echo_all(&gates, 1..4).await }
    });
    let request = server.next().await;
    let fault = br#"{"code":"unsupported_media_type","message":"only JSON"}"#;
    // Whatever it says, it has not read this one.
    server.answer(&request, "fault", fault, Some(8)).await;
    for tag in 1..4 {
        let request = server.next().await;
        assert!(!is_coalesced(&request));
        server.answer(&request, "result", tag.to_string().as_bytes(), Some(8)).await;
    }
    assert_eq!(within("the calls", calls).await.unwrap(), [1, 2, 3]);
}

#[tokio::test]
async fn a_fault_of_unknown_effect_for_a_whole_message_is_that_of_each_call() {
    let vhost = Vhost::create().await;
    let (mut server, gates) = client_that_knows(&vhost, 8).await;
    let calls = tokio::spawn(join_all([gates.echo(1), gates.echo(2)]));
    let request = server.next().await;
    server.answer(&request, "fault", br#"{"code":"internal","message":"it broke"}"#, None).await;
    for call in within("the calls", calls).await.unwrap() {
        let error = call.unwrap_err();
        assert!(
            matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::Internal),
            "{error:?}"
        );
        assert_eq!(error.execution(), Execution::Unknown);
    }
}

#[tokio::test]
async fn one_result_for_several_calls_is_nobody_s() {
    let vhost = Vhost::create().await;
    let (mut server, gates) = client_that_knows(&vhost, 8).await;
    let calls = tokio::spawn(join_all([gates.echo(1), gates.echo(2)]));
    let request = server.next().await;
    server.answer(&request, "result", b"1", Some(8)).await;
    for call in within("the calls", calls).await.unwrap() {
        let error = call.unwrap_err();
        assert!(
            matches!(error, CallError::Decode(_)) && error.execution() == Execution::Unknown,
            "{error:?}"
        );
        assert!(format!("{error:?}").contains("several calls"), "{error:?}");
    }
}

#[tokio::test]
async fn a_malformed_message_of_replies_is_counted_and_harms_no_call() {
    let vhost = Vhost::create().await;
    let mut server = ForeignServer::start(&vhost).await;
    let client = coalescing(&vhost).await;
    let call = tokio::spawn(GateClient::new(client.clone()).echo(1));
    let request = server.next().await;
    let reply_to = request.reply_to().unwrap().to_owned();
    for body in [&b""[..], b"\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\x02\0\0\0\0\0\x09short"] {
        let properties = lapin::BasicProperties::default().with_content_type(super::COALESCED.into());
        server.peer.publish("", &reply_to, properties, body).await;
    }
    server.answer(&request, "result", b"1", Some(8)).await;
    assert_eq!(within("the call", call).await.unwrap().unwrap(), 1);
    assert_eq!(client.stats().malformed_replies, 4);
}
