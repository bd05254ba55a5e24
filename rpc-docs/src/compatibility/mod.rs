//! Whether two versions of services understand each other.
//!
//! docs/compatibility.md lists the rules. Two pairs are looked at: old clients that call the new server, which is
//! what a deployed server does to its callers, and new clients that call an old server, which is what a deployed
//! client meets. A message is understood if every value that its sender may write is one that its receiver reads.

mod change;
mod lock;
mod method;
mod repetition;
mod report;
mod rule;
mod schemas;
mod service;
#[cfg(test)]
mod tests;
mod version;

use amqp_rpc_contract::description::ServiceDescription;

pub use self::{
    report::{Finding, Report},
    rule::Rule,
    version::Bump,
};

/// Compares two versions of services, which are found by their names.
///
/// [`asyncapi::read`](crate::asyncapi::read) makes descriptions of a document. Of schemas that cannot be compared, such
/// as one with a reference that leads nowhere, the report says so, and assumes that they do not match. The work is
/// bounded, and so is the report: of hostile descriptions it says that they were not compared to the end.
///
/// ```
/// # extern crate amqp_rpc_contract as amqp_rpc;
/// use amqp_rpc::description::ServiceDescription;
/// use amqp_rpc_docs::compatibility::{Bump, compare};
///
/// let (old, new) = (ServiceDescription::new("fib"), ServiceDescription::new("fibonacci"));
/// let report = compare(&[old.clone()], &[new]);
/// assert!(report.breaks_clients());
/// assert_eq!(report.bump(), Bump::Major);
/// assert_eq!(report.bump().next("0.3.1").as_deref(), Some("0.4.0"));
/// assert_eq!(compare(&[old.clone()], &[old]).bump(), Bump::None);
/// ```
#[must_use]
pub fn compare(old: &[ServiceDescription], new: &[ServiceDescription]) -> Report {
    service::compare(old, new)
}
