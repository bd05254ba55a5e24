//! Middleware runs around every call of a server. Here one measures time, one refuses callers without a
//! token.
//!
//! Run: `cargo run --example middleware`. It brings its own broker unless `AMQP_URL` names yours.

mod broker;

use std::time::Instant;

use amqp_rpc::{
    Client, Fault, FaultCode, Server,
    middleware::{self, IncomingCall, Next, Reply},
    rpc_service,
};
use broker::BrokerToUse;

#[rpc_service]
trait Greeter {
    async fn greet(&self, name: String) -> String;
}

struct Polite;

impl Greeter for Polite {
    async fn greet(&self, name: String) -> String {
        format!("hello, {name}")
    }
}

/// Prints the method, its outcome and its duration.
async fn measured(call: IncomingCall, next: Next) -> Result<Reply, Fault> {
    let method = call.method().full_name;
    let start = Instant::now();
    let outcome = next.run(call).await;
    let ended = match &outcome {
        Ok(reply) => format!("{:?}", reply.kind()),
        Err(fault) => fault.code().to_string(),
    };
    println!("[server] {method}: {ended} after {} µs", start.elapsed().as_micros());
    outcome
}

/// Lets only callers with the right token pass.
async fn authorized(call: IncomingCall, next: Next) -> Result<Reply, Fault> {
    match call.context().headers().text("token") {
        Some("s3same") => next.run(call).await,
        _ => Err(Fault::new(FaultCode::Unauthorized, "a valid `token` header is needed")),
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
    // The first layer sees a call first.
    let server = Server::new()
        .service(GreeterServer::new(Polite))
        .layer(middleware::from_fn(measured))
        .layer(middleware::from_fn(authorized))
        .start(broker.url())
        .await?;
    let client = Client::connect(broker.url()).await?;
    let greeter = GreeterClient::new(client.clone());

    println!("with a token: {}", greeter.greet("Ada".into()).header("token", "s3same").await?);
    match greeter.greet("Eve".into()).await {
        Ok(greeting) => println!("without: {greeting}"),
        Err(error) => println!("without: {error} (executed: {:?})", error.execution()),
    }

    client.close().await;
    server.shutdown().await?;
    Ok(())
}
