//! The rules in which the broker differs, by the broker that it is like. `rpc-broker/README.md` has the table.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "clients of the broker speak AMQP by hand, and a test may panic"
)]

mod expiring;
mod low_on_disk;
mod overflow;
mod permissions;
mod queues;
mod rabbitmq_4_3;
mod restart;
mod setup;
