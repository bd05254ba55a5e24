//! What the RabbitMQ tutorial's RPC promises, by its numbers in the requirements: calling, serving, and the questions it leaves open.

mod calling;
mod faults;
mod open_questions;
mod replies;
mod serving;
mod takeover;
