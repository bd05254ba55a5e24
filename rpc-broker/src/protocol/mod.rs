//! The values that connections and virtual hosts exchange: requests, frames for clients, errors of the
//! protocol.

mod capabilities;
mod error;
mod incoming;
mod outgoing;

pub(crate) use capabilities::Capabilities;
pub(crate) use error::{ProtocolError, ReplyCode, reply_text};
pub(crate) use incoming::Incoming;
pub(crate) use outgoing::{Outgoing, OutgoingContent, OutgoingQueue};
