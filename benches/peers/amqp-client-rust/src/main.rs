//! amqp-client-rust, with its defaults. It carries bytes: the number is written as JSON here.

use std::{sync::Arc, time::Duration};

use amqp_client_rust::{
    api::{
        eventbus::AsyncEventbusRabbitMQ,
        utils::{Message, RpcClientOptions},
    },
    domain::config::{Config, ConfigOptions, QoSConfig},
};
use amqp_rpc_bench_harness::{Caller, Failure, apply_loads, run_side, serve, url};
use serde::{Deserialize, Serialize};

const EXCHANGE: &str = "peers.amqp-client-rust";
const NUMBER: &str = "echo.number";
const TEXT: &str = "echo.text";
const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Serialize, Deserialize)]
struct EchoRequest {
    n: u64,
}

fn eventbus() -> Result<AsyncEventbusRabbitMQ, Failure> {
    let options = ConfigOptions::new("peers.amqp-client-rust.events", "peers.amqp-client-rust.rpc", EXCHANGE);
    let config = Config::from_url(&url()?, options).map_err(|error| error.to_string())?;
    Ok(AsyncEventbusRabbitMQ::new(config, QoSConfig::default()))
}

#[derive(Clone)]
struct Client(Arc<AsyncEventbusRabbitMQ>);

impl Client {
    async fn call(&self, routing_key: &str, body: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let options = RpcClientOptions::new()
            .with_content_type("application/json")
            .with_response_timeout_millis(10_000);
        Ok(self.0.rpc_client(EXCHANGE, routing_key, body, &options).await?)
    }
}

impl Caller for Client {
    async fn echo(&self, n: u64) -> Result<u64, Failure> {
        let reply = self.call(NUMBER, serde_json::to_vec(&EchoRequest { n })?).await?;
        Ok(serde_json::from_slice(&reply)?)
    }

    async fn echo_text(&self, text: &str) -> Result<bool, Failure> {
        Ok(self.call(TEXT, text.as_bytes().to_vec()).await? == text.as_bytes())
    }
}

fn main() -> Result<(), Failure> {
    run_side(
        async {
            let server = eventbus()?;
            let number = async |request: Message| {
                let request: EchoRequest = serde_json::from_slice(&request.body)?;
                Ok(Message::from(serde_json::to_vec(&request.n)?))
            };
            server.provide_resource(NUMBER, number, Some(TIMEOUT), Some(TIMEOUT)).await?;
            let text = async |request: Message| Ok(request);
            server.provide_resource(TEXT, text, Some(TIMEOUT), Some(TIMEOUT)).await?;
            serve(server).await
        },
        async { apply_loads(Client(Arc::new(eventbus()?))).await },
    )
}
