//! The faults, as clients see them.
#![allow(clippy::disallowed_types, reason = "lapin shows what clients see")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod addressing;
mod any_faults;
mod breaking;
mod connecting;
mod queues;
mod raw;
mod recording;
mod setup;
mod traffic;
