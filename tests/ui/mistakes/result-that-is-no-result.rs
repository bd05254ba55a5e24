//! A type of the user is called `Result`.

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Result<T, E>(T, E);

#[amqp_rpc::rpc_service]
trait Exam {
    async fn first(&self) -> Result<u64, u64>;
}

fn main() {}
