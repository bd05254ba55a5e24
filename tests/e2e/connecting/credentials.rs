//! Passwords and tokens that change while clients and servers are connected.

use std::time::Duration;

use amqp_rpc::{
    Client, ConnectOptions, Server, connect::Credentials, error::ConnectError, server::QueueOptions,
};
use amqp_rpc_broker::{
    Broker, Like,
    faults::{Action, Matcher, Method},
};

use crate::{
    services::{FibClient, FibServer, Fibonacci},
    support::{
        Need, Permissions, Proxy, Vhost, await_until, embedded_broker, is_left_out_without, proxy::Toward,
        rabbitmq, within,
    },
};

const TOLD: &str = "connection.update-secret";
const TAKEN: &str = "connection.update-secret-ok";

fn count(proxy: &Proxy, toward: Toward, method: &str) -> usize {
    proxy.methods(toward).iter().filter(|said| *said == method).count()
}

#[tokio::test]
async fn a_new_password_is_sent_on_every_live_connection_of_clients_and_servers() {
    let vhost = Vhost::create().await;
    if !vhost.accepts_new_passwords() {
        // What happens there is the next test's claim.
        return crate::support::left_out::leave_out("the broker takes no new password on an open connection");
    }
    let proxy = Proxy::start(&vhost.uri()).await;
    let credentials = Credentials::new("guest", "guest");
    let options = ConnectOptions::new(proxy.uri()).credentials(&credentials);
    let server = Server::new().service(FibServer::new(Fibonacci)).start(options.clone());
    let server = within("the server", server).await.unwrap();
    let client = within("the client", Client::connect(options.clone())).await.unwrap();
    let fib = FibClient::new(client.clone());
    assert_eq!(within("the call", fib.compute(30)).await.unwrap(), 832_040);
    assert_eq!(count(&proxy, Toward::Broker, TOLD), 0);

    let connections = vhost.connections().await;
    assert!(connections >= 2);
    // Through the original or a clone: each holder of the credentials can update them.
    tokio::task::spawn_blocking(move || credentials.clone().update("marker-of-a-token")).await.unwrap();
    await_until("the broker has taken it everywhere", || async {
        count(&proxy, Toward::Client, TAKEN) == connections
    })
    .await;
    assert_eq!(count(&proxy, Toward::Broker, TOLD), connections);
    assert!(proxy.has_passed(Toward::Broker, b"marker-of-a-token"));

    assert_eq!(within("the call", fib.compute(30)).await.unwrap(), 832_040);
    within("the drain", server.shutdown()).await.unwrap();
}

#[tokio::test]
async fn on_lavinmq_a_new_password_costs_no_connection_and_is_used_at_the_next_login() {
    let broker = Broker::builder().like(Like::LavinMq).start().await.expect("the loopback has a free port");
    let all = amqp_rpc_broker::Permissions::new(".*", ".*", ".*").expect("they are expressions");
    broker.add_user("ada", "old");
    broker.set_permissions("ada", "/", all);
    let proxy = Proxy::start(&broker.uri()).await;
    let credentials = Credentials::new("ada", "old");
    let options = ConnectOptions::new(proxy.uri()).credentials(&credentials);
    let service = Server::new().service(FibServer::new(Fibonacci));
    let service = service.queue_options(QueueOptions::new().without_dead_letters());
    let server = within("the server", service.start(options.clone())).await.unwrap();
    let fib = FibClient::new(within("the client", Client::connect(options.clone())).await.unwrap());
    assert_eq!(within("the call", fib.compute(30)).await.unwrap(), 832_040);

    let logins = count(&proxy, Toward::Broker, "connection.start-ok");
    broker.add_user("ada", "new");
    credentials.update("new");
    let second = within("the second client", Client::connect(options)).await.unwrap();
    assert_eq!(within("the call", FibClient::new(second).compute(30)).await.unwrap(), 832_040);
    assert_eq!(within("the call", fib.compute(30)).await.unwrap(), 832_040);
    assert_eq!(count(&proxy, Toward::Broker, TOLD), 0);
    assert_eq!(count(&proxy, Toward::Broker, "connection.start-ok"), logins + 1, "no connection was lost");
    within("the drain", server.shutdown()).await.unwrap();
}

#[tokio::test]
async fn every_later_connection_logs_in_with_the_new_password() {
    let broker = embedded_broker().start().await.expect("the loopback has a free port");
    let all = amqp_rpc_broker::Permissions::new(".*", ".*", ".*").expect("they are expressions");
    broker.add_user("ada", "old");
    broker.set_permissions("ada", "/", all);
    let credentials = Credentials::new("ada", "old");
    // The user of the URI would be refused.
    let uri = broker.uri_as("nobody", "wrong", "/");
    let options = ConnectOptions::new(uri).credentials(&credentials);
    within("the client", Client::connect(options.clone())).await.unwrap().close().await;

    broker.add_user("ada", "new");
    match within("the refusal", Client::connect(options.clone())).await.unwrap_err() {
        ConnectError::LoginRefused { user, .. } => assert_eq!(user, "ada"),
        other => panic!("{other:?}"),
    }
    credentials.update("new");
    let client = within("the client", Client::connect(options.clone())).await.unwrap();

    // Open connections stay open, whatever the password is.
    broker.add_user("ada", "newest");
    credentials.update("newest");
    within("another client", Client::connect(options)).await.unwrap().close().await;
    assert!(client.is_connected());
}

