//! Collects mistakes and turns them into compile errors. Changes when reporting does; the texts are in `catalogue`.

mod catalogue;

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;

#[cfg(test)]
pub(crate) use self::catalogue::CATALOGUE;
pub(crate) use self::catalogue::Mistake;

/// Every mistake found so far, in the order of the source as far as validation follows it.
#[derive(Default)]
pub(crate) struct Errors {
    reports: Vec<Report>,
}

/// A mistake and where it is.
pub(crate) struct Report {
    at: TokenStream,
    pub(crate) mistake: Mistake,
}

impl Errors {
    /// Reports `mistake` on all of `tokens`.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, mistake: Mistake) {
        self.reports.push(Report { at: tokens.into_token_stream(), mistake });
    }

    /// Reports `mistake` at `span`.
    pub(crate) fn at_span(&mut self, span: Span, mistake: Mistake) {
        self.at(Ident::new("here", span), mistake);
    }

    /// How many mistakes were reported so far.
    pub(crate) fn len(&self) -> usize {
        self.reports.len()
    }

    /// One `compile_error!` for each mistake.
    pub(crate) fn into_compile_errors(self) -> TokenStream {
        self.reports.iter().map(|report| report.error().to_compile_error()).collect()
    }

    #[cfg(test)]
    pub(crate) fn into_reports(self) -> Vec<Report> {
        self.reports
    }
}

impl Report {
    /// The mistake as an error of its place.
    pub(crate) fn error(&self) -> syn::Error {
        syn::Error::new_spanned(&self.at, &self.mistake)
    }
}
