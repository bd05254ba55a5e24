//! The typed client. Changes when callers get more to hold.

use proc_macro2::TokenStream;
use quote::quote;

use super::{conditions, link_to_method, link_to_trait, private, quiet};
use crate::model::{Kind, Method, Service};

/// The client and its methods.
pub(super) fn client(service: &Service) -> TokenStream {
    let Service { visibility, client, .. } = service;
    let (private, quiet, cfgs) = (private(service), quiet(), &service.attributes.cfgs);
    let deprecations = &service.attributes.deprecations;
    let doc = format!(" Calls a remote {}.", link_to_trait(service));
    let new_doc = format!(" Calls the `{}` service through `client`.", service.name);
    let methods = service.methods.iter().map(|method| client_method(service, method));
    quote! {
        #( #cfgs )*
        #[doc = #doc]
        ///
        /// Cheap to clone; clones share the connection.
        #( #deprecations )*
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #quiet
        #visibility struct #client {
            client: #private::TypedClient,
        }

        #( #cfgs )*
        #quiet
        impl #client {
            #[doc = #new_doc]
            #[must_use]
            #visibility fn new(client: #private::Client) -> Self {
                Self { client: #private::TypedClient::new(client) }
            }

            /// Gives every call of this client `options`, unless the call has its own.
            #[must_use]
            #visibility fn with_options(self, options: #private::CallOptions) -> Self {
                Self { client: #private::TypedClient::with_options(self.client, options) }
            }

            #( #methods )*
        }
    }
}

/// A method that makes a call of its parameters.
fn client_method(service: &Service, method: &Method) -> TokenStream {
    let (visibility, private, conditions) =
        (&service.visibility, private(service), conditions(service, method));
    let Method { ident, request, attributes, .. } = method;
    let (docs, deprecations) = (docs(service, method), &attributes.deprecations);
    let parameters = method.parameters().map(|parameter| {
        let (ident, ty) = (&parameter.ident, &parameter.ty);
        quote!(#ident: #ty)
    });
    let fields = method.parameters().map(|parameter| &parameter.ident);
    let (future, send) = match method.kind {
        Kind::Call => (quote!(Call), quote!(call)),
        Kind::Notify => (quote!(Notify), quote!(notify)),
        Kind::Event => (quote!(Publish), quote!(publish)),
    };
    quote! {
        #conditions
        #docs
        #( #deprecations )*
        #visibility fn #ident(&self #( , #parameters )*) -> #private::#future<#request> {
            #private::TypedClient::#send(&self.client, #request { #( #fields ),* })
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
        let doc = format!(" {verb} {}.", link_to_method(service, method));
        return quote!(#[doc = #doc]);
    }
    quote!(#( #docs )*)
}
