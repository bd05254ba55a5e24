//! The wire protocol of docs/wire-protocol.md, property by property, checked by a hand-written peer.

mod foreign_replies;
mod namespaces;
mod replies;
mod requests;
mod topology;
