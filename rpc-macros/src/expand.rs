//! Runs the stages of one expansion: parse, validate, generate. Changes when a stage is added.

use proc_macro2::TokenStream;
use quote::quote;

use crate::{diagnostics::Errors, fallback, generate, syntax, validate};

/// Expands `#[rpc_service(arguments)] item`; its errors come first, as `compile_error!`s.
pub(crate) fn rpc_service(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let expanded = expand(arguments, item, &mut errors);
    let compile_errors = errors.into_compile_errors();
    quote! { #compile_errors #expanded }
}

/// Expands as much as is valid and collects the errors.
///
/// The result always holds the trait or the item, so that one error is not followed by errors about missing
/// names.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream, errors: &mut Errors) -> TokenStream {
    let parsed = match syntax::parse(item) {
        Ok(parsed) => parsed,
        Err(rejected) => return rejected.report(errors),
    };
    match validate::service(arguments, &parsed, errors) {
        Some(service) => generate::service(&service),
        None => fallback::service(&parsed),
    }
}
