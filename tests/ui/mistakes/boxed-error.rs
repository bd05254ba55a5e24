//! The error is a `dyn Error`, which nobody can decode. Only logged, it may be one.

use std::error::Error;

#[amqp_rpc::rpc_service]
trait Jobs {
    async fn run(&self, job: String) -> Result<u64, Box<dyn Error + Send + Sync>>;
    #[rpc(notify)]
    async fn start(&self, job: String) -> Result<(), Box<dyn Error + Send + Sync>>;
}

struct Worker;

impl Jobs for Worker {
    async fn run(&self, _: String) -> Result<u64, Box<dyn Error + Send + Sync>> {
        Ok(1)
    }
    async fn start(&self, _: String) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(())
    }
}

fn main() {}
