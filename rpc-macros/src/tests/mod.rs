//! Tests of the macro as a function from tokens to tokens.

mod catalogue;
mod expansions;
mod rejections;

use crate::{diagnostics::Errors, expand};

/// An error as the tables write it.
#[derive(Debug, PartialEq)]
struct Reported {
    /// Its name in the catalogue.
    mistake: &'static str,
    message: String,
    /// What it points at.
    source: String,
}

/// Everything that is reported for `#[rpc_service(arguments)] item`.
fn reported(arguments: &str, item: &str) -> Vec<Reported> {
    let mut errors = Errors::default();
    let _ = expand::expand(tokens(arguments), tokens(item), &mut errors);
    let reports = errors.into_reports().into_iter();
    reports
        .map(|report| Reported {
            mistake: report.mistake.name(),
            message: report.error().to_string(),
            source: report.error().span().source_text().unwrap_or_default(),
        })
        .collect()
}

fn tokens(source: &str) -> proc_macro2::TokenStream {
    source.parse().unwrap_or_else(|error| panic!("{source} has no tokens: {error}"))
}
