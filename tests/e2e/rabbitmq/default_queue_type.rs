//! A virtual host whose queues are quorum queues where their declaration names no type.

use amqp_rpc::{
    Client, Server, Subscription,
    client::ReplyTo,
    rpc_service,
    server::{QueueOptions, QueueType},
};
use tokio::sync::mpsc;

use crate::{
    services::{FibClient, FibServer, Fibonacci, GateServer, Gatekeeper, start},
    support::{Need, Vhost, is_left_out_without, rabbitmq::Node, within},
};

#[rpc_service]
trait Bells {
    #[rpc(event)]
    async fn rung(&self, times: u64);
}

struct Listening(mpsc::UnboundedSender<u64>);

impl Bells for Listening {
    async fn rung(&self, times: u64) {
        // The test may have ended already.
        let _ = self.0.send(times);
    }
}

/// The names of the quorum queues of a virtual host, sorted.
async fn quorum_queues(vhost: &Vhost) -> String {
    let names = format!(
        "list_to_atom(lists:flatten(lists:join($ , lists:sort([binary_to_list(element(4, amqqueue:get_name(Q)))
             || Q <- rabbit_amqqueue:list(<<\"{}\">>), amqqueue:get_type(Q) =:= rabbit_quorum_queue]))))",
        vhost.name()
    );
    Node::of_this_run().eval(&names).await.trim_matches('\'').to_owned()
}

#[tokio::test]
#[ignore = "needs RabbitMQ: scripts/test.sh"]
async fn where_the_default_queue_type_is_quorum_only_queues_without_a_type_are() {
    if is_left_out_without(Need::ErlCall) {
        return;
    }
    let vhost = Vhost::of_queue_type("quorum").await;
    let (rung, mut heard) = mpsc::unbounded_channel();
    let of_the_broker = QueueOptions::new().queue_type(QueueType::BrokerDefault);
    let server = Server::new()
        .service(FibServer::new(Fibonacci))
        .service_with(GateServer::new(Gatekeeper::closed()), of_the_broker)
        .subscribe(BellsServer::new(Listening(rung.clone())), Subscription::listener().to::<BellsRung>(["#"]))
        .subscribe(BellsServer::new(Listening(rung)), Subscription::group("g").to::<BellsRung>(["#"]));
    let _server = start(server, &vhost).await;
    for reply_to in [ReplyTo::ExclusiveQueue, ReplyTo::Direct] {
        let client =
            within("the client", Client::builder().reply_to(reply_to).connect(vhost.uri())).await.unwrap();
        assert_eq!(within("the call", FibClient::new(client.clone()).compute(10)).await.unwrap(), 55);
        within("the confirm", BellsClient::new(client).rung(3)).await.unwrap();
        for _ in 0..2 {
            assert_eq!(within("the event", heard.recv()).await, Some(3));
        }
    }
    assert_eq!(quorum_queues(&vhost).await, "gate");
    // As the same declaration finds it.
    let again = QueueOptions::new().queue_type(QueueType::BrokerDefault);
    let _again =
        start(Server::new().service_with(GateServer::new(Gatekeeper::closed()), again), &vhost).await;
}