#[tokio::test]
async fn a_password_that_changes_during_the_login_is_sent_after_it() {
    let broker = Broker::builder().start().await.expect("the loopback has a free port");
    let credentials = Credentials::new("guest", "guest");
    let recording = broker.record();
    let pause = broker.on(Matcher::to_client(Method::ConnectionTune), Action::Stall);
    let options = ConnectOptions::new(broker.uri()).credentials(&credentials);
    let connecting = tokio::spawn(Client::connect(options));
    within("the login", recording.until(&Matcher::from_client(Method::ConnectionStartOk))).await;
    credentials.update("newer");
    pause.remove();
    let _client = within("the client", connecting).await.unwrap().unwrap();
    let told = Matcher::from_client(Method::ConnectionUpdateSecret);
    within("the new password", recording.until(&told)).await;
}

#[tokio::test]
async fn a_client_reconnects_when_the_broker_closes_over_a_refused_password() {
    let broker = Broker::builder().start().await.expect("the loopback has a free port");
    let credentials = Credentials::new("guest", "guest");
    let options = ConnectOptions::new(broker.uri()).credentials(&credentials);
    let client = within("the client", Client::connect(options)).await.unwrap();
    let recording = broker.record();
    let refusal = Action::CloseConnection(530, "NOT_ALLOWED - the new secret was refused".into());
    let refusal = broker.on(Matcher::from_client(Method::ConnectionUpdateSecret), refusal);
    broker.add_user("guest", "next");
    credentials.update("next");
    within("the refusal", refusal.hit()).await;
    // The client reconnects as after any loss, and logs in with the new password.
    let login = Matcher::to_client(Method::ConnectionOpenOk);
    within("the next connection", recording.until(&login)).await;
    await_until("the client is connected again", || async { client.is_connected() }).await;
    assert_eq!(refusal.hits(), 1);
}

#[tokio::test]
async fn nothing_is_left_of_a_connection_that_waited_for_new_passwords() {
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let broker = embedded_broker().start().await.expect("the loopback has a free port");
    let credentials = Credentials::new("guest", "guest");
    // A task of lapin wakes up twice in each heartbeat interval.
    let options =
        ConnectOptions::new(broker.uri()).credentials(&credentials).heartbeat(Duration::from_secs(1));
    let before = tasks();
    for _ in 0..5 {
        let closed = within("a client", Client::connect(options.clone())).await.unwrap();
        let dropped = within("a client", Client::connect(options.clone())).await.unwrap();
        let lost = within("a client", Client::connect(options.clone())).await.unwrap();
        assert!(tasks() > before);
        within("the close", closed.close()).await;
        drop(dropped);
        let vhost = broker.vhost("/").expect("it is there from the start");
        vhost.close_connections("closed by a test").await;
        within("the close", lost.close()).await;
    }
    await_until("the tasks have ended", || async { tasks() == before }).await;
    credentials.update("for nobody");
}

#[tokio::test]
#[ignore = "needs RabbitMQ: scripts/test.sh"]
async fn on_rabbitmq_a_changed_password_is_accepted_and_live_connections_get_it() {
    if is_left_out_without(Need::ErlCall) {
        return;
    }
    let mut vhost = Vhost::create().await;
    let uri = vhost.add_user("ada", "old", Permissions::ALL).await;
    let user = format!("ada-{}", vhost.name());
    let proxy = Proxy::start(&uri).await;
    let credentials = Credentials::new(&user, "old");
    let options = ConnectOptions::new(proxy.uri()).credentials(&credentials);
    let client = within("the client", Client::connect(options.clone())).await.unwrap();

    let node = rabbitmq::Node::of_this_run();
    let change =
        format!("rabbit_auth_backend_internal:change_password(<<\"{user}\">>, <<\"new\">>, <<\"tests\">>)");
    assert_eq!(node.eval(&change).await, "ok");
    let error = within("the refusal", Client::connect(options.clone())).await.unwrap_err();
    assert!(matches!(error, ConnectError::LoginRefused { .. }), "{error:?}");

    credentials.update("new");
    within("another client", Client::connect(options)).await.unwrap().close().await;
    await_until("RabbitMQ has taken it", || async { count(&proxy, Toward::Client, TAKEN) == 1 }).await;
    assert!(client.is_connected());
}
