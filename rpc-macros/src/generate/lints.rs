//! Keeps lints quiet in generated code, which users cannot change. Changes when a lint reports generated
//! code.
//!
//! There is no list of allowed lints: where the crate forbids one of them, `#[allow]` does not compile
//! (E0453). Lints do not report what another crate's macro has written, and they tell that by spans.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::quote;

use crate::model::Service;

/// The same tokens, as written by the macro, at the places where the user wrote what they were made of.
pub(super) fn written_by_macro(tokens: TokenStream) -> TokenStream {
    tokens.into_iter().map(of_macro).collect()
}

fn of_macro(mut token: TokenTree) -> TokenTree {
    let span = Span::call_site().located_at(token.span());
    match token {
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), written_by_macro(group.stream()));
            inner.set_span(span);
            return TokenTree::Group(inner);
        }
        // Its span says which crate it is.
        TokenTree::Ident(ref ident) if ident == "$crate" => {}
        _ => token.set_span(span),
    }
    token
}

/// What the user has allowed or expects in the trait, such as uses of deprecated types, and uses of what is
/// deprecated in the trait itself. Lints that report the code of macros as well would otherwise report the
/// same again.
pub(super) fn allowed(service: &Service) -> TokenStream {
    let attributes = || {
        std::iter::once(&service.attributes).chain(service.methods.iter().map(|method| &method.attributes))
    };
    let allowed = attributes().flat_map(|attributes| &attributes.allowed);
    let is_deprecated = attributes().any(|attributes| !attributes.deprecations.is_empty());
    let deprecated = is_deprecated.then(|| quote!(#[allow(deprecated)]));
    quote!(#( #[allow(#allowed)] )* #deprecated)
}
