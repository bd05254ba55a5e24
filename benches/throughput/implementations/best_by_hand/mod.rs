//! The echo with lapin by hand, as fast as is known, to compare this library with.
//!
//! Same mode: an exclusive reply queue, no confirms, requests queued by one poll and returned when
//! unroutable, prefetch 64, a task per request, replies written before their requests are acknowledged in
//! batches. What it leaves out is what a library is for: timeouts, faults, a bound on calls in flight, lost
//! connections, panics, shutdown.
#![allow(clippy::disallowed_types, reason = "speaks AMQP by hand, to be compared with what does it for you")]

mod client;
mod server;
mod settler;

pub(super) use client::connect;
pub(super) use server::start;

const METHOD: &str = "throughput.best.echo";
const PREFETCH: u16 = 64;
