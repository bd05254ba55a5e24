//! Messages that a server does not read as several calls.

use super::{
    foreign_client::{ForeignClient, answers, until_settled},
    parts::{COALESCED, body_of, is_coalesced},
};
use crate::{
    services::{Gatekeeper, serve_gate},
    support::{RawPeer, Vhost},
};

#[tokio::test]
async fn a_message_that_cannot_be_separated_is_refused_as_one_request() {
    let vhost = Vhost::create().await;
    let _server = serve_gate(&vhost, &Gatekeeper::closed(), 64).await;
    let mut client = ForeignClient::connect(&vhost).await;
    let too_many = body_of(&vec![(client.request("x"), &b"{}"[..]); 1025]);
    for body in [&b""[..], b"{\"tag\":1}", b"\0\0\0\x02\0\0\0\0\0\x09short", &too_many] {
        client.peer.publish("amqp-rpc", "gate.echo", client.whole(), body).await;
        let (parts, _) = client.collect(1).await;
        let answers = answers(&parts);
        assert!(answers[0].0 == "all" && answers[0].2.contains("bad_request"), "{answers:?}");
    }
    until_settled(&vhost).await;
}

#[tokio::test]
async fn a_message_within_a_message_is_no_request() {
    let vhost = Vhost::create().await;
    let _server = serve_gate(&vhost, &Gatekeeper::closed(), 64).await;
    let mut client = ForeignClient::connect(&vhost).await;
    let inner = body_of(&[(client.request("b"), b"{\"tag\":1}")]);
    let nested = client.request("a").with_content_type(COALESCED.into());
    client.peer.publish("amqp-rpc", "gate.echo", client.whole(), &body_of(&[(nested, &inner)])).await;
    let (parts, _) = client.collect(1).await;
    let answers = answers(&parts);
    assert!(answers[0].0 == "a" && answers[0].2.contains("unsupported_media_type"), "{answers:?}");
    until_settled(&vhost).await;
}

#[tokio::test]
async fn a_part_does_not_say_where_its_reply_goes_and_who_sends_it() {
    let vhost = Vhost::create().await;
    let _server = serve_gate(&vhost, &Gatekeeper::closed(), 64).await;
    let mut client = ForeignClient::connect(&vhost).await;
    let elsewhere = client.request("a").with_reply_to("gate".into()).with_user_id("somebody".into());
    client
        .peer
        .publish("amqp-rpc", "gate.echo", client.whole(), &body_of(&[(elsewhere, b"{\"tag\":7}")]))
        .await;
    let (parts, _) = client.collect(1).await;
    assert_eq!(answers(&parts), [("a", "result", "7")]);
    until_settled(&vhost).await;
}

#[tokio::test]
async fn a_message_with_a_foreign_reply_address_is_kept_as_it_came() {
    let vhost = Vhost::create().await;
    let _server = serve_gate(&vhost, &Gatekeeper::closed(), 64).await;
    let client = ForeignClient::connect(&vhost).await;
    let body = body_of(&[(client.request("a"), &b"{\"tag\":1}"[..]), (client.request("b"), b"{\"tag\":2}")]);
    let whole = client.whole().with_reply_to("elsewhere".into());
    client.peer.publish("amqp-rpc", "gate.echo", whole, &body).await;
    let mut letters = client.peer.consume("gate.dead", 0).await;
    let letter = letters.next().await;
    assert!(is_coalesced(&letter) && letter.body == body);
    until_settled(&vhost).await;
}

#[tokio::test]
async fn a_client_that_reads_single_replies_sends_single_calls() {
    let vhost = Vhost::create().await;
    let _server = serve_gate(&vhost, &Gatekeeper::closed(), 64).await;
    let client = ForeignClient::connect(&vhost).await;
    let mut replies = client.peer.open_reply_queue().await;
    let whole = client.whole().with_reply_to(replies.queue().into());
    let body = body_of(&[(client.request("a"), &b"{\"tag\":1}"[..])]);
    client.peer.publish("amqp-rpc", "gate.echo", whole, &body).await;
    let reply = replies.next().await;
    assert_eq!((reply.correlation_id(), reply.kind()), (Some("all"), Some("fault")));
    assert!(reply.text().contains("unsupported_media_type"), "{}", reply.text());
    until_settled(&vhost).await;
}

/// Its calls may have run on a server that has read them.
#[tokio::test]
async fn a_redelivered_message_that_is_refused_as_a_whole_may_have_run() {
    let vhost = Vhost::create().await;
    serve_gate(&vhost, &Gatekeeper::closed(), 64).await.shutdown().await.unwrap();
    let mut client = ForeignClient::connect(&vhost).await;
    client.peer.publish("amqp-rpc", "gate.echo", client.whole(), b"malformed").await;
    let dying = RawPeer::connect(&vhost.uri()).await;
    dying.consume("gate", 1).await.next().await;
    dying.close().await;
    let _server = serve_gate(&vhost, &Gatekeeper::closed(), 64).await;
    let (parts, _) = client.collect(1).await;
    let answers = answers(&parts);
    assert!(answers[0].0 == "all" && answers[0].2.contains("maybe_executed"), "{answers:?}");
}
