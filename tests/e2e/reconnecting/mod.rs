//! What callers are promised when connections come and go: at once an honest answer, and soon a connection again.

mod abandoned_questions;
mod blocked;
mod epochs;
mod half_open;
mod refused_exchanges;
mod repetition;
mod who_serves;
