//! What only the compiler can check of the user's types. Changes when a rule about types does.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Type, spanned::Spanned};

use super::{private, quiet};
use crate::{
    diagnostics::ErrorKind,
    model::{Kind, Method, Returns, Service},
    names,
};

/// Asks the compiler about every type that travels, each where it is declared.
pub(super) fn assertions(service: &Service) -> TokenStream {
    if service.methods.is_empty() {
        return TokenStream::new();
    }
    let (private, quiet, cfgs) = (private(service), quiet(), &service.attributes.cfgs);
    let mut asserted = HashSet::new();
    let methods = service.methods.iter().map(|method| of_method(service, method, &mut asserted));
    let of_one_way = service.methods.iter().any(|method| method.kind != Kind::Call).then(|| {
        quote! {
            struct __IsNothing<T: ?::core::marker::Sized + #private::Nothing>(::core::marker::PhantomData<T>);
            struct __IsLogged<T: ?::core::marker::Sized + #private::LoggedError>(::core::marker::PhantomData<T>);
        }
    });
    quote! {
        #( #cfgs )*
        #quiet
        #[allow(unused_imports)]
        const _: () = {
            use #private::NotResult as _;
            struct __Travels<T: ?::core::marker::Sized + #private::WireType>(::core::marker::PhantomData<T>);
            struct __IsResult<T: ?::core::marker::Sized + #private::Fallible>(::core::marker::PhantomData<T>);
            #of_one_way
            #( #methods )*
        };
    }
}

/// What is asked about the types of one method.
///
/// The fields of a struct are checked before any function, so that these errors come before those that follow from
/// them. The names begin with underscores because they would hide types of the user with the same names.
fn of_method(service: &Service, method: &Method, asserted: &mut HashSet<String>) -> TokenStream {
    let private = private(service);
    let cfgs = &method.attributes.cfgs;
    // One mistake, one error: a type that is used twice is asserted where it is used first. Not so under `#[cfg]`,
    // where the first use may not be compiled.
    let mut travels = |ty: &Type| {
        let is_first = !cfgs.is_empty() || asserted.insert(ty.to_token_stream().to_string());
        is_first.then(|| quote_spanned!(ty.span()=> __Travels<#ty>,))
    };
    let checked = method.parameters().filter(|parameter| !parameter.has_custom_serde);
    let parameters: Vec<_> = checked.map(|parameter| travels(&parameter.ty)).collect();
    let returned = match &method.returns {
        // What nobody waits for does not travel.
        Returns::Plain(_) if method.kind != Kind::Call => None,
        Returns::Fallible { declared, error, .. } if method.kind != Kind::Call => {
            let error = quote_spanned!(error.span()=> __IsLogged<#error>,);
            Some(quote_spanned!(declared.span()=> __IsResult<#declared>, #error))
        }
        Returns::Alias(declared) if method.kind != Kind::Call => Some(quote_spanned! {declared.span()=>
            __IsResult<#declared>,
            __IsNothing<<#declared as #private::Fallible>::Value>,
            __IsLogged<<#declared as #private::Fallible>::Error>,
        }),
        Returns::Plain(value) => travels(value),
        Returns::Fallible { declared, value, error } => {
            let (value, error) = (travels(value), travels(error));
            Some(quote_spanned!(declared.span()=> __IsResult<#declared>, #value #error))
        }
        Returns::Alias(declared) => Some(quote_spanned! {declared.span()=>
            __IsResult<#declared>,
            __Travels<<#declared as #private::Fallible>::Value>,
            __Travels<<#declared as #private::Fallible>::Error>,
        }),
    };
    let no_result = match &method.returns {
        Returns::Plain(value) if method.kind == Kind::Call => Some(no_result(service, method, value)),
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

/// Refuses an alias of `Result` under another name, which would travel as a plain value.
fn no_result(service: &Service, method: &Method, value: &Type) -> TokenStream {
    let private = private(service);
    let message = ErrorKind::ResultAlias { method: names::unraw(&method.ident) }.to_string();
    // A constant of its own: evaluation of one stops at its first failure.
    quote_spanned! {value.span()=>
        const _: () = ::core::assert!(!#private::Probe::<#value>::IS_RESULT, #message);
    }
}
