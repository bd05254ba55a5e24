//! From a request to the outcome of its method.

mod admit;
mod calls;
mod dispatch;
mod raw;
mod retry;
mod run;

pub(crate) use admit::{Authorization, Conditions, Refused};
pub(crate) use calls::Calls;
pub use dispatch::{serve, serve_blocking, serve_one_way, serve_one_way_blocking, unknown_method};
pub use raw::{RawMethod, RawService};
pub(crate) use retry::{may_be_tried_again, run_until_taken};
pub(crate) use run::{Patience, run, run_within};
