//! Operations: rolling restarts of servers, and deleted queues.

use std::time::{Duration, Instant};

use amqp_rpc::{
    CallError, Execution, RunningServer, Server,
    server::{QueueOptions, QueueType},
};

use tokio::time::timeout;

use super::{
    ledger::{Book, LedgerClient, LedgerServer},
    load::Load,
    scene::{RECOVERY, Scene},
};
use crate::{
    services::{connect, start},
    support::{Vhost, await_until, within},
};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: scripts/test.sh"]
async fn two_servers_restarted_in_turn_under_load_fail_no_call() {
    for queue_type in [QueueType::Classic, QueueType::Quorum] {
        let vhost = Vhost::create().await;
        let book = Book::default();
        let serve = async || -> RunningServer {
            let queue = QueueOptions::new().queue_type(queue_type);
            start(Server::new().service(LedgerServer::new(book.clone())).queue_options(queue), &vhost).await
        };
        let mut servers = [serve().await, serve().await];
        let load = Load::start(&[connect(&vhost).await, connect(&vhost).await], 4, Duration::from_secs(20));
        let begun = Instant::now();
        for _ in 0..3 {
            for server in &mut servers {
                load.until_answered(50).await;
                let old = std::mem::replace(server, serve().await);
                assert!(within("the shutdown", old.shutdown()).await.unwrap().is_clean());
            }
        }
        let took = begun.elapsed();

        let account = load.stop().await;
        account.check_all_answered();
        account.check(&book);
        println!("six restarts of servers, {queue_type:?} queue, in {took:?}: {account}");
        await_until("all is settled", || async { vhost.existing_queue("ledger").await.is_settled() }).await;
    }
}

#[tokio::test]
#[ignore = "needs RabbitMQ: scripts/test.sh"]
async fn a_queue_deleted_under_its_server_is_declared_and_served_again() {
    let vhost = Vhost::create().await;
    let scene = Scene::set(vhost.uri()).await;
    let ledger = LedgerClient::new(scene.client.clone());
    for queue in ["gate", "ledger"] {
        vhost.delete_queue(queue).await;
        let deleted = Instant::now();
        let answered = async {
            loop {
                let answer =
                    if queue == "gate" { scene.gates().echo(3).await } else { ledger.enter(3).await };
                let Err(error) = answer else { break };
                // While there is no queue.
                assert!(matches!(error, CallError::Unroutable(_)), "{error:?}");
                assert_eq!(error.execution(), Execution::Never);
            }
        };
        timeout(RECOVERY, answered).await.expect("the queue is there again, and served");
        let recovery = deleted.elapsed();
        println!("queue {queue} deleted: calls answered again after {recovery:?}");
        assert!(recovery < Duration::from_secs(10), "{recovery:?}");
    }
}
