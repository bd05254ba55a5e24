//! Each fault, by what a client sees of it.

mod addressing;
mod any_faults;
mod breaking;
mod connecting;
mod queues;
mod raw;
mod recording;
mod stage;
mod traffic;
