//! What is emitted for a trait, or a method, that broke a rule: just itself, so that the rest of the user's code is
//! judged as if it were right. Changes when rustc would otherwise repeat one of our errors.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{FnArg, Pat, PatWild, TraitItem, parse_quote};

use crate::syntax::{MethodSyntax, ParameterSyntax, TraitSyntax};

/// The trait without our attributes.
pub(crate) fn service(written: &TraitSyntax) -> TokenStream {
    let mut item = written.item.clone();
    item.modifiers.auto_token = None;
    item.items = written.others.iter().cloned().chain(written.methods.iter().map(method)).collect();
    item.into_token_stream()
}

/// The method without our attributes, and without what rustc refuses in any trait.
pub(crate) fn method(written: &MethodSyntax) -> TraitItem {
    let mut item = written.item.clone();
    item.attrs.push(parse_quote!(#[allow(async_fn_in_trait, dead_code)]));
    item.sig.constness = None;
    item.sig.variadic = None;
    let receiver = written.receiver.iter().cloned().map(FnArg::Receiver);
    let has_body = item.default.is_some();
    let parameters = written.parameters.iter().map(|written| parameter(written, has_body));
    item.sig.inputs = receiver.chain(parameters).collect();
    TraitItem::Fn(item)
}

/// The parameter; without a body it may have a name but no other pattern.
fn parameter(written: &ParameterSyntax, has_body: bool) -> FnArg {
    let mut typed = written.typed.clone();
    if written.name().is_none() && !has_body {
        *typed.pat = Pat::Wild(PatWild { attrs: Vec::new(), underscore_token: <syn::Token![_]>::default() });
    }
    FnArg::Typed(typed)
}
