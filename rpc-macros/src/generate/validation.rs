//! Validation of messages by garde. Changes when garde's attributes or the runtime's check do.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::runtime::Runtime;
use crate::model::{Body, Method};

/// The derive of garde on a request, if a parameter has rules. It names garde, as the user's own attributes
/// do.
pub(super) fn garde_derive(method: &Method) -> Option<TokenStream> {
    let span = rules_span(method)?;
    let fields = match method.body {
        Body::Named => quote!(allow_unvalidated),
        Body::Bare | Body::Raw => quote!(transparent),
    };
    Some(quote_spanned!(span=> #[derive(::garde::Validate)] #[garde(#fields)]))
}

/// The function `validate` of a request, if a parameter has rules.
pub(super) fn validate_request(runtime: &Runtime, method: &Method) -> Option<TokenStream> {
    rules_span(method).map(|span| validate(runtime, quote!(self), span))
}

/// The function `validate` of a response whose value has type `value`.
pub(super) fn validate_response(runtime: &Runtime, value: &TokenStream) -> TokenStream {
    validate(runtime, quote!(&self.0), Span::call_site().located_at(value.span()))
}

/// The place of the first rule, where rustc shows garde's errors; names still resolve at the macro's call
/// site.
fn rules_span(method: &Method) -> Option<Span> {
    method.parameters().find_map(|parameter| parameter.garde).map(|rules| Span::call_site().located_at(rules))
}

fn validate(runtime: &Runtime, checked: TokenStream, span: Span) -> TokenStream {
    let Runtime { violations, check_by_garde, .. } = runtime;
    let (check, checked) = (located(check_by_garde.clone(), span), located(checked, span));
    let call = quote_spanned!(span=> #check(#checked));
    quote! {
        fn validate(&self) -> ::core::result::Result<(), #violations> {
            #call
        }
    }
}

/// The same tokens, located at `span`: of an expression with several locations rustc shows all lines between
/// them.
pub(super) fn located(tokens: TokenStream, span: Span) -> TokenStream {
    let located = tokens.into_iter().map(|mut token| {
        token.set_span(token.span().located_at(span));
        token
    });
    located.collect()
}
