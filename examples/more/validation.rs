//! Validation: rules are declared with the parameters, and all violations are reported at once.
//!
//! Run: `cargo run -p amqp-rpc-examples --example validation`. It brings its own broker unless `AMQP_URL` names yours.

#[path = "../broker/mod.rs"]
mod broker;

use amqp_rpc::{CallError, Client, Server, rpc_service};
use broker::BrokerToUse;
use garde::Validate;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, Validate)]
struct User {
    #[garde(length(min = 1, max = 20))]
    name: String,
    #[garde(range(min = 18))]
    age: u8,
    #[garde(custom(is_even))]
    shoes: u8,
}

fn is_even(shoes: &u8, (): &()) -> garde::Result {
    if shoes.is_multiple_of(2) { Ok(()) } else { Err(garde::Error::new("shoes come in pairs")) }
}

#[rpc_service]
trait Registry {
    /// Returns how many copies were made.
    async fn register(&self, #[garde(dive)] user: User, #[garde(range(max = 3))] copies: u8) -> u8;
}

struct Office;

impl Registry for Office {
    async fn register(&self, user: User, copies: u8) -> u8 {
        println!("[server] {} is valid, and registered", user.name);
        copies
    }
}

#[tokio::main]
async fn main() {
    if let Err(error) = run().await {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let broker = BrokerToUse::find_or_start().await?;
    let server = Server::new().service(RegistryServer::new(Office)).start(broker.url()).await?;
    let client = Client::connect(broker.url()).await?;
    let registry = RegistryClient::new(client.clone());

    let ada = User { name: "Ada".into(), age: 36, shoes: 2 };
    println!("copies: {}", registry.register(ada, 2).await?);

    let wrong = || User { name: String::new(), age: 7, shoes: 3 };
    match registry.register(wrong(), 9).await {
        Err(CallError::Fault(fault)) => {
            println!("the server refuses it ({}):", fault.code());
            for violation in fault.violations() {
                println!("  {violation}");
            }
        }
        other => println!("{other:?}"),
    }

    // A client can check the same rules before it sends.
    let careful = Client::builder().validate().connect(broker.url()).await?;
    match RegistryClient::new(careful.clone()).register(wrong(), 1).await {
        Err(CallError::Invalid(violations)) => println!("not even sent: {}", violations.as_slice().len()),
        other => println!("{other:?}"),
    }

    careful.close().await;
    client.close().await;
    server.shutdown().await?;
    Ok(())
}
