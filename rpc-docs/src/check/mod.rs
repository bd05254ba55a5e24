//! Whether a body fits the schema of its method, before it is sent.
//!
//! The server decides what it reads: this is for people and programs that write bodies by hand, and want to hear which
//! field is wrong, and what belongs there. So it says nothing about what it does not know: `not`, `if`, `contains`,
//! `dependencies`, `propertyNames`, `format` except of numbers, patterns that are no regular expressions of Rust, and
//! members that the schema does not name unless it forbids them.

mod checker;
mod kind;
mod mismatch;
mod path;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use amqp_rpc_contract::description::{MethodDescription, ServiceDescription};
use serde_json::Value;

pub use self::mismatch::Mismatch;

/// Where `body` does not fit the request of a method of `service`; empty if it fits.
///
/// The work is bounded, and so are the mismatches, of which there are a hundred at most. What lies beyond, in a hostile
/// description, counts as fitting.
///
/// ```
/// # extern crate amqp_rpc_contract as amqp_rpc;
/// use amqp_rpc::description::ServiceDescription;
/// use amqp_rpc_docs::check;
/// use serde_json::json;
///
/// let service: ServiceDescription = serde_json::from_value(json!({
///     "service": "fib",
///     "methods": [{
///         "name": "compute", "full_name": "fib.compute", "kind": "call",
///         "exchange": "amqp-rpc", "routing_key": "fib.compute",
///         "request": {
///             "type": "object",
///             "properties": { "n": { "type": "integer", "format": "uint64", "maximum": 90 } },
///             "required": ["n"],
///         },
///     }],
/// }))?;
/// let wrong = check::request(&service, &service.methods[0], &json!({ "n": 91 }));
/// assert_eq!(wrong[0].path(), "n");
/// assert_eq!(wrong[0].to_string(), "n: expected 90 at most, found 91");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn request(service: &ServiceDescription, method: &MethodDescription, body: &Value) -> Vec<Mismatch> {
    if method.raw_request {
        return Vec::new();
    }
    checker::check(&method.request, body, &service.schemas)
}

/// Where a value does not fit a schema of a description, whose definitions are these. Otherwise as [`request`].
#[must_use]
pub fn value(schema: &Value, value: &Value, schemas: &BTreeMap<String, Value>) -> Vec<Mismatch> {
    checker::check(schema, value, schemas)
}
