//! A server, and foreign clients that send several calls in one message.

use std::time::Duration;

use amqp_rpc::{Server, rpc_service};

use super::{
    foreign_client::{ForeignClient, answers, calls_per_message, until_settled},
    parts::{body_of, is_coalesced, parts_of},
};
use crate::{
    services::{GateServer, Gatekeeper, serve_fib, serve_gate, start},
    support::{Program, Vhost, await_until},
};

#[tokio::test]
async fn each_call_of_a_message_is_answered_and_replies_that_are_ready_share_a_message() {
    let vhost = Vhost::create().await;
    let _server = serve_gate(&vhost, &Gatekeeper::closed(), 64).await;
    let mut client = ForeignClient::connect(&vhost).await;
    client.send("gate.echo", &[("a", "{\"tag\":1}"), ("b", "{\"tag\":2}"), ("c", "{\"tag\":3}")]).await;
    let message = client.replies.next().await;
    assert!(is_coalesced(&message), "{message:?}");
    let parts = parts_of(&message);
    assert_eq!(answers(&parts), [("a", "result", "1"), ("b", "result", "2"), ("c", "result", "3")]);
    assert_eq!(calls_per_message(&message), Some(32), "half of those that run at once");
    until_settled(&vhost).await;
}

#[tokio::test]
async fn calls_of_one_message_fail_each_for_itself() {
    let vhost = Vhost::create().await;
    let _server = serve_gate(&vhost, &Gatekeeper::closed(), 64).await;
    let mut client = ForeignClient::connect(&vhost).await;
    client.send("gate.echo", &[("a", "{\"tag\":1}"), ("b", "nonsense"), ("c", "{\"tag\":3}")]).await;
    let (parts, _) = client.collect(3).await;
    let answers = answers(&parts);
    assert_eq!((answers[0], answers[2]), (("a", "result", "1"), ("c", "result", "3")));
    assert!(answers[1].1 == "fault" && answers[1].2.contains("bad_request"), "{answers:?}");
    until_settled(&vhost).await;
}

/// Otherwise the server could be lost in between, and another one would run what its caller was told does not run.
#[tokio::test]
async fn a_refusal_is_sent_when_the_other_calls_of_its_message_have_ended() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 64).await;
    let mut client = ForeignClient::connect(&vhost).await;
    client.send("gate.pass", &[("a", "{\"tag\":1}"), ("b", "nonsense"), ("c", "{\"tag\":3}")]).await;
    gate.until_running(2).await;
    // Behind it in the queue, and answered first.
    client.send("gate.echo", &[("d", "{\"tag\":4}"), ("e", "{\"tag\":5}")]).await;
    let (parts, _) = client.collect(2).await;
    assert_eq!(answers(&parts), [("d", "result", "4"), ("e", "result", "5")]);
    gate.open_for(1);
    let (first, _) = client.collect(1).await;
    assert_eq!(first[0].kind(), Some("result"), "an answer waits for nothing");
    gate.open_for(1);
    let (rest, _) = client.collect(2).await;
    assert_eq!(rest.iter().filter(|part| part.kind() == Some("fault")).count(), 1);
    until_settled(&vhost).await;
}

#[tokio::test]
async fn the_calls_of_a_message_keep_to_the_concurrency_of_the_queue() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 4).await;
    let mut client = ForeignClient::connect(&vhost).await;
    let ids: Vec<_> = (0..20).map(|id| (id.to_string(), format!("{{\"tag\":{id}}}"))).collect();
    let calls: Vec<_> = ids.iter().map(|(id, body)| (&**id, &**body)).collect();
    client.send("gate.pass", &calls).await;
    gate.until_running(4).await;
    gate.open_for(20);
    let (parts, _) = client.collect(20).await;
    assert_eq!(parts.len(), 20);
    assert_eq!(gate.most_running(), 4);
    until_settled(&vhost).await;
}

#[tokio::test]
async fn a_call_whose_time_is_over_before_its_turn_does_not_run() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 1).await;
    let mut client = ForeignClient::connect(&vhost).await;
    let short = client.request("b").with_expiration("50".into());
    let parts = [(client.request("a"), &b"{\"tag\":1}"[..]), (short, b"{\"tag\":2}")];
    client.peer.publish("amqp-rpc", "gate.pass", client.whole(), &body_of(&parts)).await;
    gate.until_running(1).await;
    // The server has had the second for as long as the first, and counts from then.
    tokio::time::sleep(Duration::from_millis(50)).await;
    gate.open_for(1);
    let (parts, _) = client.collect(2).await;
    let answers = answers(&parts);
    assert!(answers[1].2.contains("expired"), "{answers:?}");
    assert_eq!(gate.started(), 1);
}

#[tokio::test]
async fn calls_that_wait_are_requeued_when_the_server_gives_up() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = Server::new().service(GateServer::new(gate.clone())).concurrency(2);
    let server = start(server.drain_timeout(Duration::from_millis(1)), &vhost).await;
    let client = ForeignClient::connect(&vhost).await;
    client.send("gate.pass", &[("a", "{\"tag\":1}"); 10]).await;
    gate.until_running(2).await;
    server.shutdown().await.expect("it stops");
    await_until("the message is back", || async { vhost.existing_queue("gate").await.ready == 1 }).await;
    assert_eq!(gate.started(), 2);
}

#[tokio::test]
async fn a_server_may_ask_for_single_calls_and_serves_others_all_the_same() {
    let vhost = Vhost::create().await;
    let server = Server::new().service(GateServer::new(Gatekeeper::closed())).coalesce(1);
    let _server = start(server, &vhost).await;
    let mut client = ForeignClient::connect(&vhost).await;
    client.send("gate.echo", &[("a", "{\"tag\":1}"), ("b", "{\"tag\":2}")]).await;
    let message = client.replies.next().await;
    assert_eq!(calls_per_message(&message), Some(1));
}

#[rpc_service]
trait Paced {
    /// Takes so long.
    async fn work(&self, milliseconds: u64);
}

struct Worker;

impl Paced for Worker {
    async fn work(&self, milliseconds: u64) {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}

#[tokio::test]
async fn slow_servers_are_sent_single_calls_and_fast_ones_more() {
    let vhost = Vhost::create().await;
    let _server = start(Server::new().service(PacedServer::new(Worker)), &vhost).await;
    let mut client = ForeignClient::connect(&vhost).await;
    // The mean follows the calls, which the machine may delay as well.
    for (milliseconds, is_slow) in [(0, false), (40, true), (0, false)] {
        let body = format!("{{\"milliseconds\":{milliseconds}}}");
        let mut takes = None;
        for _ in 0..50 {
            client.send("paced.work", &[("a", &*body); 30]).await;
            let mut replies = 0;
            while replies < 30 {
                let message = client.replies.next().await;
                replies += parts_of(&message).len();
                takes = calls_per_message(&message);
            }
            if (takes == Some(1)) == is_slow {
                break;
            }
        }
        let takes = takes.expect("it says how many it takes");
        assert_eq!(takes == 1, is_slow, "of calls of {milliseconds} ms it takes {takes}");
    }
}

#[tokio::test]
#[ignore = "needs Python with pika: scripts/test.sh"]
async fn a_python_client_sends_several_calls_in_one_message_and_reads_their_replies() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let calls = ["fib.compute", "{\"n\": 30}", "{\"n\": 91}", "{\"n\": 10}"];
    let client = Program::python("call_together.py", &calls, &vhost.uri()).finish().await;
    assert_eq!(client.stdout_of_success(), "result 832040\nerror {\"TooLarge\":{\"limit\":90}}\nresult 55\n");
}
