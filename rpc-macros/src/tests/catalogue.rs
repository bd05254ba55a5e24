//! The catalogue of messages is complete: each has a test and each is explained in the docs.

use std::collections::BTreeSet;

use super::rejections;
use crate::diagnostics::CATALOGUE;

/// Reported by the compiler, from an assertion in the generated code: `tests/ui` tries it.
const ASSERTED: &str = "ResultAlias";

#[test]
fn every_message_is_given_by_some_rejection() {
    let given: BTreeSet<_> =
        rejections::all().flat_map(rejections::Rejection::error_kinds).chain([ASSERTED]).collect();
    let known: BTreeSet<_> = CATALOGUE.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        known.difference(&given).collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "messages without a rejection"
    );
}

#[test]
fn every_message_is_explained_in_the_docs() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/macro-errors.md");
    let page = std::fs::read_to_string(page).unwrap_or_else(|error| panic!("{page}: {error}"));
    let lines: BTreeSet<_> = page.lines().collect();
    let missing: Vec<_> = CATALOGUE.iter().filter(|(_, text)| !lines.contains(text)).collect();
    assert!(missing.is_empty(), "not in docs/macro-errors.md: {missing:#?}");
}

#[test]
fn no_two_messages_are_equal() {
    let texts: BTreeSet<_> = CATALOGUE.iter().map(|(_, text)| *text).collect();
    assert_eq!(texts.len(), CATALOGUE.len());
}
