//! From an outcome to its reply and the settled delivery.

mod acks;
mod direct;
mod in_flight;
mod settle;
mod unsettled;

pub(crate) use direct::{DirectCommand, DirectReplySender};
pub(crate) use in_flight::InFlightCalls;
pub(crate) use settle::{RequestChannel, Settlement, Settlements, settle};
pub(crate) use unsettled::{ReplySinks, Unsettled};
