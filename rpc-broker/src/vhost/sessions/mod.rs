//! The sessions of connections and their channels: opening, closing, and what ends with them.

mod channel;
mod channels;
mod connections;
mod release;
mod responses;
mod session;

pub(crate) use session::NewSession;

pub(super) use channel::{Delivered, DeliveredTo, ReplyConsumer};
pub(super) use responses::on_connection;
pub(super) use session::Session;
