//! Malformed messages: each is answered or dead-lettered, and settled, and the next good call succeeds.

mod answered;
mod bad_reply_addresses;
mod catalogue;
mod no_reply_address;
mod unreadable;
