//! Tests of the support code: a harness that checks nothing would make every other test pass.
#![allow(clippy::disallowed_types, reason = "the raw peer's messages carry lapin's properties")]

use std::pin::pin;

use lapin::{
    BasicProperties, Connection, ConnectionProperties, options::QueueDeclareOptions, types::FieldTable,
};

use crate::support::{
    Log, Need, Permissions, Program, Proxy, RawPeer, Vhost, await_until, is_left_out_without, proxy::Toward,
    rabbitmq::Node, within,
};

async fn queue_of(peer: &RawPeer, name: &str) -> String {
    peer.declare_queue(
        name,
        QueueDeclareOptions { durable: true, ..Default::default() },
        FieldTable::default(),
    )
    .await
}

#[tokio::test]
async fn virtual_hosts_do_not_see_each_other() {
    let (one, other) = tokio::join!(Vhost::create(), Vhost::create());
    let peer = RawPeer::connect(&one.uri()).await;
    queue_of(&peer, "work").await;

    assert!(one.queue_exists("work").await);
    assert_eq!(one.queues().await, ["work"]);
    assert!(!other.queue_exists("work").await);
    assert_eq!(other.queues().await, [""; 0]);
    assert_eq!((one.connections().await, other.connections().await), (1, 0));
}

#[tokio::test]
async fn a_dropped_virtual_host_refuses_connections() {
    let mut vhost = Vhost::create().await;
    let users = [vhost.uri(), vhost.add_user("someone", "secret", Permissions::ALL).await];
    for uri in &users {
        RawPeer::connect(uri).await.close().await;
    }
    drop(vhost);

    for uri in &users {
        await_until("it is gone", || async {
            Connection::connect(uri, ConnectionProperties::default()).await.is_err()
        })
        .await;
    }
}

#[tokio::test]
#[ignore = "needs RabbitMQ: scripts/test.sh"]
async fn on_rabbitmq_a_virtual_host_is_deleted_on_drop_with_its_users() {
    if is_left_out_without(Need::ErlCall) {
        return;
    }
    let mut vhost = Vhost::create().await;
    vhost.add_user("someone", "secret", Permissions::ALL).await;
    let name = vhost.name().to_owned();
    let known = async || {
        let all = "rabbit_vhost:list_names() ++
                   [proplists:get_value(user, U) || U <- rabbit_auth_backend_internal:list_users()]";
        let names = Node::of_this_run().eval(&format!("iolist_to_binary(lists:join($ , {all}))")).await;
        names.matches(&name).count()
    };
    assert_eq!(known().await, 2, "the virtual host, and its user that is named after it");

    drop(vhost);
    await_until("nothing is left of it", || async { known().await == 0 }).await;
}

#[tokio::test]
async fn the_state_of_a_queue_counts_its_messages() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    queue_of(&peer, "work").await;
    for body in [b"1", b"2", b"3"] {
        peer.publish("", "work", BasicProperties::default(), body).await;
    }
    assert_eq!(vhost.existing_queue("work").await.ready, 3);

    let mut inbox = peer.consume("work", 1).await;
    let first = inbox.next().await;
    let state = vhost.existing_queue("work").await;
    assert_eq!((state.ready, state.unacked, state.consumers), (2, 1, 1));
    first.ack().await;
    let second = inbox.next().await;
    assert_eq!(second.text(), "2");
    second.ack().await;
    inbox.next().await.ack().await;
    await_until("all is settled", || async { vhost.existing_queue("work").await.is_settled() }).await;
    assert!(peer.get("work").await.is_none());

    vhost.delete_queue("work").await;
    assert!(!vhost.queue_exists("work").await);
}

#[tokio::test]
async fn an_unroutable_mandatory_message_is_returned_and_replies_are_collected() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let key = replies.queue().to_owned();

    assert!(!peer.publish_mandatory("", "nobody", BasicProperties::default(), b"?").await);
    for id in ["a", "b"] {
        let properties = BasicProperties::default().with_correlation_id(id.into()).with_type("result".into());
        assert!(peer.publish_mandatory("", &key, properties, b"{\"n\": 1}").await);
    }
    let replies = replies.collect(2).await;
    assert_eq!(
        replies.iter().map(|reply| reply.correlation_id()).collect::<Vec<_>>(),
        [Some("a"), Some("b")]
    );
    assert_eq!((replies[0].kind(), replies[0].json()["n"].as_u64()), (Some("result"), Some(1)));
}

