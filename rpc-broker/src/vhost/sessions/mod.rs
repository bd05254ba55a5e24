//! The sessions of connections and their channels: opening, closing, and what ends with them.

mod channels;
mod connections;
mod release;
mod responses;

pub(super) use responses::on_connection;
