//! Messages of a client whose calls share them, as a foreign server sees them.

use std::time::Duration;

use amqp_rpc::{Client, HeaderValue, client::ReplyTo, error::ConnectError, rpc_service};
use futures_util::future::join_all;
use lapin::types::ShortString;

use super::{
    ForeignServer, client_that_knows, coalescing, echo_all,
    parts::{is_coalesced, parts_of},
};
use crate::{
    services::GateClient,
    support::{Message, Vhost, within},
};

/// How many calls are in each of the next messages, which have so many in all.
async fn next_sizes(server: &mut ForeignServer, calls: usize) -> Vec<usize> {
    let mut sizes = Vec::new();
    while sizes.iter().sum::<usize>() < calls {
        sizes.push(parts_of(&server.next().await).len());
    }
    sizes
}

fn expiration(message: &Message) -> u64 {
    let expiration = message.properties.expiration().as_ref().map(ShortString::as_str);
    expiration.expect("it expires").parse().expect("it is a number")
}

#[tokio::test]
async fn calls_that_are_ready_at_once_travel_in_one_message_and_so_do_their_replies() {
    let vhost = Vhost::create().await;
    let (mut server, gates) = client_that_knows(&vhost, 8).await;
    let calls = tokio::spawn(async move { echo_all(&gates, 1..4).await });
    let request = server.next().await;
    let parts = parts_of(&request);
    let bodies: Vec<_> = parts.iter().map(|part| part.text().to_owned()).collect();
    assert!(is_coalesced(&request));
    assert_eq!(bodies, ["{\"tag\":1}", "{\"tag\":2}", "{\"tag\":3}"], "in their order");
    assert_eq!(
        (request.kind(), &*request.routing_key, &*request.exchange),
        (Some("gate.echo"), "gate.echo", "amqp-rpc")
    );
    assert_eq!(request.correlation_id(), Some(&*format!("coalesced:{}", parts[0].correlation_id())));
    assert_eq!(request.properties.delivery_mode(), &Some(1));
    assert!(request.reply_to().unwrap().starts_with("amqp-rpc.reply.coalesced."), "{:?}", request.reply_to());
    for part in &parts {
        assert_eq!(
            part.properties.content_type().as_ref().map(ShortString::as_str),
            Some("application/json")
        );
        assert_eq!(part.kind(), Some("gate.echo"));
        assert!(part.properties.expiration().is_some(), "each has its own time");
    }

    server.answer_together(&request, &["1", "2", "3"], Some(8)).await;
    assert_eq!(within("the calls", calls).await.unwrap(), [1, 2, 3]);
}

#[tokio::test]
async fn a_server_that_does_not_say_that_it_reads_several_calls_gets_single_ones() {
    let vhost = Vhost::create().await;
    let mut server = ForeignServer::start(&vhost).await;
    let gates = GateClient::new(coalescing(&vhost).await);
    for round in 0..2 {
        let calls = tokio::spawn({
            let gates = gates.clone();
            async move { echo_all(&gates, 0..4).await }
        });
        for tag in 0..4 {
            let request = server.next().await;
            assert!(!is_coalesced(&request), "round {round}");
            server.answer(&request, "result", tag.to_string().as_bytes(), None).await;
        }
        assert_eq!(within("the calls", calls).await.unwrap(), [0, 1, 2, 3]);
    }
}

#[tokio::test]
async fn one_server_of_the_queue_that_does_not_say_so_is_enough_for_single_calls() {
    let vhost = Vhost::create().await;
    let (mut server, gates) = client_that_knows(&vhost, 8).await;
    for (tag, calls_per_message) in [(1, None), (2, Some(8))] {
        let call = tokio::spawn(gates.echo(tag));
        let request = server.next().await;
        server.answer(&request, "result", tag.to_string().as_bytes(), calls_per_message).await;
        within("the call", call).await.unwrap().unwrap();
    }
    let _calls = tokio::spawn(async move { echo_all(&gates, 0..4).await });
    assert_eq!(next_sizes(&mut server, 4).await, [1, 1, 1, 1]);
}

