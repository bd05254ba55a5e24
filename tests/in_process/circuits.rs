//! The layer that refuses calls while most of them fail. The clock is paused.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use amqp_rpc::{
    CallError, Client, Execution, Fault, FaultCode,
    contract::NoError,
    layers::CircuitBreaker,
    middleware::{self, ClientNext, OutgoingCall, Reply},
    rpc_service,
};
use tokio::time::{advance, timeout};

#[rpc_service]
trait Stock {
    async fn count(&self) -> Result<u64, String>;
    #[rpc(queue = "stock.slow")]
    async fn audit(&self) -> u64;
}

struct Shelf;

impl Stock for Shelf {
    async fn count(&self) -> Result<u64, String> {
        Err("the shelf is empty".into())
    }

    async fn audit(&self) -> u64 {
        7
    }
}

/// What becomes of a call that the breaker lets through.
#[derive(Clone, Copy)]
enum Service {
    Fails(FaultCodeOf),
    Answers,
    Hangs,
    IsClosed,
}

type FaultCodeOf = fn() -> FaultCode;

use Service::{Answers, Fails, Hangs, IsClosed};

const OVERLOADED: Service = Fails(|| FaultCode::Overloaded);

/// The service, and how many calls have reached it.
struct Scene(Mutex<(Service, usize)>);

impl Scene {
    fn new(service: Service, breaker: CircuitBreaker) -> (StockClient, Arc<Self>) {
        let scene = Arc::new(Self(Mutex::new((service, 0))));
        let behind = Arc::clone(&scene);
        let inner = middleware::client_from_fn(move |call: OutgoingCall, next: ClientNext| {
            let service = behind.reach();
            async move {
                match service {
                    Fails(code) => Err(CallError::Fault(Fault::new(code(), "on purpose"))),
                    Answers => next.run(call).await,
                    Hangs => std::future::pending().await,
                    IsClosed => Err::<Reply, _>(CallError::<NoError>::Closed),
                }
            }
        });
        let layered = Client::builder().layer(breaker).layer(inner).in_process();
        let client = layered.service(StockServer::new(Shelf)).build().expect("these options are valid");
        (StockClient::new(client), scene)
    }

    fn reach(&self) -> Service {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.1 += 1;
        state.0
    }

    fn becomes(&self, service: Service) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 = service;
    }

    fn reached(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

/// Calls so often. Returns how many calls the breaker has refused.
async fn call(stock: &StockClient, calls: usize) -> usize {
    let mut refused = 0;
    for _ in 0..calls {
        let error = stock.count().await.expect_err("none of them has a result");
        if let CallError::CircuitOpen(open) = &error {
            assert_eq!((open.queue(), error.execution()), ("stock", Execution::Never));
            assert!(open.retry_after() <= Duration::from_secs(5) && error.is_retryable());
            refused += 1;
        }
    }
    refused
}

#[tokio::test(start_paused = true)]
async fn a_circuit_opens_when_half_of_the_calls_fail_and_closes_when_calls_succeed_again() {
    let (stock, scene) = Scene::new(Answers, CircuitBreaker::new());
    assert_eq!(call(&stock, 10).await, 0);
    scene.becomes(OVERLOADED);
    assert_eq!(call(&stock, 15).await, 5, "the tenth failure of twenty calls opens it");
    assert_eq!(scene.reached(), 20, "nothing is sent then");
    advance(Duration::from_millis(4_990)).await;
    assert_eq!(call(&stock, 1).await, 1);

    advance(Duration::from_millis(10)).await;
    assert_eq!(call(&stock, 5).await, 4, "one is let through, fails, and opens it again");
    advance(Duration::from_secs(5)).await;
    scene.becomes(Answers);
    assert_eq!(call(&stock, 30).await, 0, "three succeed and close it");
    scene.becomes(OVERLOADED);
    assert_eq!(call(&stock, 19).await, 0, "what was before is forgotten: 27 of 46 have succeeded");
}

#[tokio::test(start_paused = true)]
async fn a_half_open_circuit_lets_only_so_many_calls_through_and_those_dropped_leave_their_place() {
    let (stock, scene) = Scene::new(OVERLOADED, CircuitBreaker::new().half_open_calls(2));
    assert_eq!(call(&stock, 21).await, 1);
    advance(Duration::from_secs(5)).await;
    scene.becomes(Hangs);
    let hanging = [stock.count(), stock.count()].map(|call| tokio::spawn(call.into_future()));
    while scene.reached() < 22 {
        tokio::task::yield_now().await;
    }
    let error = stock.count().await.expect_err("two are under way");
    assert!(matches!(&error, CallError::CircuitOpen(open) if open.retry_after().is_zero()), "{error}");

    scene.becomes(Answers);
    for call in hanging {
        call.abort();
        assert!(call.await.expect_err("it was aborted").is_cancelled());
    }
    assert_eq!(call(&stock, 10).await, 0);
}

#[tokio::test(start_paused = true)]
async fn few_failures_and_old_ones_open_no_circuit() {
    let (stock, _) = Scene::new(OVERLOADED, CircuitBreaker::new());
    assert_eq!(call(&stock, 19).await, 0);
    advance(Duration::from_secs(10)).await;
    assert_eq!(call(&stock, 19).await, 0, "those before are forgotten");
    assert_eq!(call(&stock, 2).await, 1);

    let (stock, _) = Scene::new(OVERLOADED, CircuitBreaker::new().open_at(1.0, 2));
    assert_eq!(call(&stock, 3).await, 1);
}

#[tokio::test(start_paused = true)]
async fn answers_are_no_failures_whatever_they_say() {
    for service in [Answers, Fails(|| FaultCode::BadRequest), Fails(|| FaultCode::Unauthorized)] {
        let (stock, scene) = Scene::new(service, CircuitBreaker::new());
        assert_eq!(call(&stock, 50).await, 0);
        scene.becomes(OVERLOADED);
        assert_eq!(call(&stock, 49).await, 0, "half of them have succeeded");
    }
}

#[tokio::test(start_paused = true)]
async fn what_says_nothing_of_the_service_is_not_counted() {
    let (stock, scene) = Scene::new(IsClosed, CircuitBreaker::new());
    assert_eq!(call(&stock, 50).await, 0);
    scene.becomes(Hangs);
    for _ in 0..50 {
        timeout(Duration::from_millis(1), stock.count().into_future()).await.expect_err("it hangs");
    }
    scene.becomes(OVERLOADED);
    assert_eq!(call(&stock, 20).await, 0, "these are the first that count");
    assert_eq!(call(&stock, 1).await, 1);
}

#[tokio::test(start_paused = true)]
async fn each_queue_has_a_circuit_of_its_own() {
    let (stock, scene) = Scene::new(OVERLOADED, CircuitBreaker::new());
    assert_eq!(call(&stock, 30).await, 10);
    scene.becomes(Answers);
    assert_eq!(stock.audit().await.expect("its queue has no failures"), 7);
}

#[test]
#[should_panic(expected = "a failure rate of 0")]
fn a_failure_rate_of_zero_is_refused() {
    let _ = CircuitBreaker::new().open_at(0.0, 1);
}

#[test]
#[should_panic(expected = "it would never close")]
fn a_half_open_circuit_without_calls_is_refused() {
    let _ = CircuitBreaker::new().half_open_calls(0);
}
