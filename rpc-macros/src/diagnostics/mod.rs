//! Collects the errors of one expansion and turns them into compile errors. Changes when reporting does; the
//! texts are in `catalogue`.

mod catalogue;

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;

#[cfg(test)]
pub(crate) use self::catalogue::CATALOGUE;
pub(crate) use self::catalogue::ErrorKind;

/// The errors found so far, in the order in which validation reads the source.
#[derive(Default)]
pub(crate) struct Errors {
    diagnostics: Vec<Diagnostic>,
}

/// An error and the tokens that it points at.
pub(crate) struct Diagnostic {
    at: TokenStream,
    pub(crate) kind: ErrorKind,
}

impl Errors {
    /// Reports an error on all of `tokens`.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, kind: ErrorKind) {
        self.diagnostics.push(Diagnostic { at: tokens.into_token_stream(), kind });
    }

    /// Reports an error at `span`.
    pub(crate) fn at_span(&mut self, span: Span, kind: ErrorKind) {
        self.at(Ident::new("here", span), kind);
    }

    /// The number of errors reported so far.
    pub(crate) fn len(&self) -> usize {
        self.diagnostics.len()
    }

    /// One `compile_error!` for each error.
    pub(crate) fn into_compile_errors(self) -> TokenStream {
        self.diagnostics.iter().map(|diagnostic| diagnostic.to_syn_error().to_compile_error()).collect()
    }

    #[cfg(test)]
    pub(crate) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }
}

impl Diagnostic {
    /// The message with its span.
    pub(crate) fn to_syn_error(&self) -> syn::Error {
        syn::Error::new_spanned(&self.at, &self.kind)
    }
}
