//! Requests of our client, as a foreign server sees them.

use std::time::{Duration, SystemTime};

use amqp_rpc::{Client, client::ReplyTo, rpc_service};
use lapin::{
    BasicProperties, ExchangeKind,
    options::ExchangeDeclareOptions,
    types::{AMQPValue, ShortString},
};

use crate::{
    services::{FibClient, connect, serve_fib},
    support::{Message, Proxy, RawPeer, Vhost, proxy::Toward, raw_peer::Inbox, within},
};

#[rpc_service(name = "wire")]
trait Wire {
    async fn mix(
        &self,
        number: i32,
        text: String,
        list: Vec<Option<bool>>,
        #[serde(rename = "type")] kind: char,
    ) -> u8;
    async fn nothing(&self);
    #[rpc(bare)]
    async fn bare(&self, pair: (u8, String));
    #[rpc(name = "other_name", routing_key = "any.key")]
    async fn renamed(&self);
}

/// A queue on the default exchange of services, bound to every routing key of [`Wire`].
async fn foreign_server(vhost: &Vhost) -> (RawPeer, Inbox) {
    let peer = RawPeer::connect(&vhost.uri()).await;
    let channel = peer.open_channel().await;
    let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    let declared =
        channel.exchange_declare("amqp-rpc".into(), ExchangeKind::Direct, durable, Default::default());
    within("the exchange", declared).await.expect("the exchange is declared");
    let queue = peer.declare_queue("", Default::default(), Default::default()).await;
    for key in ["wire.mix", "wire.nothing", "wire.bare", "any.key"] {
        let bound = channel.queue_bind(
            queue.as_str().into(),
            "amqp-rpc".into(),
            key.into(),
            Default::default(),
            Default::default(),
        );
        within("the binding", bound).await.expect("the queue is bound");
    }
    let requests = peer.consume(&queue, 0).await;
    (peer, requests)
}

/// A request of the client, and the call that waits for its reply.
async fn seen<T: Send + 'static>(
    requests: &mut Inbox,
    call: impl Future<Output = T> + Send + 'static,
) -> (Message, tokio::task::JoinHandle<T>) {
    let call = tokio::spawn(call);
    (requests.next().await, call)
}

#[tokio::test]
async fn a_request_has_these_properties_and_no_other() {
    let vhost = Vhost::create().await;
    let (_peer, mut requests) = foreign_server(&vhost).await;
    let wire = WireClient::new(connect(&vhost).await);
    let timeout = Duration::from_millis(9_000);
    let (request, _call) = seen(&mut requests, wire.nothing().timeout(timeout)).await;

    let properties = &request.properties;
    let id = request.correlation_id().expect("there is a correlation id");
    let id_as_uuid = uuid::Uuid::parse_str(id).unwrap();
    assert_eq!(id, id_as_uuid.hyphenated().to_string(), "in lower case, with hyphens");
    assert_eq!((id_as_uuid.get_version_num(), id_as_uuid.get_variant()), (4, uuid::Variant::RFC4122));

    let reply_to = request.reply_to().expect("there is a reply address");
    let of_client = reply_to.strip_prefix("amqp-rpc.reply.").expect("it is the client's own queue");
    assert!(uuid::Uuid::parse_str(of_client).is_ok() && vhost.queue_exists(reply_to).await);

    let expiration = properties.expiration().clone().expect("it expires").as_str().parse::<u64>().unwrap();
    let added = if vhost.has_coarse_expiry() { 100 } else { 0 };
    assert!((8_000 + added..=9_000 + added).contains(&expiration), "{expiration} ms are left");

    let sent_at = properties.timestamp().expect("it says when it was sent");
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    assert!(sent_at.abs_diff(now) < 300, "{sent_at} s is about {now} s");

    let mut expected = BasicProperties::default()
        .with_content_type("application/json".into())
        .with_type("wire.nothing".into())
        .with_delivery_mode(1)
        .with_correlation_id(id.into())
        .with_reply_to(reply_to.into())
        .with_expiration(expiration.to_string().into())
        .with_timestamp(sent_at);
    if vhost.has_coarse_expiry() {
        let headers = properties.headers().clone().expect("it has the exact time");
        let names: Vec<_> = headers.inner().keys().map(ShortString::as_str).collect();
        assert_eq!(names, ["remaining-ms"]);
        expected = expected.with_headers(headers);
    }
    assert_eq!(properties, &expected);
}

