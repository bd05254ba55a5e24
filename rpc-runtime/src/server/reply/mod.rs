//! From the outcome of a call to its reply and the settled delivery.

mod admitted_call;
mod arrival;
mod as_far_as_known;
mod calls_per_message;
mod dead_letters;
mod direct;
mod in_flight;
mod part_tag;
mod queue_reply;
mod separated;
mod settle;
mod settlement;
mod sinks;
mod unsettled;

pub(crate) use admitted_call::AdmittedCall;
pub(crate) use arrival::{Arrival, KeptMessage};
pub(crate) use calls_per_message::CallsPerMessage;
pub(crate) use dead_letters::{DeadLetterCommand, DeadLetterSender};
pub(crate) use direct::{DirectCommand, DirectReplySender};
pub(crate) use in_flight::{InFlightCalls, InFlightGuard};
pub(crate) use part_tag::PartTag;
pub(crate) use separated::Separated;
pub(crate) use settle::{RequestChannel, settle};
pub(crate) use settlement::{Settlement, Settlements};
pub(crate) use sinks::ReplySinks;
pub(crate) use unsettled::{PeerRequest, Unsettled};
