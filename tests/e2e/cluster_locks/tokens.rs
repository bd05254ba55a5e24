//! The counter of fencing tokens survives whoever is lost while it is incremented. On the embedded broker, which can
//! break a connection at any step.

use std::time::Duration;

use amqp_rpc::{CallError, ConnectOptions, Execution, FaultCode, Server};
use amqp_rpc_broker::{
    Broker,
    faults::{Action, Matcher, Method},
};

use super::{Host, VmsClient, VmsServer};
use crate::support::{await_until, within};

const COUNTER: &str = "vms.lock.token";

async fn broker() -> Broker {
    Broker::start().await.expect("the loopback has a free port")
}

async fn client(broker: &Broker) -> VmsClient {
    VmsClient::new(within("the client", amqp_rpc::Client::connect(broker.uri())).await.expect("it connects"))
}

async fn token(vms: &VmsClient, id: u64) -> u64 {
    within("a call", vms.look(id))
        .await
        .expect("it is served")
        .1
        .expect("the method is locked in the cluster")
}

/// Every step of an increment, as the broker sees it: a connection that breaks there is a server that is lost there.
fn steps() -> Vec<(&'static str, Matcher)> {
    let publish = |nth| Matcher::from_client(Method::BasicPublish).routing_key(COUNTER).nth(nth);
    vec![
        ("the consumer", Matcher::from_client(Method::BasicConsume).queue(COUNTER)),
        ("the first probe", publish(1)),
        ("the delivery of what is there", Matcher::to_client(Method::BasicDeliver).routing_key(COUNTER)),
        (
            "the delivery of the first probe",
            Matcher::to_client(Method::BasicDeliver).routing_key(COUNTER).nth(2),
        ),
        ("the second probe", publish(2)),
        ("the new number", publish(3)),
        ("its publisher confirm", Matcher::to_client(Method::BasicAck).nth(3)),
        ("the acknowledgement of the old one", Matcher::from_client(Method::BasicAck)),
        ("that of the probes", Matcher::from_client(Method::BasicAck).nth(3)),
        ("the end of the channel", Matcher::from_client(Method::ChannelClose)),
    ]
}

#[tokio::test]
async fn a_server_that_is_lost_at_any_step_leaves_a_counter_that_grows() {
    for (step, matcher) in steps() {
        for before_it_takes_effect in [true, false] {
            let broker = broker().await;
            let vms = client(&broker).await;
            let first = Host::new().serve(broker.uri()).await;
            let before = token(&vms, 7).await;
            within("the end of the first", first.shutdown()).await.unwrap();
            let action = if before_it_takes_effect { Action::Reset } else { Action::BreakAfter };
            let _second = Host::new().serve(broker.uri()).await;
            let rule = broker.on(matcher.clone().times(1), action);
            let after = token(&vms, 7).await;
            within(step, rule.hit()).await;
            assert!(after > before, "{step}: {after} after {before}");
            let third = token(&vms, 8).await;
            assert!(third >= after, "{step}: one server holds both partitions");
            let vhost = broker.vhost("/").expect("it is always there");
            // And the probes of a server that was lost, until they expire.
            await_until("the last number is there", || async {
                vhost.queue(COUNTER).await.is_some_and(|queue| (1..=3).contains(&queue.ready))
            })
            .await;
        }
    }
}

#[tokio::test]
async fn calls_without_a_fencing_token_are_refused_until_there_is_one() {
    let broker = broker().await;
    let host = Host::new();
    let _server = host.serve(broker.uri()).await;
    let vms = client(&broker).await;
    let refusal = "ACCESS_REFUSED - access to queue 'vms.lock.token' in vhost '/' refused for user 'server'";
    let refused = Matcher::from_client(Method::BasicConsume).queue(COUNTER);
    let refused = broker.on(refused, Action::CloseChannel(403, refusal.into()));
    let error = within("a call", vms.look(7)).await.unwrap_err();
    let CallError::Fault(fault) = &error else { panic!("{error}") };
    assert_eq!((fault.code(), error.execution()), (&FaultCode::Overloaded, Execution::Never));
    assert!(fault.message().contains("no fencing token") && fault.message().contains(refusal), "{fault}");
    // Without a caller it waits.
    within("a notification", vms.stop(7, 1)).await.unwrap();
    within("another attempt", refused.until_hits(3)).await;
    assert_eq!(within("a call without a lock", vms.list()).await.unwrap(), None);
    assert_eq!(host.steps(), [] as [u64; 0]);
    refused.remove();
    host.gate.until_running(1).await;
    host.gate.open_for(1);
    assert!(token(&vms, 7).await > 0);
}

#[tokio::test]
async fn refused_tokens_do_not_end_the_connection_of_the_server() {
    let broker = broker().await;
    let host = Host::new();
    let options = ConnectOptions::from(broker.uri()).max_delay(Duration::from_millis(1));
    let server = Server::new().service(VmsServer::new(host.clone()));
    let _server = within("the server", server.start(options)).await.unwrap();
    let consumed_again = Matcher::from_client(Method::BasicConsume).queue("vms");
    let consumed_again = broker.on(consumed_again, Action::Pass);
    let refused = Matcher::from_client(Method::BasicConsume).queue(COUNTER);
    let refused = broker.on(refused, Action::CloseChannel(403, "ACCESS_REFUSED".into()));
    within("a notification", client(&broker).await.stop(7, 1)).await.unwrap();
    // More than channels of one connection may leak, which are 256.
    within("the attempts", refused.until_hits(280)).await;
    refused.remove();
    host.gate.until_running(1).await;
    host.gate.open_for(1);
    assert_eq!(consumed_again.hits(), 0);
}
