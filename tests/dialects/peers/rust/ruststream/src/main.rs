//! `RustStream` with ruststream-lapin: a queue `math.{method}` for each method, which is the only service, for its names are
//! constants there. Calls have direct reply-to.

mod calling;
mod serving;

use peer_program::{Command, Failure, command};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    match command()? {
        Command::Serve(service) if service == "math" => serving::serve().await,
        Command::Serve(service) => Err(format!("it serves `math` alone, not {service:?}").into()),
        Command::Call(call) => calling::call(&call).await,
    }
}