#[tokio::test]
async fn the_body_is_an_object_of_the_parameters_by_name() {
    let vhost = Vhost::create().await;
    let (_peer, mut requests) = foreign_server(&vhost).await;
    let wire = WireClient::new(connect(&vhost).await);

    let mix = wire.mix(-1, "\u{e9}\"\n".into(), vec![Some(true), None], 't');
    let (request, _mix) = seen(&mut requests, mix).await;
    assert_eq!(
        request.text(),
        "{\"number\":-1,\"text\":\"\u{e9}\\\"\\n\",\"list\":[true,null],\"type\":\"t\"}"
    );
    let (request, _nothing) = seen(&mut requests, wire.nothing()).await;
    assert_eq!(request.text(), "{}");
    let (request, _bare) = seen(&mut requests, wire.bare((7, "x".into()))).await;
    assert_eq!(request.text(), "[7,\"x\"]");
}

#[tokio::test]
async fn a_request_is_addressed_by_routing_key_and_names_its_method_by_type() {
    let vhost = Vhost::create().await;
    let (_peer, mut requests) = foreign_server(&vhost).await;
    let wire = WireClient::new(connect(&vhost).await);

    let (request, _default) = seen(&mut requests, wire.nothing()).await;
    assert_eq!((request.exchange.as_str(), request.routing_key.as_str()), ("amqp-rpc", "wire.nothing"));
    assert_eq!(request.kind(), Some("wire.nothing"));
    let (request, _renamed) = seen(&mut requests, wire.renamed()).await;
    assert_eq!((request.exchange.as_str(), request.routing_key.as_str()), ("amqp-rpc", "any.key"));
    assert_eq!(request.kind(), Some("wire.other_name"));
}

#[tokio::test]
async fn the_expiration_is_the_remaining_time_rounded_up() {
    let vhost = Vhost::create().await;
    let (_peer, mut requests) = foreign_server(&vhost).await;
    let wire = WireClient::new(connect(&vhost).await);
    let mut expirations = Vec::new();
    for _ in 0..50 {
        let (request, call) = seen(&mut requests, wire.nothing().timeout(Duration::from_millis(7_000))).await;
        expirations.push(request.properties.expiration().clone().expect("it expires").to_string());
        call.abort();
    }
    // Some time passes before each request is sent: rounded down, the full timeout would never appear.
    let expected = if vhost.has_coarse_expiry() { "7100" } else { "7000" };
    assert!(expirations.iter().any(|expiration| expiration == expected), "{expirations:?}");
}

#[tokio::test]
async fn headers_priority_and_names_are_sent_only_when_set() {
    let vhost = Vhost::create().await;
    let (_peer, mut requests) = foreign_server(&vhost).await;
    let client = Client::builder().app_id("billing").send_user_id().connect(vhost.uri()).await.unwrap();
    let call = WireClient::new(client).nothing().header("tenant", "acme").priority(3);
    let (request, _call) = seen(&mut requests, call).await;

    let properties = &request.properties;
    let headers = properties.headers().clone().expect("there are headers");
    let is_ours = |name: &str| vhost.has_coarse_expiry() && name == "remaining-ms";
    let headers: Vec<_> = headers.inner().iter().filter(|(name, _)| !is_ours(name.as_str())).collect();
    assert_eq!(headers, [(&"tenant".into(), &AMQPValue::LongString("acme".into()))]);
    assert_eq!(*properties.priority(), Some(3));
    let text = |text: &Option<ShortString>| text.as_ref().map(ToString::to_string);
    assert_eq!(text(properties.app_id()).as_deref(), Some("billing"));
    assert_eq!(text(properties.user_id()).as_deref(), Some("guest"));
    assert_eq!((text(properties.message_id()), text(properties.content_encoding())), (None, None));
}

#[tokio::test]
async fn a_client_of_direct_replies_uses_the_broker_s_address() {
    let vhost = Vhost::create().await;
    let (peer, mut requests) = foreign_server(&vhost).await;
    let client = Client::builder().reply_to(ReplyTo::Direct).connect(vhost.uri()).await.unwrap();
    let wire = WireClient::new(client);
    let (request, call) = seen(&mut requests, wire.mix(1, String::new(), Vec::new(), 'x')).await;

    // The broker replaces the name that the client sent.
    let reply_to = request.reply_to().expect("there is a reply address");
    let of_the_broker = if vhost.is_lavinmq() { "amq.direct.reply-to." } else { "amq.rabbitmq.reply-to." };
    assert!(reply_to.starts_with(of_the_broker), "{reply_to}");
    let id = request.correlation_id().expect("there is a correlation id");
    peer.publish("", reply_to, BasicProperties::default().with_correlation_id(id.into()), b"8").await;
    assert_eq!(within("the reply", call).await.unwrap().unwrap(), 8);
}

#[tokio::test]
async fn requests_are_mandatory() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let client = Client::connect(proxy.uri()).await.unwrap();
    WireClient::new(client.clone()).nothing().await.unwrap_err();
    FibClient::new(client).compute(1).await.unwrap();
    let returned = proxy.methods(Toward::Client).into_iter().filter(|method| method == "basic.return");
    assert_eq!(returned.count(), 1, "the broker returns what no queue takes");
}
