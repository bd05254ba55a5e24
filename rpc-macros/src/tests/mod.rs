//! Tests of the macro as a function from tokens to tokens.

mod catalogue;
mod expansions;
mod methods;
mod rejections;

use crate::{diagnostics::Errors, expand};

/// An error as the tables write it.
#[derive(Debug, PartialEq)]
struct Reported {
    /// Its name in the catalogue.
    kind: &'static str,
    message: String,
    /// The source text at its span.
    source: String,
}

/// The errors of `#[rpc_service(arguments)] item`, in order.
fn reported(arguments: &str, item: &str) -> Vec<Reported> {
    let mut errors = Errors::default();
    let _ = expand::expand(tokens(arguments), tokens(item), &mut errors);
    let diagnostics = errors.into_diagnostics().into_iter();
    diagnostics
        .map(|diagnostic| {
            let error = diagnostic.to_syn_error();
            Reported {
                kind: diagnostic.kind.name(),
                message: error.to_string(),
                source: error.span().source_text().unwrap_or_default(),
            }
        })
        .collect()
}

fn tokens(source: &str) -> proc_macro2::TokenStream {
    source.parse().unwrap_or_else(|error| panic!("{source} has no tokens: {error}"))
}
