//! What the programs that measure calls share: a load, and the child processes that serve it and apply it.
//!
//! `benches/throughput` and every Rust program of `benches/peers` are built on it, so that all of them are
//! measured alike. A server and a client are processes of their own, which end when their standard input ends.
//! Each says [`READY`]: a server when it serves or soon will, a client when its first call was answered. A client
//! reads [`Load`]s, one a line, and answers each with a [`Measured`].

mod apply;
mod child;
mod latencies;
mod load;
mod measured;
mod side;

pub use apply::{Caller, apply};
pub use child::{READY, apply_loads, apply_loads_with, say_ready, serve};
pub use latencies::Latencies;
pub use load::{Load, text};
pub use measured::Measured;
pub use side::{address, arguments, run_side, url};

/// Why a measurement cannot go on.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Two workers everywhere, so that numbers of different machines can be compared.
///
/// # Errors
/// The runtime's own.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}
