//! The delivery of one message: prepared, sent over a link, confirmed or replied to, and sent again where
//! that is safe.

mod attempt;
pub(crate) mod deliver;
pub(crate) mod error;
pub(crate) mod gather;
pub(crate) mod in_flight;
mod lookup;
pub(crate) mod message;
pub(crate) mod outgoing_call;
pub(crate) mod policy;
pub(crate) mod prepare;
mod publish;
mod publisher_confirm;
pub(crate) mod retry;
mod returned;
pub(crate) mod send;
