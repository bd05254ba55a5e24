//! Locks, which hold here as in a server.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use amqp_rpc::{CallError, Client, rpc_service};
use futures_util::future::join_all;
use tokio::sync::{Semaphore, watch};

#[rpc_service]
trait Clusters {
    #[rpc(lock = "id")]
    async fn start(&self, id: u64, tag: u64) -> u64;
    /// A client in process is a cluster of one process.
    #[rpc(lock = "id", lock_name = "cluster", lock_scope = "cluster")]
    async fn move_away(&self, id: u64) -> u64;
}

#[derive(Clone)]
struct Operator {
    gate: Arc<Semaphore>,
    running: watch::Sender<usize>,
    most: Arc<AtomicUsize>,
    order: Arc<std::sync::Mutex<Vec<u64>>>,
}

impl Operator {
    fn new() -> Self {
        let (gate, running) = (Arc::new(Semaphore::new(0)), watch::Sender::new(0));
        Self { gate, running, most: Arc::default(), order: Arc::default() }
    }

    async fn until_running(&self, calls: usize) {
        self.running.subscribe().wait_for(|running| *running == calls).await.expect("the operator lives");
    }

    async fn operate(&self, tag: u64) -> u64 {
        self.order.lock().expect("no call panics").push(tag);
        self.running.send_modify(|running| {
            *running += 1;
            self.most.fetch_max(*running, Ordering::SeqCst);
        });
        self.gate.acquire().await.expect("it is never closed").forget();
        self.running.send_modify(|running| *running -= 1);
        tag
    }
}

impl Clusters for Operator {
    async fn start(&self, _: u64, tag: u64) -> u64 {
        self.operate(tag).await
    }

    async fn move_away(&self, id: u64) -> u64 {
        self.operate(id).await
    }
}

#[tokio::test]
async fn equal_values_run_one_after_the_other_and_different_ones_at_the_same_time() {
    let operator = Operator::new();
    let clusters = ClustersClient::new(Client::in_process(ClustersServer::new(operator.clone())));
    let calls = tokio::spawn(join_all((0..10).map(|tag| clusters.start(tag % 2, tag))));
    operator.until_running(2).await;
    operator.gate.add_permits(10);
    for (tag, result) in (0..).zip(calls.await.unwrap()) {
        assert_eq!(result.unwrap(), tag);
    }
    assert_eq!(operator.most.load(Ordering::SeqCst), 2);
    let order = operator.order.lock().unwrap().clone();
    let of_key = |key: u64| order.iter().copied().filter(|tag| tag % 2 == key).collect::<Vec<_>>();
    assert_eq!((of_key(0), of_key(1)), (vec![0, 2, 4, 6, 8], vec![1, 3, 5, 7, 9]));
    let moves = tokio::spawn(join_all((0..3).map(|_| clusters.move_away(1))));
    operator.until_running(1).await;
    operator.gate.add_permits(3);
    assert!(moves.await.unwrap().iter().all(Result::is_ok));
    assert_eq!(operator.most.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_its_lock_times_out_and_never_runs() {
    let operator = Operator::new();
    let clusters = ClustersClient::new(Client::in_process(ClustersServer::new(operator.clone())));
    let first = tokio::spawn(clusters.start(1, 1));
    operator.until_running(1).await;
    let error = clusters.start(1, 2).timeout(Duration::from_secs(2)).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout(_) | CallError::Fault(_)), "{error:?}");
    operator.gate.add_permits(2);
    first.await.unwrap().unwrap();
    assert_eq!(clusters.start(1, 3).await.unwrap(), 3);
    assert_eq!(*operator.order.lock().unwrap(), [1, 3]);
}
