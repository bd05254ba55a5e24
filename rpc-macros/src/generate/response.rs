//! The response of a method: a struct around its value. Changes when the runtime's `Response` does.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::{
    debug::debug_impl, doc_links, lints, raw_body, runtime::Runtime, serde_derives::serde_derives, validation,
};
use crate::model::{Method, Returns, Service};

/// The struct, whose field is the value.
pub(super) fn definition(runtime: &Runtime, service: &Service, method: &Method) -> TokenStream {
    let (visibility, response) = (&service.visibility, &method.response);
    let (service_cfgs, cfgs) = (&service.attributes.cfgs, &method.attributes.cfgs);
    let doc = format!(" The response of {}.", doc_links::to_method(service, method));
    let serde_derives = serde_derives(runtime, true, None);
    let allow = lints::allowed(service);
    let value = value(runtime, method);
    quote! {
        #( #service_cfgs )*
        #( #cfgs )*
        #[doc = #doc]
        #serde_derives
        #allow
        #visibility struct #response(
            /// The value.
            #visibility #value,
        );
    }
}

/// The trait impls of the struct.
pub(super) fn trait_impls(runtime: &Runtime, method: &Method) -> TokenStream {
    let (cfgs, response, response_trait) = (&method.attributes.cfgs, &method.response, &runtime.response);
    let value = value(runtime, method);
    let raw = method.returns.value().filter(|_| method.returns_raw);
    let raw = raw.map(|value| raw_body::conversions(runtime, value, &quote!(0)));
    let validate = method.validates_result.then(|| validation::validate_response(runtime, &value));
    let debug = debug_impl(cfgs, response, None);
    quote! {
        #( #cfgs )*
        #[automatically_derived]
        impl #response_trait for #response {
            type Value = #value;
            fn from_value(__value: Self::Value) -> Self {
                Self(__value)
            }
            fn into_value(self) -> Self::Value {
                self.0
            }
            #raw
            #validate
        }

        #debug
    }
}

/// The type of the value.
fn value(runtime: &Runtime, method: &Method) -> TokenStream {
    let fallible = &runtime.fallible;
    match &method.returns {
        Returns::Plain(value) | Returns::Fallible { value, .. } => value.to_token_stream(),
        Returns::Alias(declared) => quote!(<#declared as #fallible>::Value),
    }
}
