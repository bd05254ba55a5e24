//! The story of one expansion: read, validate, generate. Changes when a stage is added.

use proc_macro2::TokenStream;
use quote::quote;

use crate::{diagnostics::Errors, fallback, generate, syntax, validate};

/// What `#[rpc_service(arguments)] item` becomes, with every mistake as a compile error in front.
pub(crate) fn rpc_service(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let expanded = expand(arguments, item, &mut errors);
    let mistakes = errors.into_compile_errors();
    quote! { #mistakes #expanded }
}

/// Expands what can be expanded and collects the mistakes.
///
/// Something useful comes out in any case: a user who made one mistake should not read ten errors.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream, errors: &mut Errors) -> TokenStream {
    let written = match syntax::read(item) {
        Ok(written) => written,
        Err(unreadable) => return unreadable.report(errors),
    };
    match validate::service(arguments, &written, errors) {
        Some(service) => generate::service(&service),
        None => fallback::service(&written),
    }
}
