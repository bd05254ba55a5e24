//! The typed client. Changes when its functions do.

use proc_macro2::TokenStream;
use quote::quote;

use super::{doc_links, lints, runtime::Runtime};
use crate::model::{Kind, Method, Service};

/// The struct and its functions; those with fixed names are listed in `names::CLIENT_FUNCTIONS`.
pub(super) fn client(runtime: &Runtime, service: &Service) -> TokenStream {
    let Service { visibility, client, attributes, .. } = service;
    let (cfgs, deprecations) = (&attributes.cfgs, &attributes.deprecations);
    let Runtime { client: untyped_client, typed_client, call_options, .. } = runtime;
    let doc = format!(" Calls a remote {}.", doc_links::to_trait(service));
    let new_doc = format!(" Calls the `{}` service through `client`.", service.name);
    let methods = service.methods.iter().map(|method| method_call(runtime, service, method));
    let (allow_in_struct, allow_in_impl) = (lints::allow_in_handle(), lints::allow_in_functions());
    quote! {
        #( #cfgs )*
        #[doc = #doc]
        ///
        /// Cheap to clone; clones share the connection.
        #( #deprecations )*
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #allow_in_struct
        #visibility struct #client {
            client: #typed_client,
        }

        #( #cfgs )*
        #allow_in_impl
        impl #client {
            #[doc = #new_doc]
            #[must_use]
            #visibility fn new(client: #untyped_client) -> Self {
                Self { client: #typed_client::new(client) }
            }

            /// Sets the default options of this client's calls.
            #[must_use]
            #visibility fn with_options(self, options: #call_options) -> Self {
                Self { client: #typed_client::with_options(self.client, options) }
            }

            #( #methods )*
        }
    }
}

/// The function that sends the request of `method`.
fn method_call(runtime: &Runtime, service: &Service, method: &Method) -> TokenStream {
    let (visibility, typed_client, call) = (&service.visibility, &runtime.typed_client, &runtime.call);
    let Method { ident, request, attributes, .. } = method;
    let (cfgs, deprecations, docs) = (&attributes.cfgs, &attributes.deprecations, docs(service, method));
    let parameters = method.parameters().map(|parameter| {
        let (ident, ty) = (&parameter.ident, &parameter.ty);
        quote!(#ident: #ty)
    });
    let fields = method.parameters().map(|parameter| &parameter.ident);
    quote! {
        #( #cfgs )*
        #docs
        #( #deprecations )*
        #visibility fn #ident(&self #( , #parameters )*) -> #call<#request> {
            #typed_client::call(&self.client, #request { #( #fields ),* })
        }
    }
}

/// The docs of the trait's method, or a sentence in their place.
fn docs(service: &Service, method: &Method) -> TokenStream {
    let docs = &method.attributes.docs;
    if docs.is_empty() {
        let verb = match method.kind {
            Kind::Call => "Calls",
            Kind::Notify => "Notifies",
            Kind::Event => "Publishes",
        };
        let doc = format!(" {verb} {}.", doc_links::to_method(service, method));
        return quote!(#[doc = #doc]);
    }
    quote!(#( #docs )*)
}
