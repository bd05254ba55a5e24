//! Assertions about the user's types that only the compiler can check. Changes when a rule about types does.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Type, spanned::Spanned};

use super::runtime::Runtime;
use crate::{
    diagnostics::ErrorKind,
    model::{Kind, Method, Returns, Service},
    names,
};

/// Asserts that every type that is sent can be, with the span of its declaration.
pub(super) fn assertions(runtime: &Runtime, service: &Service) -> TokenStream {
    if service.methods.is_empty() {
        return TokenStream::new();
    }
    let Runtime { not_result, wire_type, fallible, nothing, logged_error, .. } = runtime;
    let mut asserted = HashSet::new();
    let methods = service.methods.iter().map(|method| of_method(runtime, method, &mut asserted));
    let of_one_way = service.methods.iter().any(|method| method.kind != Kind::Call).then(|| {
        quote! {
            struct __IsNothing<T: ?::core::marker::Sized + #nothing>(::core::marker::PhantomData<T>);
            struct __IsLogged<T: ?::core::marker::Sized + #logged_error>(::core::marker::PhantomData<T>);
        }
    });
    quote! {
        use #not_result as _;
        struct __Travels<T: ?::core::marker::Sized + #wire_type>(::core::marker::PhantomData<T>);
        struct __IsResult<T: ?::core::marker::Sized + #fallible>(::core::marker::PhantomData<T>);
        #of_one_way
        #( #methods )*
    }
}

/// The assertions about the types of one method.
///
/// They are fields of a struct: rustc checks these before any function, so that their errors come before
/// those that follow from them. Their names begin with underscores because they would hide types of the user
/// with the same names.
fn of_method(runtime: &Runtime, method: &Method, asserted: &mut HashSet<String>) -> TokenStream {
    let cfgs = &method.attributes.cfgs;
    // A type that is used twice is asserted only at its first use, for one error. Under `#[cfg]` it is
    // asserted at each use, since the first may not be compiled.
    let mut is_wire_type = |ty: &Type| {
        let is_first = !cfgs.is_empty() || asserted.insert(ty.to_token_stream().to_string());
        is_first.then(|| quote_spanned!(at(ty)=> __Travels<#ty>,))
    };
    let checked = method.parameters().filter(|parameter| !parameter.has_custom_serde);
    let parameters: Vec<_> = checked.map(|parameter| is_wire_type(&parameter.ty)).collect();
    let returned = match method.kind {
        Kind::Call => returned_by_call(runtime, &method.returns, is_wire_type),
        Kind::Notify | Kind::Event => returned_by_one_way(runtime, &method.returns),
    };
    let no_result = match &method.returns {
        Returns::Plain(value) if method.kind == Kind::Call => Some(is_not_result(runtime, method, value)),
        Returns::Plain(_) | Returns::Fallible { .. } | Returns::Alias(_) => None,
    };
    quote! {
        #( #cfgs )*
        const _: () = {
            struct __Types(#( #parameters )* #returned);
            #no_result
        };
    }
}

/// Value and error are sent to the caller.
fn returned_by_call(
    runtime: &Runtime,
    returns: &Returns,
    mut is_wire_type: impl FnMut(&Type) -> Option<TokenStream>,
) -> Option<TokenStream> {
    let fallible = &runtime.fallible;
    match returns {
        Returns::Plain(value) => is_wire_type(value),
        Returns::Fallible { declared, value, error } => {
            let (value, error) = (is_wire_type(value), is_wire_type(error));
            Some(quote_spanned!(at(declared)=> __IsResult<#declared>, #value #error))
        }
        Returns::Alias(declared) => Some(quote_spanned! {at(declared)=>
            __IsResult<#declared>,
            __Travels<<#declared as #fallible>::Value>,
            __Travels<<#declared as #fallible>::Error>,
        }),
    }
}

/// There is no value, and the error is only logged.
fn returned_by_one_way(runtime: &Runtime, returns: &Returns) -> Option<TokenStream> {
    let fallible = &runtime.fallible;
    match returns {
        Returns::Plain(_) => None,
        Returns::Fallible { declared, error, .. } => {
            let error = quote_spanned!(at(error)=> __IsLogged<#error>,);
            Some(quote_spanned!(at(declared)=> __IsResult<#declared>, #error))
        }
        Returns::Alias(declared) => Some(quote_spanned! {at(declared)=>
            __IsResult<#declared>,
            __IsNothing<<#declared as #fallible>::Value>,
            __IsLogged<<#declared as #fallible>::Error>,
        }),
    }
}

/// Rejects an alias of `Result` under another name, which would be sent as a plain value.
fn is_not_result(runtime: &Runtime, method: &Method, value: &Type) -> TokenStream {
    let probe = &runtime.probe;
    let message = ErrorKind::ResultAlias { method: names::unraw(&method.ident) }.to_string();
    // A separate constant: evaluation of a constant stops at its first failure.
    quote_spanned! {at(value)=>
        const _: () = ::core::assert!(!#probe::<#value>::IS_RESULT, #message);
    }
}

/// The place of a type, in tokens of the macro: lints report the user's own.
fn at(ty: &Type) -> Span {
    Span::call_site().located_at(ty.span())
}