#[tokio::test]
async fn a_message_has_no_more_calls_than_the_server_takes() {
    let vhost = Vhost::create().await;
    let (mut server, gates) = client_that_knows(&vhost, 3).await;
    let _calls = tokio::spawn(async move { echo_all(&gates, 0..7).await });
    assert_eq!(next_sizes(&mut server, 7).await, [3, 3, 1]);
}

#[tokio::test]
async fn of_several_servers_the_one_that_takes_the_fewest_calls_decides() {
    let vhost = Vhost::create().await;
    let (mut server, gates) = client_that_knows(&vhost, 8).await;
    for (tag, calls_per_message) in [(1, 2), (2, 64)] {
        let call = tokio::spawn(gates.echo(tag));
        let request = server.next().await;
        server.answer(&request, "result", tag.to_string().as_bytes(), Some(calls_per_message)).await;
        within("the call", call).await.unwrap().unwrap();
    }
    let _calls = tokio::spawn(async move { echo_all(&gates, 0..4).await });
    assert_eq!(next_sizes(&mut server, 4).await, [2, 2]);
}

#[tokio::test]
async fn calls_that_run_at_most_once_and_calls_to_other_addresses_do_not_share() {
    let vhost = Vhost::create().await;
    let (mut server, gates) = client_that_knows(&vhost, 8).await;
    let _once = tokio::spawn(join_all([gates.pass_once(1), gates.pass_once(2)]));
    let _others = tokio::spawn(async move {
        tokio::join!(gates.echo(1), gates.pass(2), gates.echo(3), gates.echo(4).priority(5))
    });
    let mut seen = Vec::new();
    for _ in 0..5 {
        let message = server.next().await;
        let tags: Vec<_> = parts_of(&message).iter().map(|part| part.text().to_owned()).collect();
        seen.push((message.routing_key.clone(), tags.len()));
    }
    seen.sort();
    let expected =
        [("gate.echo", 1), ("gate.echo", 2), ("gate.pass", 1), ("gate.pass_once", 1), ("gate.pass_once", 1)];
    assert_eq!(seen, expected.map(|(key, calls)| (key.to_owned(), calls)));
}

/// The gate's service, of which calls have a lock.
#[rpc_service(name = "gate")]
trait LockedGate {
    #[rpc(lock = "tag")]
    async fn echo(&self, tag: u64) -> u64;
}

/// A call that waits for its lock would hold up the others of its message.
#[tokio::test]
async fn calls_of_methods_with_a_lock_do_not_share() {
    let vhost = Vhost::create().await;
    let mut server = ForeignServer::start(&vhost).await;
    let locked = LockedGateClient::new(coalescing(&vhost).await);
    let call = tokio::spawn(locked.echo(0));
    let request = server.next().await;
    server.answer(&request, "result", b"0", Some(8)).await;
    within("the first call", call).await.unwrap().unwrap();
    let _calls = tokio::spawn(join_all((0..3).map(|tag| locked.echo(tag))));
    assert_eq!(next_sizes(&mut server, 3).await, [1, 1, 1]);
}

#[tokio::test]
async fn calls_share_a_message_only_if_they_expire_at_about_the_same_time() {
    let vhost = Vhost::create().await;
    let (mut server, gates) = client_that_knows(&vhost, 8).await;
    let seconds = |seconds| Duration::from_secs(seconds);
    let _calls = tokio::spawn(async move {
        tokio::join!(
            gates.echo(1).timeout(seconds(20)),
            gates.echo(2).timeout(seconds(5)),
            gates.echo(3).timeout(seconds(21)),
            gates.echo(4).timeout(Duration::MAX),
        )
    });
    let mut messages = Vec::new();
    for _ in 0..3 {
        messages.push(server.next().await);
    }
    let together = messages.iter().find(|message| is_coalesced(message)).expect("two share");
    assert_eq!(parts_of(together).len(), 2);
    assert!(expiration(together) > 20_000, "it expires with the last: {}", expiration(together));
    assert!(messages.iter().any(|message| message.properties.expiration().is_none()), "one never expires");
}

