//! The log of calls that fail.

mod failed_call;
mod failure_log;

pub use failed_call::FailedCall;
pub(crate) use failed_call::{Cause, RequestInfo};
pub(crate) use failure_log::FailureLog;
