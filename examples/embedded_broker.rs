//! The embedded broker as a program of its own, with a Fibonacci service on it, for clients in any language.
//!
//! Run: `cargo run --example embedded_broker`, or `cargo run --example embedded_broker -- 5672` for a port of
//! your choice. It prints commands for another terminal, and serves until Ctrl-C.

mod contract;

use amqp_rpc::Server;
use amqp_rpc_broker::Broker;
use contract::{Fib, FibError, FibServer};

struct Fibonacci;

impl Fib for Fibonacci {
    async fn compute(&self, n: u64) -> Result<u64, FibError> {
        if n > 90 {
            return Err(FibError::TooLarge { limit: 90 });
        }
        Ok((0..n).fold((0, 1), |(a, b), _| (b, a + b)).0)
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
    let mut builder = Broker::builder();
    if let Some(port) = std::env::args().nth(1) {
        builder = builder.port(port.parse().map_err(|error| format!("{port:?} is no port: {error}"))?);
    }
    let broker = builder.start().await?;
    let server = Server::new().service(FibServer::new(Fibonacci)).start(broker.uri()).await?;
    println!("{}", how_to_reach(&broker.uri()));

    server.run_until(async { drop(tokio::signal::ctrl_c().await) }).await?;
    broker.shutdown().await;
    println!("stopped");
    Ok(())
}

fn how_to_reach(uri: &str) -> String {
    format!(
        r#"An AMQP 0-9-1 broker listens at {uri} and serves fib.compute until Ctrl-C.

From Rust:

AMQP_URL={uri} cargo run --example fib_client -- 30

From Python with pika:

python3 - <<'END'
import pika

def print_reply(channel, delivery, properties, body):
    print(properties.type, body.decode())
    channel.stop_consuming()

connection = pika.BlockingConnection(pika.URLParameters("{uri}"))
channel = connection.channel()
channel.basic_consume("amq.rabbitmq.reply-to", print_reply, auto_ack=True)
request = pika.BasicProperties(reply_to="amq.rabbitmq.reply-to", correlation_id="1", content_type="application/json")
channel.basic_publish("amqp-rpc", "fib.compute", '{{"n": 30}}', request)
channel.start_consuming()
connection.close()
END
"#
    )
}
