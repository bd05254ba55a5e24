//! The documents of descriptions: that the committed ones are current, and what the programs of others make of them.
//!
//! `fib` is the trait in `described`, `everything` has what a contract can say. To write their documents
//! anew: `UPDATE_DOCUMENTS=1 cargo test -p amqp-rpc-tests --test documents`. `fib/released.json` is the document that callers
//! have: it is replaced by hand, with a release.

mod called;
mod committed;
mod described;
mod models;
mod tools;
mod validator;

#[path = "../e2e/support/left_out.rs"]
#[allow(dead_code, reason = "shared with tests that have brokers")]
mod left_out;