#[tokio::test]
async fn a_user_may_do_what_was_permitted_and_no_more() {
    let mut vhost = Vhost::create().await;
    let uri =
        vhost.add_user("guest", "secret", Permissions { configure: "^mine$", ..Permissions::NONE }).await;
    let peer = RawPeer::connect(&uri).await;
    queue_of(&peer, "mine").await;
    let refused =
        peer.open_channel().await.queue_declare("other".into(), Default::default(), Default::default()).await;
    assert!(refused.unwrap_err().to_string().contains("ACCESS_REFUSED"));
}

#[tokio::test]
async fn closing_and_cutting_connections_reach_the_peer() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let direct = RawPeer::connect(&vhost.uri()).await;
    let proxied = RawPeer::connect(&proxy.uri()).await;
    let mut inboxes = [direct.open_reply_queue().await, proxied.open_reply_queue().await];
    assert_eq!((vhost.connections().await, proxy.connections(), proxy.open_connections()), (2, 1, 1));

    proxy.cut();
    within("the cut to be noticed", inboxes[1].until_broken()).await;
    await_until("only the direct connection is left", || async { vhost.connections().await == 1 }).await;
    assert_eq!(vhost.close_all_connections().await, 1);
    within("the close to be noticed", inboxes[0].until_broken()).await;
    await_until("the proxy has closed its connections", || async { proxy.open_connections() == 0 }).await;
}

#[tokio::test]
async fn the_proxy_stalls_refuses_and_records_traffic() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let peer = RawPeer::connect(&proxy.uri()).await;
    let mut inbox = peer.open_reply_queue().await;
    let key = inbox.queue().to_owned();

    let direct = RawPeer::connect(&vhost.uri()).await;
    proxy.stall(true);
    let said = proxy.bytes(Toward::Broker);
    let mut held_back = pin!(peer.publish("", &key, BasicProperties::default(), b"late"));
    tokio::select! {
        biased;
        () = &mut held_back => panic!("nothing passes a stalled proxy"),
        () = direct.publish("", &key, BasicProperties::default(), b"early") => {}
    }
    assert_eq!(proxy.bytes(Toward::Broker), said);
    proxy.stall(false);
    held_back.await;
    assert_eq!([inbox.next().await.text(), inbox.next().await.text()], ["early", "late"]);

    let methods = proxy.methods(Toward::Broker);
    assert_eq!(methods.first().map(String::as_str), Some("connection.start-ok"));
    assert_eq!(methods.last().map(String::as_str), Some("basic.publish"));
    assert!(proxy.methods(Toward::Client).contains(&"basic.deliver".to_owned()));

    proxy.refuse(true);
    let socket = tokio::net::TcpStream::connect(proxy.authority()).await.unwrap();
    within("the reset", socket.readable()).await.unwrap();
    assert_eq!(socket.try_read(&mut [0]).unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
#[ignore = "needs Python with pika: scripts/test.sh"]
async fn the_python_peers_call_each_other_and_stop_on_request() {
    let vhost = Vhost::create().await;
    for shape in ["seed", "upstream"] {
        let mut server = Program::python("rpc_server.py", &["--shape", shape], &vhost.uri());
        assert_eq!(server.line().await, "Awaiting RPC requests");
        let client = Program::python("rpc_client.py", &["30"], &vhost.uri()).finish().await;
        assert_eq!(client.stdout_of_success(), "Requesting fib(30)\nGot 832040\n");
        server.line_with("fib(30)").await;
        server.signal("TERM").await;
        assert!(!server.finish().await.status.success());
        vhost.delete_queue("rpc_queue").await;
    }
}

#[test]
fn a_log_captures_events_first_emitted_on_another_thread() {
    fn say() {
        tracing::info!(target: "amqp_rpc_runtime::selftest", "said");
    }
    let log = Log::listen();
    std::thread::spawn(say).join().expect("nothing panics");
    assert!(log.lines().is_empty(), "another thread's lines are another test's");
    say();
    assert_eq!(log.lines().len(), 1, "{:?}", log.lines());
}
