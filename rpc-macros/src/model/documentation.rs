//! What a trait and its methods say of themselves. Changes when descriptions repeat more of it.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Expr, Meta, Token, punctuated::Punctuated};

/// The documentation and the deprecation of an item, for its description.
pub(crate) struct Documentation {
    /// An expression for each line of its doc comments, or for several: that of `#[doc = ..]` may be a macro call.
    pub(crate) lines: Vec<Conditional<Expr>>,
    /// At most one is compiled.
    pub(crate) deprecations: Vec<Conditional<Deprecation>>,
}

/// What stands in a `#[cfg_attr(..)]`, with its conditions.
pub(crate) struct Conditional<T> {
    /// All of them are met; none outside of `#[cfg_attr(..)]`.
    pub(crate) conditions: Vec<TokenStream>,
    pub(crate) value: T,
}

/// `#[deprecated(since = "..", note = "..")]`.
#[derive(Default)]
pub(crate) struct Deprecation {
    pub(crate) since: Option<Expr>,
    pub(crate) note: Option<Expr>,
}

impl Documentation {
    /// What the attributes `docs` and `deprecations` say, as [`Attributes`](super::Attributes) has them.
    pub(crate) fn new(docs: &[Attribute], deprecations: &[Attribute]) -> Self {
        Self { lines: all(docs, &line), deprecations: all(deprecations, &deprecation) }
    }
}

fn all<T>(attributes: &[Attribute], read: &impl Fn(Meta) -> Option<T>) -> Vec<Conditional<T>> {
    let mut found = Vec::new();
    for attribute in attributes {
        resolve(attribute.meta.clone(), &[], read, &mut found);
    }
    found
}

/// Reads an attribute, or those in a `#[cfg_attr(..)]`.
fn resolve<T>(
    meta: Meta,
    conditions: &[TokenStream],
    read: &impl Fn(Meta) -> Option<T>,
    found: &mut Vec<Conditional<T>>,
) {
    let list = match meta {
        Meta::List(list) if list.path.is_ident("cfg_attr") => list,
        other => {
            found.extend(read(other).map(|value| Conditional { conditions: conditions.to_vec(), value }));
            return;
        }
    };
    let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    let mut parts = parts.into_iter().flatten();
    let Some(condition) = parts.next() else { return };
    let mut conditions = conditions.to_vec();
    conditions.push(condition.into_token_stream());
    for part in parts {
        resolve(part, &conditions, read, found);
    }
}

/// The text of `#[doc = ..]`; none of `#[doc(hidden)]` and the like.
fn line(meta: Meta) -> Option<Expr> {
    match meta {
        Meta::NameValue(pair) => Some(pair.value),
        Meta::Path(_) | Meta::List(_) => None,
    }
}

/// rustc reports what is wrong with it.
fn deprecation(meta: Meta) -> Option<Deprecation> {
    let list = match meta {
        Meta::Path(_) => return Some(Deprecation::default()),
        Meta::NameValue(pair) => return Some(Deprecation { since: None, note: Some(pair.value) }),
        Meta::List(list) => list,
    };
    let mut deprecation = Deprecation::default();
    let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    for part in parts.into_iter().flatten() {
        let Meta::NameValue(pair) = part else { continue };
        if pair.path.is_ident("since") {
            deprecation.since = Some(pair.value);
        } else if pair.path.is_ident("note") {
            deprecation.note = Some(pair.value);
        }
    }
    Some(deprecation)
}
