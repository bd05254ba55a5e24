//! Options of a call: timeout, headers, priority, user id; and the future of a call.

use std::time::Duration;

use amqp_rpc::{CallError, CallOptions, Client, Execution, error::Phase, rpc_service};
use amqp_rpc_broker::{Broker, Like};
use lapin::{
    options::QueueDeclareOptions,
    types::{AMQPValue, FieldTable, ShortString},
};

use crate::{
    services::{GateClient, Gatekeeper, connect, serve_gate},
    support::{Message, RawPeer, Vhost, await_until, within},
};

/// On the default exchange, so that a raw peer needs no more than a queue to see the requests.
#[rpc_service(exchange = "")]
trait Seen {
    #[rpc(routing_key = "seen")]
    async fn plain(&self);
    #[rpc(routing_key = "seen_timed", timeout = "5s")]
    async fn timed(&self);
}

async fn queue(vhost: &Vhost, name: &str) -> (RawPeer, crate::support::raw_peer::Inbox) {
    queue_at(&vhost.uri(), name).await
}

async fn queue_at(uri: &str, name: &str) -> (RawPeer, crate::support::raw_peer::Inbox) {
    let peer = RawPeer::connect(uri).await;
    peer.declare_queue(name, QueueDeclareOptions::default(), FieldTable::default()).await;
    let inbox = peer.consume(name, 0).await;
    (peer, inbox)
}

/// The milliseconds until the request expires. On LavinMQ a header has them, for `expiration` is rounded up.
fn expiration(message: &Message) -> Option<u64> {
    let headers = message.properties.headers().as_ref();
    if let Some(AMQPValue::LongLongInt(exact)) = headers.and_then(|it| it.inner().get("remaining-ms")) {
        return Some(u64::try_from(*exact).expect("it is not negative"));
    }
    let text = message.properties.expiration().as_ref()?.as_str();
    Some(text.parse().expect("the expiration is a number"))
}

/// The remaining time when the request was sent: a little less than the timeout.
fn assert_timeout(message: &Message, seconds: u64) {
    let milliseconds = expiration(message).expect("the request expires");
    let most = seconds * 1000;
    assert!((most - 900..=most).contains(&milliseconds), "{milliseconds} ms is not about {seconds} s");
}

#[tokio::test]
async fn the_timeout_of_the_call_wins_over_typed_client_method_scoped_client_and_client() {
    let vhost = Vhost::create().await;
    let (_plain_peer, mut plain) = queue(&vhost, "seen").await;
    let (_timed_peer, mut timed) = queue(&vhost, "seen_timed").await;

    let default = SeenClient::new(Client::connect(vhost.uri()).await.unwrap());
    let default_call = tokio::spawn(default.plain());
    assert_timeout(&plain.next().await, 10);
    default_call.abort();

    let client = Client::builder().timeout(Duration::from_secs(20)).connect(vhost.uri()).await.unwrap();
    let seen = SeenClient::new(client.clone());
    let of_client = tokio::spawn(seen.plain());
    assert_timeout(&plain.next().await, 20);
    let of_method = tokio::spawn(seen.timed());
    assert_timeout(&timed.next().await, 5);

    let patient = SeenClient::new(client.with_timeout(Duration::from_secs(60)));
    let of_scoped_client = tokio::spawn(patient.plain());
    assert_timeout(&plain.next().await, 60);
    let of_method_again = tokio::spawn(patient.timed());
    assert_timeout(&timed.next().await, 5);

    let seen = seen.with_options(CallOptions::new().timeout(Duration::from_secs(7)));
    let of_typed_client = tokio::spawn(seen.timed());
    assert_timeout(&timed.next().await, 7);
    let of_call = tokio::spawn(seen.timed().timeout(Duration::from_secs(3)));
    assert_timeout(&timed.next().await, 3);
    for call in [of_client, of_method, of_scoped_client, of_method_again, of_typed_client, of_call] {
        call.abort();
    }
}

#[tokio::test]
async fn the_longest_timeouts_do_not_overflow() {
    let vhost = Vhost::create().await;
    let (_peer, mut inbox) = queue(&vhost, "seen").await;
    let seen = SeenClient::new(connect(&vhost).await);

    let endless = tokio::spawn(seen.plain().timeout(Duration::MAX));
    assert_eq!(expiration(&inbox.next().await), None, "a call without limit does not expire");
    let centuries = tokio::spawn(seen.plain().timeout(Duration::from_secs(10_000_000_000)));
    assert_eq!(expiration(&inbox.next().await), Some(2_147_483_647), "clamped to what brokers accept");
    endless.abort();
    centuries.abort();
}

#[tokio::test]
async fn on_lavinmq_calls_with_less_than_100_ms_arrive_with_their_exact_time() {
    let broker = Broker::builder().like(Like::LavinMq).start().await.expect("the loopback has a free port");
    let (_peer, mut inbox) = queue_at(&broker.uri(), "seen").await;
    let seen = SeenClient::new(within("the client", Client::connect(broker.uri())).await.unwrap());
    for milliseconds in [5, 20, 50, 90, 99] {
        // Whether it is answered in time does not matter.
        let call = tokio::spawn(seen.plain().timeout(Duration::from_millis(milliseconds)));
        let request = within("the request", inbox.next()).await;
        assert_eq!(request.properties.expiration().as_ref().map(ShortString::as_str), Some("200"));
        assert!((1..=milliseconds).contains(&expiration(&request).expect("it has the exact time")));
        call.abort();
    }
}

