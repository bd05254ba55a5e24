//! The request of a method: the struct of its parameters. Changes when the runtime's `Request` does.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use super::{
    bounds, debug::debug_impl, doc_links, lints, method_def::method_def, raw_body, runtime::Runtime,
    serde_derives::serde_derives, validation,
};
use crate::{
    model::{Body, Kind, Method, Parameter, Returns, Service},
    names,
};

/// The struct, with a field for each parameter, and its constant `METHOD`.
pub(super) fn definition(runtime: &Runtime, service: &Service, method: &Method) -> TokenStream {
    let (visibility, request) = (&service.visibility, &method.request);
    let (method_def_type, method_def) = (&runtime.method_def, method_def(runtime, service, method));
    let (service_cfgs, cfgs) = (&service.attributes.cfgs, &method.attributes.cfgs);
    let kind = match method.kind {
        Kind::Call => "request of",
        Kind::Notify => "notification",
        Kind::Event => "event",
    };
    let doc = format!(" The {kind} {}.", doc_links::to_method(service, method));
    let bound = bounds::bound(runtime, method);
    let serde_derives = serde_derives(runtime, method.body != Body::Named, bound.as_ref());
    let garde_derive = validation::garde_derive(method);
    let allow = lints::allowed(service);
    let fields = method.parameters().map(|parameter| field(service, parameter));
    quote! {
        #( #service_cfgs )*
        #( #cfgs )*
        #[doc = #doc]
        #serde_derives
        #garde_derive
        #allow
        #visibility struct #request {
            #( #fields, )*
        }

        #( #service_cfgs )*
        #( #cfgs )*
        impl #request {
            /// The name, the address and the delivery settings of the method.
            #visibility const METHOD: &'static #method_def_type = &#method_def;
        }
    }
}

fn field(service: &Service, parameter: &Parameter) -> TokenStream {
    let Parameter { ident, ty, field_attributes, is_documented, .. } = parameter;
    let visibility = &service.visibility;
    let doc = (!is_documented).then(|| {
        let doc = format!(" The parameter `{}`.", names::unraw(ident));
        quote!(#[doc = #doc])
    });
    let field_attributes = field_attributes.iter().map(|attribute| doc_links::of_trait(service, attribute));
    quote!(#doc #( #field_attributes )* #visibility #ident: #ty)
}

/// The trait impls of the struct.
pub(super) fn trait_impls(runtime: &Runtime, method: &Method) -> TokenStream {
    let (cfgs, request) = (&method.attributes.cfgs, &method.request);
    let Runtime { request: request_trait, method_def, .. } = runtime;
    let (response, error) = (response(runtime, method), error(runtime, method));
    let raw = raw(runtime, method);
    let lock_key = lock_key(runtime, method);
    let error_text = error_text(runtime, method);
    let validate = validation::validate_request(runtime, method);
    let marker = marker(runtime, method);
    let debug = debug_impl(cfgs, request, None);
    quote! {
        #( #cfgs )*
        #[automatically_derived]
        impl #request_trait for #request {
            const METHOD: &'static #method_def = Self::METHOD;
            type Response = #response;
            type Error = #error;
            #raw
            #lock_key
            #error_text
            #validate
        }

        #marker
        #debug
    }
}

/// The type of the reply.
fn response(runtime: &Runtime, method: &Method) -> TokenStream {
    match method.kind {
        Kind::Call => method.response.to_token_stream(),
        Kind::Notify | Kind::Event => runtime.no_reply.clone(),
    }
}

/// The type of the error that is sent to the caller.
fn error(runtime: &Runtime, method: &Method) -> TokenStream {
    let Runtime { no_error, fallible, .. } = runtime;
    match &method.returns {
        _ if method.kind != Kind::Call => no_error.clone(),
        Returns::Plain(_) => no_error.clone(),
        Returns::Fallible { error, .. } => error.to_token_stream(),
        Returns::Alias(declared) => quote!(<#declared as #fallible>::Error),
    }
}

fn raw(runtime: &Runtime, method: &Method) -> Option<TokenStream> {
    let parameter = method.parameters().next().filter(|_| method.body == Body::Raw)?;
    Some(raw_body::conversions(runtime, &parameter.ty, &parameter.ident.to_token_stream()))
}

/// The function `lock_key` of a method with a lock. It stands where the attribute names the value: rustc reports
/// a field that does not exist there, and a type that cannot be a key.
fn lock_key(runtime: &Runtime, method: &Method) -> Option<TokenStream> {
    let (lock, Runtime { cow, .. }) = (method.lock.as_ref()?, runtime);
    let key = match &lock.value {
        None => quote!(::core::convert::From::from("")),
        Some(value) => {
            let at = Span::call_site().located_at(value.at);
            let parameter = validation::located(value.parameter.to_token_stream(), at);
            let lock_key = validation::located(runtime.lock_key.clone(), at);
            let fields = value.fields.iter().map(|field| validation::located(field.to_token_stream(), at));
            quote_spanned!(at=> #lock_key::lock_key(&self.#parameter #( .#fields )*))
        }
    };
    Some(quote! {
        fn lock_key(&self) -> ::core::option::Option<#cow<'_, str>> {
            ::core::option::Option::Some(#key)
        }
    })
}

/// The function `error_text` of a method with an error of its own. The user's types are concrete here, so that
/// rustc itself takes the one of two functions that fits: `Display` is no bound.
///
/// It is `inline`, so that programs that do not call it compile nothing for it.
fn error_text(runtime: &Runtime, method: &Method) -> Option<TokenStream> {
    let Runtime { error_text, no_error_text, .. } = runtime;
    if method.kind != Kind::Call || matches!(method.returns, Returns::Plain(_)) {
        return None;
    }
    Some(quote! {
        #[inline]
        fn error_text(__error: &Self::Error) -> ::core::option::Option<::std::string::String> {
            use #no_error_text as _;
            #error_text::<Self::Error>::error_text(__error)
        }
    })
}

/// The marker trait of a one-way message.
fn marker(runtime: &Runtime, method: &Method) -> Option<TokenStream> {
    let (cfgs, request) = (&method.attributes.cfgs, &method.request);
    let marker = match method.kind {
        Kind::Call => return None,
        Kind::Notify => &runtime.notification,
        Kind::Event => &runtime.event,
    };
    Some(quote!(#( #cfgs )* #[automatically_derived] impl #marker for #request {}))
}
