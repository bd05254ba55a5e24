//! kanin serves `compute` and `note`, with its defaults; a routing key is `{service}.{method}`. It has no client: the calls are
//! lapin by hand.

mod calling;
mod messages;
mod serving;

use peer_program::{Command, Failure, command};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    match command()? {
        Command::Serve(service) => serving::serve(&service).await,
        Command::Call(call) => calling::call(&call).await,
    }
}
