//! amq-rpc, with its defaults: one request after the other, no prefetch limit.

use std::sync::Arc;

use amq_rpc::{AmqpConnection, CommandHandler, RpcClient, RpcResult, RpcServer};
use amqp_rpc_bench_harness::{Caller, Failure, apply_loads, run_side, serve, url};
use serde_json::Value;

const QUEUE: &str = "peers.amq-rpc";
const COMMAND: &str = "echo";

struct Echo;

#[async_trait::async_trait]
impl CommandHandler for Echo {
    async fn handle(&self, _: &str, arguments: Vec<Value>) -> RpcResult<Value> {
        Ok(arguments.into_iter().next().unwrap_or_default())
    }
}

#[derive(Clone)]
struct Client(Arc<RpcClient>);

impl Caller for Client {
    async fn echo(&self, n: u64) -> Result<u64, Failure> {
        let answer = self.0.send_command(QUEUE, COMMAND, vec![n.into()]).await?;
        answer.as_u64().ok_or_else(|| format!("the echo of {n} was {answer}").into())
    }

    async fn echo_text(&self, text: &str) -> Result<bool, Failure> {
        Ok(self.0.send_command(QUEUE, COMMAND, vec![text.into()]).await? == text)
    }
}

fn main() -> Result<(), Failure> {
    run_side(
        async {
            let server = RpcServer::new(AmqpConnection::new(url()?), QUEUE.into());
            server.register_handler(COMMAND, Echo).await;
            server.start().await?;
            serve(server).await
        },
        async {
            let client = RpcClient::new(AmqpConnection::new(url()?), None);
            client.start().await?;
            apply_loads(Client(Arc::new(client))).await
        },
    )
}
