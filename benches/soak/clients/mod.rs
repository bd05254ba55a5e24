//! The clients' side: tasks that call and publish, and record how each call and message ended.

mod callers;
mod outcome_counts;
mod publishers;
mod records;
mod recovery;
mod waiting;

pub(crate) use callers::{Caller, coalesces, has_direct_replies};
pub(crate) use outcome_counts::OutcomeCounts;
pub(crate) use publishers::Publisher;
pub(crate) use records::Records;
pub(crate) use recovery::Recoveries;
