//! mom-rpc over its transport for lapin, with its defaults.

use amqp_rpc_bench_harness::{Caller, Failure, apply_loads, run_side, serve, url};
use mom_rpc::{RpcBroker, RpcBrokerBuilder, TransportBuilder};
use serde::{Deserialize, Serialize};

const NODE: &str = "peers-mom-rpc";
const CLIENT_NODE: &str = "peers-mom-rpc-client";

#[derive(Debug, Serialize, Deserialize)]
struct Number {
    n: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Text {
    text: String,
}

#[derive(Clone)]
struct Client(RpcBroker);

impl Caller for Client {
    async fn echo(&self, n: u64) -> Result<u64, Failure> {
        Ok(self.0.request_to::<_, u64>(NODE, "number", Number { n }).await?)
    }

    async fn echo_text(&self, text: &str) -> Result<bool, Failure> {
        let request = Text { text: text.to_owned() };
        Ok(self.0.request_to::<_, String>(NODE, "text", request).await? == text)
    }
}

fn main() -> Result<(), Failure> {
    run_side(
        async {
            let transport = TransportBuilder::new().uri(url()?).node_id(NODE).server_mode().build().await?;
            let server = RpcBrokerBuilder::new(transport).build()?;
            server.register_rpc_handler("number", async |request: Number| Ok(request.n))?;
            server.register_rpc_handler("text", async |request: Text| Ok(request.text))?;
            serve(server.spawn()?).await
        },
        async {
            let transport =
                TransportBuilder::new().uri(url()?).node_id(CLIENT_NODE).client_mode().build().await?;
            apply_loads(Client(RpcBrokerBuilder::new(transport).build()?)).await
        },
    )
}
