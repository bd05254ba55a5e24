//! The broker's product and version, shown in states, logs and errors.

use amqp_rpc::{
    Client, Server,
    client::ReplyTo,
    connect::{Broker, ConnectionState},
    error::StartError,
};
use amqp_rpc_broker::{Like, Permissions};

use crate::{
    services::{FibServer, Fibonacci},
    support::{Log, within},
};

const ALL: [(Like, &str); 3] = [
    (Like::RabbitMq3_10, "RabbitMQ 3.10.8"),
    (Like::RabbitMq4_3, "RabbitMQ 4.3.6"),
    (Like::LavinMq, "LavinMQ 2.9.1"),
];

async fn start(like: Like) -> amqp_rpc_broker::Broker {
    amqp_rpc_broker::Broker::builder().like(like).start().await.expect("the loopback has a free port")
}

#[tokio::test]
async fn the_states_of_clients_and_servers_name_their_broker() {
    for (like, name) in ALL {
        let broker = start(like).await;
        let server = Server::new().service(FibServer::new(Fibonacci)).start(broker.uri());
        let server = within("the server", server).await.unwrap();
        let client = within("the client", Client::connect(broker.uri())).await.unwrap();
        for state in [server.state(), client.state()] {
            assert_eq!(state.broker().expect("it is connected").to_string(), name);
            assert_eq!(state.to_string(), format!("ready, connection 1, to {name}"));
            let is_lavinmq = matches!(state, ConnectionState::Ready { broker: Broker::LavinMq(_), .. });
            assert_eq!(is_lavinmq, like == Like::LavinMq);
        }
        client.close().await;
        assert_eq!(client.state().broker(), None);
    }
}

#[tokio::test]
async fn a_line_of_the_log_names_the_broker_of_each_new_connection() {
    for (like, name) in ALL {
        let broker = start(like).await;
        let log = Log::listen();
        let client = within("the client", Client::connect(broker.uri())).await.unwrap();
        let of = |message: &str| {
            let lines = log.lines();
            let line = lines.iter().find(|line| line.field("message") == message).cloned();
            line.map(|line| line.field("broker").to_owned())
        };
        assert_eq!(of("connected").as_deref(), Some(name));
        broker.vhost("/").expect("it is always there").close_connections("by a test").await;
        crate::support::await_until("it has reconnected", || async { client.state().epoch() == Some(2) })
            .await;
        crate::support::await_until("it is logged", || async {
            of("the client has reconnected").as_deref() == Some(name)
        })
        .await;
    }
}

#[tokio::test]
async fn a_missing_permission_is_an_error_with_the_broker_s_own_command() {
    for (like, name) in ALL {
        let broker = start(like).await;
        broker.add_user("worker", "secret");
        broker.set_permissions("worker", "/", Permissions::new("^$", ".*", ".*").unwrap());
        let server = Server::new().service(FibServer::new(Fibonacci));
        let error =
            within("the refusal", server.start(broker.uri_as("worker", "secret", "/"))).await.unwrap_err();
        assert!(matches!(error, StartError::AccessRefused { .. }), "{error:?}");
        let text = error.to_string();
        let command = if like == Like::LavinMq { "lavinmqctl" } else { "rabbitmqctl" };
        assert!(text.contains(&format!("on {name}; grant it with `{command} set_permissions`")), "{text}");
    }
}

#[tokio::test]
async fn on_lavinmq_a_client_that_may_not_read_direct_replies_is_told_which_permission_it_needs() {
    let broker = start(Like::LavinMq).await;
    broker.add_user("caller", "secret");
    broker.set_permissions("caller", "/", Permissions::new("^$", ".*", "^$").unwrap());
    let client = Client::builder().reply_to(ReplyTo::Direct).connect(broker.uri_as("caller", "secret", "/"));
    let text = within("the refusal", client).await.unwrap_err().to_string();
    assert!(text.contains("permission to read `amq.rabbitmq.reply-to`"), "{text}");
}
