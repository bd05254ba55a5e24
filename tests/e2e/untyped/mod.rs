//! Calls by name, and methods without a trait.

mod calls;
mod raw;
