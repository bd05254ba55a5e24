//! What the arguments and the environment tell a program of `benches/peers`: `PROGRAM server|client [ARGUMENT]...`.

use std::future::Future;

use crate::{Failure, runtime};

/// Runs the side that the first argument names, on two workers.
///
/// # Errors
/// The side's own, or that no side is named.
pub fn run_side(
    server: impl Future<Output = Result<(), Failure>>,
    client: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    runtime()?.block_on(async {
        match std::env::args().nth(1).as_deref() {
            Some("server") => server.await,
            Some("client") => client.await,
            other => Err(format!("server or client? not {other:?}").into()),
        }
    })
}

/// The arguments after the side.
pub fn arguments() -> impl Iterator<Item = String> {
    std::env::args().skip(2)
}

/// The broker, from `AMQP_URL`.
///
/// # Errors
/// When it is not set.
pub fn url() -> Result<String, Failure> {
    std::env::var("AMQP_URL").map_err(|_| "AMQP_URL is not set: scripts/compare.sh does".into())
}

/// The loopback address of variants without a broker, from `PEER_PORT`.
///
/// # Errors
/// When it is not set.
pub fn address() -> Result<String, Failure> {
    let port = std::env::var("PEER_PORT").map_err(|_| "PEER_PORT is not set: scripts/compare.sh does")?;
    Ok(format!("127.0.0.1:{port}"))
}
