//! From an outcome to its reply and the settled delivery.

mod acks;
mod direct;
mod in_flight;
mod settle;
mod unsettled;

pub(crate) use direct::{Direct, DirectReplies};
pub(crate) use in_flight::Roster;
pub(crate) use settle::{RequestChannel, Settlement, Settlements, settle};
pub(crate) use unsettled::{Outbox, Unsettled};
