//! tarpc over TCP, without a broker: what a typed call costs with nothing between client and server. The argument is the
//! codec: `json` or `bincode`.

use amqp_rpc_bench_harness::{Caller, Failure, address, apply_loads, run_side, serve};
use futures_util::StreamExt;
use tarpc::{
    client, context,
    serde_transport::tcp,
    server::{BaseChannel, Channel},
    tokio_serde::formats::{Bincode, Json},
};

#[tarpc::service]
trait Echo {
    async fn number(n: u64) -> u64;
    async fn text(text: String) -> String;
}

#[derive(Clone)]
struct Service;

impl Echo for Service {
    async fn number(self, _: context::Context, n: u64) -> u64 {
        n
    }

    async fn text(self, _: context::Context, text: String) -> String {
        text
    }
}

impl Caller for EchoClient {
    async fn echo(&self, n: u64) -> Result<u64, Failure> {
        Ok(self.number(context::current(), n).await?)
    }

    async fn echo_text(&self, text: &str) -> Result<bool, Failure> {
        Ok(self.text(context::current(), text.to_owned()).await? == text)
    }
}

/// A macro: the codecs' types are long, and differ.
macro_rules! serve_with {
    ($codec:expr) => {{
        let mut incoming = tcp::listen(address()?, $codec).await?;
        incoming.config_mut().max_frame_length(LONGEST_FRAME);
        serve(tokio::spawn(async move {
            while let Some(Ok(transport)) = incoming.next().await {
                let calls = BaseChannel::with_defaults(transport).execute(Service.serve());
                tokio::spawn(calls.for_each(async |call| {
                    tokio::spawn(call);
                }));
            }
        }))
        .await
    }};
}

macro_rules! call_with {
    ($codec:expr) => {{
        let mut connecting = tcp::connect(address()?, $codec);
        connecting.config_mut().max_frame_length(LONGEST_FRAME);
        apply_loads(EchoClient::new(client::Config::default(), connecting.await?).spawn()).await
    }};
}

const LONGEST_FRAME: usize = 32 << 20;

fn main() -> Result<(), Failure> {
    run_side(
        async {
            match codec().as_str() {
                "json" => serve_with!(Json::default),
                "bincode" => serve_with!(Bincode::default),
                other => Err(format!("json or bincode? not {other:?}").into()),
            }
        },
        async {
            match codec().as_str() {
                "json" => call_with!(Json::default),
                "bincode" => call_with!(Bincode::default),
                other => Err(format!("json or bincode? not {other:?}").into()),
            }
        },
    )
}

fn codec() -> String {
    amqp_rpc_bench_harness::arguments().next().unwrap_or_default()
}
