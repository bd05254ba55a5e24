//! From the outcome of a call to its reply and the settled delivery.

mod acks;
mod admitted_call;
mod arrival;
mod dead_letters;
mod direct;
mod in_flight;
mod queue_reply;
mod settle;
mod settlement;
mod sinks;
mod unsettled;

pub(crate) use admitted_call::AdmittedCall;
pub(crate) use arrival::{Arrival, KeptMessage};
pub(crate) use dead_letters::{DeadLetterCommand, DeadLetterSender};
pub(crate) use direct::{DirectCommand, DirectReplySender};
pub(crate) use in_flight::InFlightCalls;
pub(crate) use settle::{RequestChannel, settle};
pub(crate) use settlement::{Settlement, Settlements};
pub(crate) use sinks::ReplySinks;
pub(crate) use unsettled::Unsettled;