#[tokio::test]
async fn a_timeout_below_a_millisecond_expires_after_one() {
    let vhost = Vhost::create().await;
    let (_peer, mut inbox) = queue(&vhost, "seen").await;
    let seen = SeenClient::new(connect(&vhost).await);
    let options = CallOptions::new().timeout(Duration::from_secs(20));
    // The first call checks the exchange, later ones do not.
    let first = tokio::spawn(seen.clone().with_options(options).plain());
    inbox.next().await;
    first.abort();

    let error = within("the timeout", seen.plain().timeout(Duration::from_micros(200))).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Timeout(timeout) if timeout.after() == Duration::from_micros(200)),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_timeout_of_zero_sends_nothing() {
    let vhost = Vhost::create().await;
    let (_peer, mut inbox) = queue(&vhost, "seen").await;
    let seen = SeenClient::new(connect(&vhost).await);

    let error = seen.plain().timeout(Duration::ZERO).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Timeout(timeout) if timeout.phase() == Phase::WaitingToSend),
        "{error:?}"
    );
    assert_eq!(error.execution(), Execution::Never);

    // The first request is that of the next call.
    let next = tokio::spawn(seen.plain().header("second", true));
    let first_seen = inbox.next().await;
    assert!(first_seen.properties.headers().as_ref().is_some_and(|headers| headers.contains_key("second")));
    next.abort();
}

#[tokio::test]
async fn headers_and_priority_travel_and_the_call_s_win() {
    let vhost = Vhost::create().await;
    let (_peer, mut inbox) = queue(&vhost, "seen").await;
    let defaults = CallOptions::new().header("tenant", "acme").header("shard", 1).priority(2);
    let seen = SeenClient::new(connect(&vhost).await).with_options(defaults);

    let call = tokio::spawn(seen.plain().header("shard", 2).header("trace", "abc").priority(9));
    let message = inbox.next().await;
    let headers = message.properties.headers().clone().expect("there are headers");
    let text = |name: &str| headers.inner().get(name).map(|value| format!("{value:?}"));
    assert!(text("tenant").is_some_and(|value| value.contains("LongString")), "{headers:?}");
    assert_eq!(text("shard").as_deref(), Some("LongLongInt(2)"));
    assert!(text("trace").is_some());
    assert_eq!(*message.properties.priority(), Some(9));
    call.abort();
}

#[tokio::test]
async fn a_caller_sends_its_user_id_only_when_enabled() {
    let vhost = Vhost::create().await;
    let (_peer, mut inbox) = queue(&vhost, "seen").await;

    let anonymous = tokio::spawn(SeenClient::new(connect(&vhost).await).plain());
    let message = inbox.next().await;
    assert_eq!((message.properties.user_id(), message.properties.app_id()), (&None, &None));

    let client = Client::builder().send_user_id().app_id("billing").connect(vhost.uri()).await.unwrap();
    let named = tokio::spawn(SeenClient::new(client).plain());
    let message = inbox.next().await;
    assert_eq!(message.properties.user_id().as_ref().map(ToString::to_string).as_deref(), Some("guest"));
    assert_eq!(message.properties.app_id().as_ref().map(ToString::to_string).as_deref(), Some("billing"));
    anonymous.abort();
    named.abort();
}

#[tokio::test]
async fn headers_that_no_frame_can_carry_are_an_encode_error() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 4).await;
    let gates = GateClient::new(connect(&vhost).await);

    for call in
        [gates.echo(1).header("x".repeat(256), true), gates.echo(1).header("big", "x".repeat(200_000))]
    {
        let error = call.await.unwrap_err();
        assert!(matches!(error, CallError::Encode(_)), "{error:?}");
        assert_eq!(error.execution(), Execution::Never);
    }
    assert_eq!(gates.echo(2).await.unwrap(), 2, "the connection lives");
}

#[tokio::test]
async fn a_call_is_lazy_unpin_send_and_static() {
    fn assert_traits<T: Unpin + Send + 'static>(value: T) -> T {
        value
    }
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 4).await;
    let client = connect(&vhost).await;
    let gates = GateClient::new(client.clone());

    drop(assert_traits(gates.pass(1)));
    assert_eq!(gates.echo(2).await.unwrap(), 2);
    assert_eq!(gate.started(), 0, "a call that was never polled was never sent");
    assert_eq!(client.stats().in_flight, 0);

    // The call outlives every handle that it was made from.
    let call = gates.echo(3);
    drop((client, gates));
    assert_eq!(call.await.unwrap(), 3);
}

#[tokio::test]
async fn dropping_a_call_stops_waiting_and_its_late_reply_is_discarded() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 4).await;
    let client = connect(&vhost).await;
    let gates = GateClient::new(client.clone());

    let call = tokio::spawn(gates.pass(1));
    gate.until_running(1).await;
    assert_eq!(client.stats().in_flight, 1);
    call.abort();
    await_until("the call is forgotten", || async { client.stats().in_flight == 0 }).await;

    gate.open_for(1);
    await_until("the late reply is counted", || async { client.stats().late_replies == 1 }).await;
    assert_eq!(gates.echo(2).await.unwrap(), 2);
}
