//! What each peer and this library do for each other: peer × direction × value, own error, fault, timeout, server
//! down, mixed fleet, death of a server, reconnect.

mod contract;
mod our_calls;
mod their_calls;

pub(crate) use contract::{MathClient, MathError, MathServer, Mathematician};
pub(crate) use our_calls::{OurCalls, Received, mixed_fleet};
pub(crate) use their_calls::{TheirCalls, serve};
