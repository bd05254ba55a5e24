//! girolle, which speaks nameko's protocol, with its defaults (prefetch 10).
//!
//! Its client blocks, and wakes one waiting thread, whichever, for every reply. So only one thread may wait: it keeps N calls in flight
//! and waits for the oldest.

mod broker;
mod client;

use amqp_rpc_bench_harness::{Failure, url};
use girolle::prelude::*;

const SERVICE: &str = "peers_girolle";

#[girolle]
fn echo(n: u64) -> u64 {
    n
}

fn main() -> Result<(), Failure> {
    let url = url()?;
    broker::declare_exchange(&url)?;
    let config = Config::default().with_amqp_uri(&url);
    match std::env::args().nth(1).as_deref() {
        // It brings a runtime of its own, writes a log to its standard output, and ends on a signal only.
        Some("server") => RpcService::new(config, SERVICE).register(echo).start().map_err(failure),
        Some("client") => client::run(config, &url),
        other => Err(format!("server or client? not {other:?}").into()),
    }
}

fn failure(error: impl std::fmt::Debug) -> Failure {
    format!("{error:?}").into()
}
