//! A client in Python, whose requests, replies and errors are the models that were made of a document, calls the service.

use amqp_rpc::Server;
use amqp_rpc_broker::Broker;

use crate::{
    described::{Fib, FibError, FibServer},
    models::{python_models, type_check},
    tools::{Scratch, Tools},
};

const LIMIT: u64 = 90;

struct Fibonacci;

impl Fib for Fibonacci {
    async fn compute(&self, n: u64) -> Result<u64, FibError> {
        if n > LIMIT {
            return Err(FibError::TooLarge { limit: LIMIT });
        }
        assert_ne!(n, 13, "this is the crash that the test asks for");
        Ok((0..n).fold((0, 1), |(a, b), _| (b, a + b)).0)
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python: scripts/contract-documents.sh"]
async fn a_python_client_made_of_the_models_calls_the_service() {
    let Some(python) = Tools::installed("python") else { return };
    let broker = Broker::start().await.expect("loopback has a free port");
    let server =
        Server::new().service(FibServer::new(Fibonacci)).start(broker.uri()).await.expect("the broker runs");
    let url = broker.uri().to_owned();
    let called = tokio::task::spawn_blocking(move || {
        let scratch = Scratch::new("python-client");
        scratch.copy("python", "client.py");
        python_models(&python, &scratch, "head.json", "jsonschema");
        type_check(&python, &scratch, "client.py").of_success();
        python.run_on(&url, "bin/python", ["client.py", "10", "91", "13"], scratch.path()).of_success()
    });
    assert_eq!(called.await.expect("it does not panic"), "result 55\nerror limit 90\nfault panicked\n");
    server.shutdown().await.expect("it was running");
}
