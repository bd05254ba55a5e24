//! Bad messages: whatever comes, it is answered or put aside, settled, and the next good call succeeds.

mod answered;
mod messages;
mod no_reply_address;
mod replies_to_nowhere;
mod unreadable;
