//! Exactly once in effect: the idempotency key is stored in the transaction of the effect, in PostgreSQL.
//!
//! Run: `scripts/with-postgres.sh cargo run -p amqp-rpc-examples --example own_transaction`. The script starts a PostgreSQL of
//! its own; or set `DATABASE_URL` to yours. It brings its own broker unless `AMQP_URL` names yours.

#[path = "../broker/mod.rs"]
mod broker;
#[path = "own_transaction/payments.rs"]
mod payments;

use std::error::Error;

use amqp_rpc::{CallError, Client, Server};
use broker::BrokerToUse;
use payments::{Bookkeeper, ChargeError, PaymentsClient, PaymentsServer};

#[tokio::main]
async fn main() {
    if let Err(error) = run().await {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let broker = BrokerToUse::find_or_start().await?;
    let payments = PaymentsClient::new(Client::connect(broker.url()).await?);
    let url = std::env::var("DATABASE_URL")
        .map_err(|_| "set DATABASE_URL to a PostgreSQL, or run this with scripts/with-postgres.sh")?;
    let bookkeeper = Bookkeeper::connect(&url).await?;
    let account = format!("ada-{}", std::process::id());
    bookkeeper.open_account(&account, 1000).await?;
    let server = Server::new().service(PaymentsServer::new(bookkeeper)).start(broker.url()).await?;

    // The key is stored with the order, so that the charge can be repeated after a restart of this program.
    let key = format!("order 17 of {account}");
    let charge = |cents| payments.charge(account.clone(), cents).idempotency_key(&*key);
    println!("a charge of 300 leaves {}", charge(300).await?);
    println!("the same charge again leaves {}", charge(300).await?);
    // Five at once, as after a timeout of an impatient caller.
    let repeats = (0..5).map(|_| tokio::spawn(charge(300))).collect::<Vec<_>>();
    for repeat in repeats {
        assert_eq!(repeat.await??, 700);
    }
    println!("five more at once leave the same");
    match charge(400).await {
        Err(CallError::Method(ChargeError::OtherCharge)) => {
            println!("another amount under the same key is refused");
        }
        other => println!("unexpected: {other:?}"),
    }
    let other = payments.charge(account.clone(), 300).idempotency_key(format!("order 18 of {account}"));
    println!("another order leaves {}", other.await?);
    server.shutdown().await?;
    Ok(())
}
