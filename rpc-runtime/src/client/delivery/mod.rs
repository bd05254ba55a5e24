//! The way of one message: prepared, sent over a link, confirmed or replied to, and sent again where that is safe.

pub(crate) mod deliver;
pub(crate) mod failure;
pub(crate) mod in_flight;
pub(crate) mod message;
pub(crate) mod outgoing_call;
pub(crate) mod publish_in_flight;
pub(crate) mod retry;
pub(crate) mod send;
