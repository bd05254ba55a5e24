//! Calls, notifications and events by name, and methods without a trait.

mod calls;
mod messages;
mod raw;
