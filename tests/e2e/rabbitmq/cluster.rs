//! A cluster of three nodes with quorum queues: node failures and partitions.

use std::time::{Duration, Instant};

use amqp_rpc::{
    Client, ConnectOptions, Server,
    server::{QueueOptions, QueueType},
};
use futures_util::future::join_all;
use tokio::time::timeout;

use super::{
    ledger::{Book, LedgerClient, LedgerServer},
    load::Load,
    scene::RECOVERY,
};
use crate::support::{
    Need, PrivateCluster, await_until, is_left_out_without, left_out::leave_out, rabbitmq::QueueIn, within,
};

/// The number of calls that are answered before and after the fault.
const ENOUGH: usize = 200;
/// On each client.
const CALLERS: u64 = 2;
/// A timeout longer than any outage here.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);

fn ledger_server(book: &Book) -> Server {
    let quorum = QueueOptions::new().queue_type(QueueType::Quorum);
    Server::new().service(LedgerServer::new(book.clone())).queue_options(quorum)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: scripts/test.sh"]
async fn a_cluster_that_loses_a_follower_and_a_leader_serves_on_and_every_call_is_accounted_for() {
    if is_left_out_without(Need::PrivateNodes) {
        return;
    }
    let cluster = PrivateCluster::borrow().await;
    let vhost = cluster.vhost_seen_from(0).await;
    let queue = QueueIn { vhost: &vhost, name: "ledger" };
    let nodes = |numbers: &[usize]| ConnectOptions::any_of(cluster.uris(&vhost, numbers));
    let book = Book::default();
    // The first also declares the queue of dead letters, a classic one, on the node that does not die.
    let start = |numbers| within("a server to start", ledger_server(&book).start(nodes(numbers)));
    let _servers = [start(&[0]).await.unwrap(), start(&[0, 1, 2]).await.unwrap()];
    let steady = Client::connect(nodes(&[0])).await.unwrap();
    let clients = join_all((0..3).map(|_| Client::connect(nodes(&[0, 1, 2])))).await;
    let clients: Vec<_> = clients.into_iter().map(Result::unwrap).chain([steady.clone()]).collect();

    cluster.move_leader(queue, 2).await;
    let load = Load::start(&clients, CALLERS, CALL_TIMEOUT);
    load.until_answered(ENOUGH).await;
    let killed = Instant::now();
    cluster.broker(1).kill_9().await;
    timeout(RECOVERY, until_all_answered(&clients)).await.expect("every client is answered");
    let recovery = killed.elapsed();
    load.until_answered(ENOUGH).await;
    let account = load.stop().await;
    account.check(&book);
    println!("kill -9 of a follower: every client answered after {recovery:?}; {account}");
    cluster.broker(1).start_again().await;
    cluster.until_whole().await;

    cluster.move_leader(queue, 2).await;
    let load = Load::start(&clients, CALLERS, CALL_TIMEOUT);
    load.until_answered(ENOUGH).await;
    let killed = Instant::now();
    cluster.broker(2).kill_9().await;
    timeout(RECOVERY, until_answered(&steady)).await.expect("who keeps the connection is answered");
    let recovery = killed.elapsed();
    cluster.broker(2).start_again().await;
    let back = killed.elapsed();
    // RabbitMQ 3.10 silently drops everything that is published without confirms on a channel whose first
    // message met a dead leader, until that node is back.
    timeout(RECOVERY, until_all_answered(&clients)).await.expect("every client is answered in the end");
    let all = killed.elapsed();
    load.until_answered(ENOUGH).await;
    let account = load.stop().await;
    let unanswered = account.check_but_for_unanswered(&book);
    println!(
        "kill -9 of the leader: who kept the connection answered after {recovery:?}, node back after {back:?}, every client answered \
         after {all:?}; {account}, {unanswered} of them unanswered within {CALL_TIMEOUT:?}"
    );
    cluster.until_whole().await;
    await_until("all is settled", || async { vhost.existing_queue("ledger").await.is_settled() }).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: scripts/test.sh"]
async fn a_server_whose_node_dies_serves_on_from_another_node() {
    if is_left_out_without(Need::PrivateNodes) {
        return;
    }
    let cluster = PrivateCluster::borrow().await;
    let vhost = cluster.vhost_seen_from(0).await;
    let nodes = |numbers: &[usize]| ConnectOptions::any_of(cluster.uris(&vhost, numbers));
    let book = Book::default();
    // Classic queues that this server declares are on the node that dies.
    within("a server to start", ledger_server(&book).start(nodes(&[2])))
        .await
        .unwrap()
        .shutdown()
        .await
        .unwrap();
    let server = loop {
        let server =
            within("the server to start", ledger_server(&book).start(nodes(&[0, 1, 2]))).await.unwrap();
        if cluster.node_of_the_only_connection(&vhost).await == 2 {
            break server;
        }
        server.shutdown().await.unwrap();
    };
    cluster.move_leader(QueueIn { vhost: &vhost, name: "ledger" }, 0).await;
    let client = Client::connect(nodes(&[0])).await.unwrap();
    until_answered(&client).await;

    let killed = Instant::now();
    cluster.broker(2).kill_9().await;
    let answered = timeout(RECOVERY, until_answered(&client)).await;
    let recovery = killed.elapsed();
    println!("kill -9 of the server's node: answered after {recovery:?}");
    assert!(answered.is_ok(), "no call is answered; server: {}", server.state());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: scripts/test.sh"]
async fn a_client_on_the_minority_side_of_a_partition_moves_to_the_majority() {
    if is_left_out_without(Need::PrivateNodes) {
        return;
    }
    let cluster = PrivateCluster::borrow().await;
    if !cluster.pauses_minorities().await {
        leave_out("RabbitMQ with Khepri pauses no minority: its clients stay connected and wait");
        return;
    }
    let vhost = cluster.vhost_seen_from(0).await;
    let client = Client::connect(ConnectOptions::any_of(cluster.uris(&vhost, &[0, 1, 2]))).await.unwrap();
    let lonely = cluster.node_of_the_only_connection(&vhost).await;
    let majority: Vec<usize> = (0..3).filter(|&number| number != lonely).collect();
    let book = Book::default();
    let server = ledger_server(&book).start(ConnectOptions::any_of(cluster.uris(&vhost, &majority)));
    let _server = within("the server to start", server).await.unwrap();
    cluster.move_leader(QueueIn { vhost: &vhost, name: "ledger" }, majority[0]).await;
    let load = Load::start(std::slice::from_ref(&client), CALLERS, CALL_TIMEOUT);
    load.until_answered(ENOUGH).await;
    let epoch = client.state().epoch();

    let mut states = client.state_changes();
    let parted = Instant::now();
    cluster.part(lonely).await;
    while states.current().epoch() == epoch {
        within("the client to notice", states.changed()).await.expect("the client lives");
    }
    let detection = parted.elapsed();
    timeout(RECOVERY, until_answered(&client)).await.expect("calls are answered");
    let recovery = parted.elapsed();
    await_until("the lonely node pauses", || async { !cluster.is_serving(lonely).await }).await;

    let healing = Instant::now();
    cluster.heal().await;
    let healed = healing.elapsed();
    let account = load.stop().await;
    account.check(&book);
    println!(
        "partition: noticed after {detection:?}, answered by the majority after {recovery:?}, healed in {healed:?}; {account}"
    );
    assert!(recovery < Duration::from_secs(20), "{recovery:?}");
}

/// Repeats a call, as its error allows, until it succeeds.
async fn until_answered(client: &Client) {
    let ledger = LedgerClient::new(client.clone());
    while let Err(error) = ledger.enter_again(u64::MAX).timeout(Duration::from_secs(2)).await {
        assert!(error.is_retryable(), "{error:?}");
    }
}

async fn until_all_answered(clients: &[Client]) {
    join_all(clients.iter().map(until_answered)).await;
}