#[tokio::test]
async fn large_calls_do_not_share() {
    let vhost = Vhost::create().await;
    let (mut server, gates) = client_that_knows(&vhost, 8).await;
    let call = tokio::spawn(gates.panic("small".into()));
    let request = server.next().await;
    server.answer(&request, "result", b"null", Some(8)).await;
    within("the call", call).await.unwrap().unwrap();
    let _calls = tokio::spawn(join_all(
        ["x".repeat(10_000), "small".into(), "y".repeat(10_000), "small".into()]
            .map(|text| gates.panic(text)),
    ));
    let mut sizes = next_sizes(&mut server, 4).await;
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 1, 2]);
}

#[tokio::test]
async fn headers_are_of_one_call_and_a_call_with_headers_for_the_broker_does_not_share() {
    let vhost = Vhost::create().await;
    let (mut server, gates) = client_that_knows(&vhost, 8).await;
    let _calls = tokio::spawn(async move {
        tokio::join!(
            gates.echo(1).header("tenant", "acme"),
            gates.echo(2).header("CC", HeaderValue::List(vec!["nobody".into()])),
            gates.echo(3).header("x-delay", 5),
            gates.echo(4),
        )
    });
    let mut sizes = Vec::new();
    for _ in 0..3 {
        let parts = parts_of(&server.next().await);
        if parts.len() == 2 {
            let headers = parts[0].properties.headers().as_ref();
            assert!(headers.is_some_and(|headers| headers.inner().contains_key("tenant")));
            let other = parts[1].properties.headers().as_ref();
            assert!(other.is_none_or(|headers| !headers.inner().contains_key("tenant")));
        }
        sizes.push(parts.len());
    }
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 1, 2]);
}

/// Methods of the gate's queue that its contract does not have.
#[rpc_service(name = "gate")]
trait Notes {
    #[rpc(notify)]
    async fn note(&self, tag: u64);
}

#[tokio::test]
async fn untyped_calls_and_one_way_messages_do_not_share() {
    let vhost = Vhost::create().await;
    let mut server = ForeignServer::start(&vhost).await;
    let channel = server.peer.open_channel().await;
    let bound = channel.queue_bind(
        "gate".into(),
        "amqp-rpc".into(),
        "gate.note".into(),
        Default::default(),
        Default::default(),
    );
    within("the binding", bound).await.expect("it is bound");
    let client = coalescing(&vhost).await;
    for round in 0..2 {
        let (by_name, tags) = (client.clone(), [1, 2]);
        let calls = tokio::spawn(async move {
            join_all(tags.map(|tag| by_name.call_json("gate.echo", serde_json::json!({ "tag": tag })))).await
        });
        for tag in tags {
            let request = server.next().await;
            assert!(!is_coalesced(&request), "round {round}");
            server.answer(&request, "result", tag.to_string().as_bytes(), Some(8)).await;
        }
        assert!(within("the calls", calls).await.unwrap().into_iter().all(|call| call.is_ok()));
    }
    let notes = NotesClient::new(client);
    let noted = tokio::spawn(join_all([1, 2, 3].map(|tag| notes.note(tag))));
    for _ in 0..3 {
        assert!(!is_coalesced(&server.next().await));
    }
    assert!(within("the notes", noted).await.unwrap().into_iter().all(|note| note.is_ok()));
}

#[tokio::test]
async fn direct_replies_and_no_calls_at_all_are_refused_as_options() {
    let vhost = Vhost::create().await;
    for (builder, reason) in [
        (Client::builder().coalesce(2).reply_to(ReplyTo::Direct), "direct replies"),
        (Client::builder().coalesce(0), "at least 1"),
    ] {
        let error = within("the refusal", builder.connect(vhost.uri())).await.unwrap_err();
        assert!(matches!(&error, ConnectError::InvalidOption(text) if text.contains(reason)), "{error:?}");
    }
}
