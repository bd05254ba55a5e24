//! The permissions that SECURITY.md recommends are sufficient and allow nothing else.

use amqp_rpc::{
    CallError, Client, RunningServer, Server,
    client::ReplyTo,
    server::{Declare, QueueOptions},
};
use lapin::{
    BasicProperties,
    options::{BasicPublishOptions, QueueBindOptions},
    types::FieldTable,
};

use crate::{
    cluster_locks::{Host, VmsClient},
    services::{FibClient, FibServer, Fibonacci, Gatekeeper, serve_fib, serve_gate},
    support::{
        Permissions, RawPeer, Vhost,
        recipes::{
            CALLER, CALLER_THAT_LOOKS_UP, CALLER_WITH_REPLY_QUEUE, DECLARING_SERVER, LISTED_SERVER, SERVER,
            SERVER_WITH_CLUSTER_LOCKS, SERVER_WITH_MAX_LENGTH,
        },
        within,
    },
};

/// Operations outside of a user's recipe. Each is refused with 403.
#[derive(Clone, Copy, Debug)]
enum Trespass {
    PublishTo(&'static str),
    Consume(&'static str),
    DeclareQueue(&'static str),
    DeleteQueue(&'static str),
    DeclareExchange(&'static str),
    /// A queue to an exchange.
    Bind(&'static str, &'static str),
}

async fn is_refused(uri: &str, trespass: Trespass) {
    let channel = RawPeer::connect(uri).await.open_channel().await;
    let nothing = FieldTable::default;
    let outcome = match trespass {
        Trespass::PublishTo(exchange) => {
            channel.confirm_select(Default::default()).await.expect("the broker confirms");
            let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
            match channel.basic_publish(exchange.into(), "fib".into(), options, b"{}", properties).await {
                Ok(confirm) => confirm.await.map(drop),
                Err(error) => Err(error),
            }
        }
        Trespass::Consume(queue) => {
            channel.basic_consume(queue.into(), "".into(), Default::default(), nothing()).await.map(drop)
        }
        Trespass::DeclareQueue(queue) => {
            channel.queue_declare(queue.into(), Default::default(), nothing()).await.map(drop)
        }
        Trespass::DeleteQueue(queue) => {
            channel.queue_delete(queue.into(), Default::default()).await.map(drop)
        }
        Trespass::DeclareExchange(exchange) => {
            let kind = lapin::ExchangeKind::Direct;
            channel.exchange_declare(exchange.into(), kind, Default::default(), nothing()).await
        }
        Trespass::Bind(queue, exchange) => {
            let options = QueueBindOptions::default();
            channel.queue_bind(queue.into(), exchange.into(), "mine".into(), options, nothing()).await
        }
    };
    let error = outcome.expect_err(&format!("{trespass:?} is not refused"));
    assert!(error.to_string().contains("ACCESS_REFUSED"), "{trespass:?}: {error}");
}

/// Serves [`Fib`](crate::services::Fib) as a user with these permissions.
async fn serve_as(
    vhost: &mut Vhost,
    permissions: Permissions<'_>,
    declare: Declare,
) -> (RunningServer, String) {
    let uri = vhost.add_user("server", "secret", permissions).await;
    let server = Server::new().service(FibServer::new(Fibonacci)).declare(declare).start(&uri);
    let server = within("the server to start", server).await;
    (server.unwrap_or_else(|error| panic!("{error}: {error:?}")), uri)
}

#[tokio::test]
async fn a_user_that_may_only_write_to_the_exchange_can_call_and_nothing_else() {
    let mut vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let uri = vhost.add_user("caller", "secret", CALLER).await;
    let client = Client::builder().reply_to(ReplyTo::Direct).fail_fast().connect(&uri).await.unwrap();
    let fib = FibClient::new(client);
    assert_eq!(within("the call", fib.compute(10)).await.unwrap(), 55);
    assert!(within("the method's own error", fib.compute(91)).await.is_err());
    for trespass in [
        Trespass::PublishTo(""),
        Trespass::PublishTo("amqp-rpc.dead"),
        Trespass::Consume("fib"),
        Trespass::Consume("fib.dead"),
        Trespass::DeclareQueue("amqp-rpc.reply.mine"),
        Trespass::DeleteQueue("fib"),
    ] {
        is_refused(&uri, trespass).await;
    }
}

#[tokio::test]
async fn a_user_that_may_also_write_to_the_queue_can_look_it_up_and_nothing_else() {
    let mut vhost = Vhost::create().await;
    serve_fib(&vhost).await.shutdown().await.unwrap();
    let uri = vhost.add_user("caller", "secret", CALLER_THAT_LOOKS_UP).await;
    let client = Client::builder().reply_to(ReplyTo::Direct).fail_fast().connect(&uri).await.unwrap();
    let error = within("the refusal", FibClient::new(client).compute(10)).await.unwrap_err();
    assert!(matches!(error, CallError::NoConsumer(_)), "{error:?}");
    for trespass in [
        Trespass::PublishTo(""),
        Trespass::Consume("fib"),
        Trespass::DeclareQueue("fib.mine"),
        Trespass::DeleteQueue("fib"),
        Trespass::Bind("fib", "amqp-rpc"),
        Trespass::Bind("fib", "amq.topic"),
    ] {
        is_refused(&uri, trespass).await;
    }
}

#[tokio::test]
async fn a_user_that_may_own_reply_queues_can_call_and_nothing_else() {
    let mut vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let uri = vhost.add_user("caller", "secret", CALLER_WITH_REPLY_QUEUE).await;
    let fib = FibClient::new(Client::connect(&uri).await.unwrap());
    assert_eq!(within("the call", fib.compute(10).fail_fast()).await.unwrap(), 55);
    for trespass in [
        Trespass::PublishTo(""),
        Trespass::Consume("fib"),
        Trespass::DeclareQueue("fib.mine"),
        Trespass::DeclareExchange("amqp-rpc.mine"),
        Trespass::DeleteQueue("fib"),
    ] {
        is_refused(&uri, trespass).await;
    }
}

#[tokio::test]
async fn a_server_s_user_that_may_only_consume_its_queue_and_reply_can_serve_and_nothing_else() {
    let mut vhost = Vhost::create().await;
    let _other = serve_gate(&vhost, &Gatekeeper::closed(), 1).await;
    // The deployment declares the queues.
    serve_fib(&vhost).await.shutdown().await.unwrap();
    let (_server, uri) = serve_as(&mut vhost, SERVER, Declare::Passive).await;
    for reply_to in [ReplyTo::ExclusiveQueue, ReplyTo::Direct] {
        let client = Client::builder().reply_to(reply_to).connect(vhost.uri()).await.unwrap();
        assert_eq!(within("the call", FibClient::new(client).compute(10)).await.unwrap(), 55);
    }
    for trespass in [
        Trespass::PublishTo("amqp-rpc"),
        Trespass::Consume("gate"),
        Trespass::Consume("fib.dead"),
        Trespass::DeclareQueue("fib.mine"),
        Trespass::DeleteQueue("fib"),
    ] {
        is_refused(&uri, trespass).await;
    }
}

#[tokio::test]
async fn a_server_s_user_that_may_declare_its_own_queues_can_touch_nothing_else() {
    let mut vhost = Vhost::create().await;
    let _other = serve_gate(&vhost, &Gatekeeper::closed(), 1).await;
    let (_server, uri) = serve_as(&mut vhost, DECLARING_SERVER, Declare::All).await;
    let fib = FibClient::new(Client::connect(vhost.uri()).await.unwrap());
    assert_eq!(within("the call", fib.compute(10)).await.unwrap(), 55);
    for trespass in [
        Trespass::PublishTo("amqp-rpc"),
        Trespass::Consume("gate"),
        Trespass::DeclareQueue("gate.mine"),
        Trespass::DeleteQueue("gate"),
        Trespass::DeclareExchange("amqp-rpc.mine"),
    ] {
        is_refused(&uri, trespass).await;
    }
}

#[tokio::test]
async fn a_server_s_user_that_may_be_listed_can_touch_nothing_else() {
    let mut vhost = Vhost::create().await;
    let _other = serve_gate(&vhost, &Gatekeeper::closed(), 1).await;
    let (_server, uri) = serve_as(&mut vhost, LISTED_SERVER, Declare::All).await;
    // Clients need no permission more.
    let caller = vhost.add_user("caller", "secret", CALLER_WITH_REPLY_QUEUE).await;
    let reflection = Client::connect(&caller).await.unwrap().reflection();
    assert_eq!(within("the instance", reflection.ping("fib")).await.unwrap().len(), 1);
    for trespass in [
        Trespass::PublishTo("amqp-rpc"),
        Trespass::Consume("gate"),
        Trespass::DeclareQueue("gate.mine"),
        Trespass::DeleteQueue("gate"),
        Trespass::DeclareExchange("amqp-rpc.mine"),
        Trespass::Bind("gate", "amqp-rpc"),
    ] {
        is_refused(&uri, trespass).await;
    }
}

#[tokio::test]
async fn a_server_s_user_with_locks_in_a_cluster_can_touch_nothing_else() {
    let mut vhost = Vhost::create().await;
    let _other = serve_gate(&vhost, &Gatekeeper::closed(), 1).await;
    let uri = vhost.add_user("server", "secret", SERVER_WITH_CLUSTER_LOCKS).await;
    let _server = Host::new().serve(&uri).await;
    let vms = VmsClient::new(Client::connect(vhost.uri()).await.unwrap());
    assert!(within("the call", vms.look(7)).await.unwrap().1.is_some());
    for trespass in [
        Trespass::PublishTo("amqp-rpc"),
        Trespass::Consume("gate"),
        Trespass::DeclareQueue("vms.mine"),
        Trespass::DeleteQueue("gate"),
        Trespass::DeclareExchange("amqp-rpc.mine"),
    ] {
        is_refused(&uri, trespass).await;
    }
}

#[tokio::test]
async fn a_server_s_user_with_a_bounded_queue_can_touch_nothing_else() {
    let mut vhost = Vhost::create().await;
    let uri = vhost.add_user("server", "secret", SERVER_WITH_MAX_LENGTH).await;
    let options = QueueOptions::new().max_length(5);
    let server = Server::new().service_with(FibServer::new(Fibonacci), options).start(&uri);
    let _server = within("the server to start", server).await.unwrap_or_else(|error| panic!("{error}"));
    let fib = FibClient::new(Client::connect(vhost.uri()).await.unwrap());
    assert_eq!(within("the call", fib.compute(10)).await.unwrap(), 55);
    for trespass in [
        Trespass::PublishTo("amqp-rpc"),
        Trespass::Consume("fib.dead"),
        Trespass::DeclareQueue("fib.mine"),
        Trespass::DeclareExchange("amqp-rpc.mine"),
    ] {
        is_refused(&uri, trespass).await;
    }
}
