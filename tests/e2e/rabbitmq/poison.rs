//! A poison message: a request that kills every server process that runs it.

use std::{
    env, process,
    time::{Duration, Instant},
};

use amqp_rpc::{
    CallError, FaultCode, Server, rpc_service,
    server::{QueueOptions, QueueType},
};

use crate::support::{Program, RawPeer, Vhost, await_until, within};

/// The full name of the test that acts as the server process.
const SERVER: &str = "rabbitmq::poison::a_server_that_dies_of_a_poison_message";

#[rpc_service]
trait Taster {
    async fn taste(&self, tag: u64) -> u64;
    async fn swallow_poison(&self);
}

struct Victim;

impl Taster for Victim {
    async fn taste(&self, tag: u64) -> u64 {
        tag
    }

    async fn swallow_poison(&self) {
        process::abort();
    }
}

/// The server process when another test starts it; otherwise a test that does nothing.
#[tokio::test]
#[ignore = "needs RabbitMQ: scripts/test.sh"]
async fn a_server_that_dies_of_a_poison_message() {
    if !Program::is_running_test() {
        return;
    }
    let queue = QueueOptions::new().queue_type(QueueType::Quorum).delivery_limit(2);
    // One request at a time: other requests of the process would count as delivered as well.
    let server = Server::new().service(TasterServer::new(Victim)).queue_options(queue).concurrency(1);
    let server = server.start(env::var("AMQP_URL").unwrap()).await.unwrap();
    println!("serving");
    // Until it dies or is killed.
    println!("{}", server.failed().await);
}

#[tokio::test]
#[ignore = "needs RabbitMQ: scripts/test.sh"]
async fn a_poison_message_ends_among_the_dead_letters_and_holds_up_no_other_request() {
    let vhost = Vhost::create().await;
    let serve = async || {
        let mut server = Program::running_test(SERVER, &vhost.uri());
        server.line_with("serving").await;
        server
    };
    let mut server = Box::pin(serve().await.finish());
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut dead_letters = peer.consume("taster.dead", 1).await;
    let taster = TasterClient::new(crate::services::connect(&vhost).await);
    // Its timeout is longer than the deliveries take.
    let poison = tokio::spawn(taster.swallow_poison().timeout(Duration::from_secs(60)));
    let swallowed = Instant::now();
    let others: Vec<_> =
        (0..20).map(|tag| tokio::spawn(taster.taste(tag).timeout(Duration::from_secs(60)))).collect();

    let mut deaths = 0;
    let dead = loop {
        tokio::select! {
            finished = &mut server => {
                assert!(!finished.status.success(), "{finished:?}");
                deaths += 1;
                server = Box::pin(serve().await.finish());
            }
            dead = dead_letters.next() => break dead,
        }
    };
    let taken_out = swallowed.elapsed();

    // The server that has taken it out serves on.
    for (tag, other) in (0..).zip(others) {
        assert_eq!(within("another request", other).await.unwrap().unwrap(), tag);
    }
    assert_eq!(dead.kind(), Some("taster.swallow_poison"));
    assert_eq!(dead.text_header("x-amqp-rpc-reason").as_deref(), Some("delivery_limit"));
    let error = within("the answer to the poison", poison).await.unwrap().unwrap_err();
    assert!(
        matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::MaybeExecuted),
        "{error:?}"
    );
    println!(
        "poison, delivery limit 2: among the dead letters after {taken_out:?} and {deaths} dead servers"
    );
    assert_eq!(deaths, 2, "the delivery limit");
    await_until("all is settled", || async { vhost.existing_queue("taster").await.is_settled() }).await;
    drop(server);
}
