//! Each fault, by what a client sees of it.

mod addressing;
mod any_faults;
mod breaking;
mod connecting;
mod queues;
mod recording;
mod stage;
mod traffic;

#[path = "../raw_client/mod.rs"]
mod raw_client;
