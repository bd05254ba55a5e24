//! Each fault, by what a client sees of it.
#![allow(clippy::disallowed_types, reason = "a client that is not ours shows what clients see")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod addressing;
mod any_faults;
mod breaking;
mod connecting;
mod queues;
mod raw;
mod recording;
mod stage;
mod traffic;
