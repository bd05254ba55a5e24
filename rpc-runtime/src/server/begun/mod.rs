//! Knows which messages of methods that run at most once were begun, and may come again without a mark.
//!
//! The broker marks what it delivers again. Where a restart of the broker takes the mark away
//! (`Broker::marks_redeliveries_after_restart`), a server knows its own messages: a link lists what was begun
//! on it until the broker has the acknowledgement for certain. What is listed when the link is lost is
//! remembered over the next links.

mod link_messages;
mod message;
mod on_link;
mod remembered;

pub(crate) use link_messages::LinkMessages;
pub(crate) use message::MessageOrigin;
pub(crate) use on_link::{BegunOnLink, RunsOnce};
pub(crate) use remembered::RememberedMessages;
