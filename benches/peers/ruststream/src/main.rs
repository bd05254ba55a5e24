//! ruststream-lapin: JSON objects, direct reply-to. With its defaults, which answer one request after the other; with the argument
//! `workers`, 64 at a time.

use std::{sync::Arc, time::Duration};

use amqp_rpc_bench_harness::{Caller, Failure, apply_loads, run_side, serve, url};
use ruststream::OutgoingMessage;
use ruststream_lapin::{LapinRequester, prelude::*};
use serde::{Deserialize, Serialize};

const QUEUE: &str = "peers.ruststream";
const QUEUE_OF_WORKERS: &str = "peers.ruststream.workers";
const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug, Serialize, Deserialize)]
struct EchoRequest {
    n: u64,
    text: String,
}

/// The framework wants a struct.
#[derive(Debug, Serialize, Deserialize, Outgoing)]
struct Echoed {
    n: u64,
    text: String,
}

#[subscriber(RabbitQueue::new(QUEUE), reply("unrouted"))]
async fn echo(request: &EchoRequest) -> Result<Echoed, HandlerOutcome> {
    Ok(Echoed { n: request.n, text: request.text.clone() })
}

#[subscriber(RabbitQueue::new(QUEUE_OF_WORKERS), workers(64), reply("unrouted"))]
async fn echo_by_workers(request: &EchoRequest) -> Result<Echoed, HandlerOutcome> {
    Ok(Echoed { n: request.n, text: request.text.clone() })
}

#[derive(Clone)]
struct Client {
    requester: Arc<LapinRequester>,
    queue: &'static str,
}

impl Client {
    async fn call(&self, n: u64, text: &str) -> Result<Echoed, Failure> {
        let body = serde_json::to_vec(&EchoRequest { n, text: text.to_owned() })?;
        let reply = self.requester.request(OutgoingMessage::new(self.queue, &body), TIMEOUT).await?;
        Ok(serde_json::from_slice(reply.payload())?)
    }
}

impl Caller for Client {
    async fn echo(&self, n: u64) -> Result<u64, Failure> {
        Ok(self.call(n, "").await?.n)
    }

    async fn echo_text(&self, text: &str) -> Result<bool, Failure> {
        Ok(self.call(0, text).await?.text == text)
    }
}

fn main() -> Result<(), Failure> {
    let has_workers = amqp_rpc_bench_harness::arguments().next().as_deref() == Some("workers");
    run_side(
        async {
            let broker = LapinBroker::new(url()?).declare_topology(true);
            let app = RustStream::new(AppInfo::new("echo", "0.1.0")).with_broker(broker, |broker| {
                if has_workers {
                    broker.include(echo_by_workers).out_reply(Publish::default()).transform(DirectReplyTo);
                } else {
                    broker.include(echo).out_reply(Publish::default()).transform(DirectReplyTo);
                }
            });
            serve(tokio::spawn(async move { app.run().await.map_err(|error| error.to_string()) })).await
        },
        async {
            let broker = LapinBroker::new(url()?).connect().await?;
            let requester = Arc::new(broker.requester(Request::default()));
            apply_loads(Client { requester, queue: if has_workers { QUEUE_OF_WORKERS } else { QUEUE } }).await
        },
    )
}
