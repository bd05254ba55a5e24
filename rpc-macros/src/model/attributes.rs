//! The user's attributes of a trait or a method. Changes when generated items repeat another of them.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Meta, Token, parse_quote, punctuated::Punctuated};

use super::Documentation;

/// The user's attributes of an item, by the generated items that repeat them. Those inside of `#[cfg_attr]`
/// count: they are repeated under its condition.
pub(crate) struct Attributes {
    /// All of them; they stay on the trait or its method.
    pub(crate) all: Vec<Attribute>,
    /// Conditions of every generated item.
    pub(crate) cfgs: Vec<Attribute>,
    /// Documentation, which the client repeats.
    pub(crate) docs: Vec<Attribute>,
    /// Deprecations, which the client repeats.
    pub(crate) deprecations: Vec<Attribute>,
    /// The lints that are allowed or expected.
    pub(crate) allowed: Vec<TokenStream>,
    /// What descriptions repeat of the documentation and the deprecations.
    pub(crate) documentation: Documentation,
}

impl Attributes {
    /// Classifies `attributes`.
    pub(crate) fn new(attributes: &[Attribute]) -> Self {
        let named = |name: &str| -> Vec<Attribute> {
            attributes
                .iter()
                .filter_map(|attribute| {
                    let meta = only(name, &attribute.meta)?;
                    Some(Attribute { meta, ..attribute.clone() })
                })
                .collect()
        };
        let (docs, deprecations) = (named("doc"), named("deprecated"));
        let documentation = Documentation::new(&docs, &deprecations);
        Self {
            all: attributes.to_vec(),
            cfgs: named("cfg"),
            docs,
            deprecations,
            documentation,
            allowed: attributes.iter().filter_map(allowed).collect(),
        }
    }
}

/// The attribute if it is called `name`; of `#[cfg_attr(condition, ..)]` what is.
fn only(name: &str, meta: &Meta) -> Option<Meta> {
    if meta.path().is_ident(name) {
        return Some(meta.clone());
    }
    let Meta::List(list) = meta else { return None };
    if !list.path.is_ident("cfg_attr") {
        return None;
    }
    let mut parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?.into_iter();
    let condition = parts.next()?;
    let kept: Vec<_> = parts.filter_map(|part| only(name, &part)).collect();
    (!kept.is_empty()).then(|| parse_quote!(cfg_attr(#condition, #( #kept ),*)))
}

/// The lints of `#[allow(..)]` and `#[expect(..)]`.
fn allowed(attribute: &Attribute) -> Option<TokenStream> {
    let Meta::List(list) = &attribute.meta else { return None };
    if !list.path.is_ident("allow") && !list.path.is_ident("expect") {
        return None;
    }
    let lints = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
    // A reason belongs to the user's attribute.
    let lints = lints.into_iter().filter(|lint| matches!(lint, Meta::Path(_)));
    Some(quote!(#( #lints ),*))
}
