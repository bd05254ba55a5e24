//! Consumers, deliveries, acknowledgements, direct replies.

mod consume;
mod deliver;
mod direct_reply;
mod get;
mod qos;
mod requeue;
mod settle;
