//! Assertions that the user's types can be described. Changes when a rule about them does.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Type, spanned::Spanned};

use super::{Runtime, described};
use crate::model::{Body, Kind, Method, Returns, Service};

/// Asserts that every type that is described can be, with the span of its declaration.
pub(super) fn assertions(runtime: &Runtime, service: &Service) -> Option<TokenStream> {
    let schema_type = &runtime.schema_type;
    let mut asserted = HashSet::new();
    let methods: Vec<_> =
        service.methods.iter().filter_map(|method| of_method(runtime, method, &mut asserted)).collect();
    (!methods.is_empty()).then(|| {
        quote! {
            struct __IsDescribed<T: ?::core::marker::Sized + #schema_type>(::core::marker::PhantomData<T>);
            #( #methods )*
        }
    })
}

fn of_method(runtime: &Runtime, method: &Method, asserted: &mut HashSet<String>) -> Option<TokenStream> {
    let (cfgs, fallible) = (&method.attributes.cfgs, &runtime.fallible);
    let parameters = described(method).filter(|_| method.body != Body::Raw).map(|parameter| &parameter.ty);
    let mut types: Vec<&Type> = parameters.collect();
    let mut of_alias = None;
    if method.kind == Kind::Call {
        match &method.returns {
            Returns::Plain(value) => types.extend((!method.returns_raw).then_some(value)),
            Returns::Fallible { value, error, .. } => {
                types.extend((!method.returns_raw).then_some(value));
                types.push(error);
            }
            Returns::Alias(declared) => {
                of_alias = Some(quote_spanned! {at(declared)=>
                    __IsDescribed<<#declared as #fallible>::Value>,
                    __IsDescribed<<#declared as #fallible>::Error>,
                });
            }
        }
    }
    // A type that is used twice is asserted at its first use, unless that may not be compiled.
    types.retain(|ty| !cfgs.is_empty() || asserted.insert(ty.to_token_stream().to_string()));
    if types.is_empty() && of_alias.is_none() {
        return None;
    }
    let types = types.into_iter().map(|ty| quote_spanned!(at(ty)=> __IsDescribed<#ty>,));
    Some(quote! {
        #( #cfgs )*
        const _: () = {
            struct __Types(#( #types )* #of_alias);
        };
    })
}

/// The place of a type, in tokens of the macro: lints report the user's own.
fn at(ty: &Type) -> Span {
    Span::call_site().located_at(ty.span())
}
