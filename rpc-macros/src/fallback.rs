//! Emits a rejected trait or method without the parts that rustc would report again. Changes when rustc would
//! otherwise repeat one of the macro's errors.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{FnArg, Pat, PatWild, TraitItem, parse_quote};

use crate::syntax::{MethodSyntax, ParameterSyntax, TraitSyntax};

/// The trait without the macro's attributes.
pub(crate) fn service(syntax: &TraitSyntax) -> TokenStream {
    let mut item = syntax.item.clone();
    item.modifiers.auto_token = None;
    item.items = syntax.other_items.iter().cloned().chain(syntax.methods.iter().map(method)).collect();
    item.into_token_stream()
}

/// The method without the macro's attributes, and without syntax that rustc rejects in every trait.
pub(crate) fn method(syntax: &MethodSyntax) -> TraitItem {
    let mut item = syntax.item.clone();
    item.attrs.push(parse_quote!(#[allow(async_fn_in_trait, dead_code)]));
    item.sig.constness = None;
    item.sig.variadic = None;
    let receiver = syntax.receiver.iter().cloned().map(FnArg::Receiver);
    let has_body = item.default.is_some();
    let parameters = syntax.parameters.iter().map(|syntax| parameter(syntax, has_body));
    item.sig.inputs = receiver.chain(parameters).collect();
    if mentions_self(item.sig.output.to_token_stream()) {
        // `Vec<Self>` would be reported again, because the implementation may be unsized.
        item.sig.generics.make_where_clause().predicates.push(parse_quote!(Self: Sized));
    }
    TraitItem::Fn(item)
}

fn mentions_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "Self",
        TokenTree::Group(group) => mentions_self(group.stream()),
        _ => false,
    })
}

/// The parameter; in a method without a body its pattern must be a name or `_`.
fn parameter(syntax: &ParameterSyntax, has_body: bool) -> FnArg {
    let mut typed = syntax.typed.clone();
    if syntax.name().is_none() && !has_body {
        *typed.pat = Pat::Wild(PatWild { attrs: Vec::new(), underscore_token: <syn::Token![_]>::default() });
    }
    FnArg::Typed(typed)
}
