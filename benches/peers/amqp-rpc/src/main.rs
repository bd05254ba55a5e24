//! amqp-rpc with its defaults, but for the largest message and what the arguments name: `PROGRAM SIDE [SETTING]...`.

mod settings;

use amqp_rpc::{Bytes, Client, Server, rpc_service, server::QueueOptions};
use amqp_rpc_bench_harness::{Caller, Failure, apply_loads, run_side, serve, url};

use settings::{Codec, Settings};

/// More than the largest text, in any codec.
const LARGEST_MESSAGE: usize = 32 << 20;

#[rpc_service(name = "echo")]
trait Echo {
    async fn number(&self, n: u64) -> u64;
    async fn text(&self, text: String) -> String;
    #[rpc(bare)]
    async fn raw(&self, body: Bytes) -> Bytes;
}

struct Service;

impl Echo for Service {
    async fn number(&self, n: u64) -> u64 {
        n
    }

    async fn text(&self, text: String) -> String {
        text
    }

    async fn raw(&self, body: Bytes) -> Bytes {
        body
    }
}

#[derive(Clone)]
struct EchoCaller {
    service: EchoClient,
    codec: Codec,
}

impl Caller for EchoCaller {
    async fn echo(&self, n: u64) -> Result<u64, Failure> {
        if self.codec == Codec::Raw {
            let body = self.service.raw(Bytes::copy_from_slice(&n.to_be_bytes())).await?;
            return Ok(u64::from_be_bytes(body.as_ref().try_into()?));
        }
        Ok(self.service.number(n).await?)
    }

    async fn echo_text(&self, text: &str) -> Result<bool, Failure> {
        if self.codec == Codec::Raw {
            let body = self.service.raw(Bytes::copy_from_slice(text.as_bytes())).await?;
            return Ok(body.as_ref() == text.as_bytes());
        }
        Ok(self.service.text(text.to_owned()).await? == text)
    }
}

fn main() -> Result<(), Failure> {
    let settings = Settings::read(amqp_rpc_bench_harness::arguments())?;
    run_side(serve_echo(settings.clone()), call_echo(settings))
}

async fn serve_echo(settings: Settings) -> Result<(), Failure> {
    let options = QueueOptions::new().queue_type(settings.queue_type);
    let server = Server::new()
        .namespace(settings.namespace())
        .max_request_bytes(LARGEST_MESSAGE)
        .max_reply_bytes(LARGEST_MESSAGE)
        .service_with(EchoServer::new(Service), options);
    serve(server.start(&url()?).await?).await
}

async fn call_echo(settings: Settings) -> Result<(), Failure> {
    let client = Client::builder()
        .namespace(settings.namespace())
        .max_request_bytes(LARGEST_MESSAGE)
        .max_reply_bytes(LARGEST_MESSAGE);
    let client = settings.add_to_client(client).connect(&url()?).await?;
    apply_loads(EchoCaller { service: EchoClient::new(client), codec: settings.codec }).await
}
