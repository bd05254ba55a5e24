//! tonic over TCP, without a broker: gRPC, one connection, with the defaults but for the largest message.

mod messages;

use amqp_rpc_bench_harness::{Caller, Failure, address, apply_loads, run_side, serve};
use tonic::{
    Request, Response, Status,
    transport::{Channel, Server},
};

use echo_rpc::{
    echo_client::EchoClient,
    echo_server::{Echo, EchoServer},
};
use messages::{Number, Text};

#[allow(unreachable_pub, clippy::doc_markdown, reason = "generated")]
mod echo_rpc {
    include!(concat!(env!("OUT_DIR"), "/peers.Echo.rs"));
}

const LARGEST_MESSAGE: usize = 32 << 20;

struct Service;

#[tonic::async_trait]
impl Echo for Service {
    async fn number(&self, request: Request<Number>) -> Result<Response<Number>, Status> {
        Ok(Response::new(request.into_inner()))
    }

    async fn text(&self, request: Request<Text>) -> Result<Response<Text>, Status> {
        Ok(Response::new(request.into_inner()))
    }
}

#[derive(Clone)]
struct EchoCaller(EchoClient<Channel>);

impl Caller for EchoCaller {
    async fn echo(&self, n: u64) -> Result<u64, Failure> {
        Ok(self.0.clone().number(Number { n }).await?.into_inner().n)
    }

    async fn echo_text(&self, text: &str) -> Result<bool, Failure> {
        let request = Text { text: text.to_owned() };
        Ok(self.0.clone().text(request).await?.into_inner().text == text)
    }
}

fn main() -> Result<(), Failure> {
    run_side(
        async {
            let address = address()?.parse()?;
            let echo = EchoServer::new(Service).max_decoding_message_size(LARGEST_MESSAGE);
            serve(tokio::spawn(Server::builder().add_service(echo).serve(address))).await
        },
        async {
            // The first call connects.
            let channel = Channel::from_shared(format!("http://{}", address()?))?.connect_lazy();
            let client = EchoClient::new(channel).max_decoding_message_size(LARGEST_MESSAGE);
            apply_loads(EchoCaller(client)).await
        },
    )
}
