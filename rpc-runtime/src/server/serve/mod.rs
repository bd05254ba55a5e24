//! From a request to the outcome of its method.

mod admit;
mod calls;
mod dispatch;
mod raw;
mod retry;
mod run;

pub(crate) use admit::{AdmissionRules, Authorization, RefusedRequest};
pub(crate) use calls::CallTasks;
pub use dispatch::{serve, serve_blocking, serve_one_way, serve_one_way_blocking, unknown_method};
pub use raw::{RawMethod, RawService};
pub(crate) use retry::{may_be_retried, retry_while_overloaded};
pub(crate) use run::{TimeLimits, run, run_within};
