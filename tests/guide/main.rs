//! The programs of docs/guide.md: a contract, two services, a gateway and their tests. Each module is a crate
//! there.
#![allow(missing_docs, unreachable_pub, reason = "a user's crates")]

mod billing;
mod gateway;
mod orders;
mod orders_api;
mod probes;
mod python;
