//! kanin serves, with its defaults. It has no client: this one is lapin by hand as kanin's own tests use it, every
//! publish awaited, an exclusive reply queue without acknowledgements. Bodies are protobuf, which is all that kanin reads.

mod client;
mod messages;

use amqp_rpc_bench_harness::{Failure, apply_loads, run_side, serve, url};
use kanin::{App, extract::Msg};

use messages::{EchoRequest, EchoResponse};

const KEY: &str = "peers.kanin";

async fn echo(Msg(request): Msg<EchoRequest>) -> EchoResponse {
    EchoResponse { n: request.n, text: request.text, error: String::new() }
}

fn main() -> Result<(), Failure> {
    run_side(
        async {
            let url = url()?;
            serve(tokio::spawn(async move { App::new(()).handler(KEY, echo).run(&url).await })).await
        },
        async { apply_loads(client::connect(&url()?).await?).await },
    )
}
