//! The client: its connection, its limits, and its blocking form.

mod blocking;
mod connection;
mod limits;
mod overload;
