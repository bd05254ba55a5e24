//! Every rejection: the input, the messages, and their spans.

mod addresses;
mod attributes;
mod collisions;
mod descriptions;
mod generated_types;
mod locks;
mod methods;
mod parameters;
mod returns;
mod service;

use super::reported;

/// An input that the macro rejects; or, without errors, what is like it and accepted.
pub(super) struct Rejection {
    /// The rule, as a claim.
    claim: &'static str,
    /// Inside `#[rpc_service(..)]`.
    arguments: &'static str,
    item: &'static str,
    /// All messages in order, each with the source text at its span.
    errors: &'static [(&'static str, &'static str)],
}

/// Every rejection of every table.
pub(super) fn all() -> impl Iterator<Item = &'static Rejection> {
    let tables = [
        service::TABLE,
        methods::TABLE,
        parameters::TABLE,
        returns::TABLE,
        attributes::TABLE,
        addresses::TABLE,
        collisions::TABLE,
        generated_types::TABLE,
        locks::TABLE,
        descriptions::TABLE,
    ];
    tables.into_iter().flatten()
}

impl Rejection {
    /// The errors that are reported, by their names in the catalogue.
    pub(super) fn error_kinds(&self) -> Vec<&'static str> {
        reported(self.arguments, self.item).into_iter().map(|error| error.kind).collect()
    }
}

#[test]
fn every_rejection_says_what_is_wrong_and_where() {
    let mut broken = String::new();
    for Rejection { claim, arguments, item, errors } in all() {
        let found = reported(arguments, item);
        let found: Vec<_> =
            found.iter().map(|error| (error.message.as_str(), error.source.as_str())).collect();
        if found != *errors {
            broken += &format!("{claim}\n  expected {errors:#?}\n  found {found:#?}\n");
        }
    }
    assert!(broken.is_empty(), "{broken}");
}
