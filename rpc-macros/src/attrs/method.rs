//! The keys of `#[rpc(..)]` on a method.

use std::time::Duration;

use syn::{Attribute, Ident, LitStr};

use super::keys::{FlagOrString, Json, KeyTable, Keys, attribute_keys};
use crate::diagnostics::Errors;

attribute_keys! {
    /// The keys given on a method.
    MethodKeys: "`#[rpc(..)]` on a method", such as "#[rpc(idempotent, timeout = \"5s\")]";
    name: LitStr = string("name", "compute"),
    routing_key: LitStr = string("routing_key", "fib.compute"),
    queue: LitStr = string("queue", "sums"),
    request: Ident = type_name("request"),
    timeout: Duration = timeout("timeout", "5s"),
    cancel_when_late: Ident = flag("cancel_when_late"),
    idempotent: Ident = flag("idempotent"),
    at_most_once: Ident = flag("at_most_once"),
    deduplicate: Ident = flag("deduplicate"),
    notify: Ident = flag("notify"),
    event: Ident = flag("event"),
    bare: Ident = flag("bare"),
    blocking: Ident = flag("blocking"),
    validate_result: Ident = flag("validate_result"),
    example: Json = json("example", "{ \"n\": 30 }"),
    lock: FlagOrString = flag_or_string("lock", "cluster_id"),
    lock_scope: LitStr = string("lock_scope", "cluster"),
    lock_name: LitStr = string("lock_name", "clusters"),
}

impl MethodKeys {
    /// Parses all `#[rpc(..)]` attributes of a method.
    pub(crate) fn parse(attributes: &[Attribute], errors: &mut Errors) -> Self {
        Self::take(Keys::of_attributes(attributes, &TABLE, errors), errors)
    }
}
