#![doc = include_str!("../README.md")]

mod auth;
mod broker;
mod codec;
mod connection;
mod dead_letter;
mod erlang_term;
mod exchange;
pub mod faults;
mod ids;
mod inequivalence;
mod interception;
mod like;
mod memory;
mod message;
mod properties;
mod protocol;
mod queue;
pub mod recorder;
mod settings;
mod shared;
mod vhost;

pub use auth::{InvalidPattern, Permissions};
pub use broker::{Broker, Builder, StartError, Vhost};
pub use like::Like;
pub use vhost::QueueInfo;
