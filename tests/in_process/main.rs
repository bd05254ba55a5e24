//! Clients that call services of their own process. No test here has a broker.
#![allow(missing_docs, reason = "contracts of tests")]

mod bodies;
mod calls;
mod circuits;
mod contract_crate;
mod hedges;
mod idempotency;
mod limits;
mod locks;
mod one_way;
mod retries;
mod routing;
mod services;

#[path = "../e2e/support/log.rs"]
#[expect(dead_code, reason = "only the failures are looked at")]
mod log;
