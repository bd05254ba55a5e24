//! The wire protocol as docs/wire-protocol.md gives it to other languages, property by property, seen by a peer that speaks by hand.

mod foreign_replies;
mod namespaces;
mod replies;
mod requests;
mod topology;
