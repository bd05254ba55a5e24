//! The typed client. Changes when its functions do.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::{doc_links, lints, outcome_docs::outcome, runtime::Runtime};
use crate::{
    model::{Kind, Method, Service},
    names,
};

/// The struct and its functions; those with fixed names are listed in `names::CLIENT_FUNCTIONS`.
pub(super) fn client(runtime: &Runtime, service: &Service) -> TokenStream {
    let Service { visibility, client, attributes, .. } = service;
    let (cfgs, deprecations) = (&attributes.cfgs, &attributes.deprecations);
    let Runtime { client: untyped_client, typed_client, call_options, .. } = runtime;
    let doc = format!(" Calls a remote {}.", doc_links::to_trait(service));
    let new_doc = format!(" Calls the `{}` service through `client`.", service.name);
    let shadows = shadows(service);
    let methods = service.methods.iter().map(|method| method_call(runtime, service, method));
    let allowed = lints::allowed(service);
    quote! {
        #( #cfgs )*
        #[doc = #doc]
        ///
        /// Cheap to clone; clones share the connection.
        #( #deprecations )*
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #allowed
        #visibility struct #client {
            client: #typed_client,
        }

        #( #cfgs )*
        #allowed
        const _: () = {
            #( #shadows )*

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
        };
    }
}

/// A function for each parameter. A parameter can have the name of a function, but not that of a static, a
/// constant or a unit struct of the user, which these hide: the names of the parameters are for readers and
/// stay.
fn shadows(service: &Service) -> impl Iterator<Item = TokenStream> {
    let of_methods =
        service.methods.iter().flat_map(Method::parameters).map(|parameter| names::unraw(&parameter.ident));
    let names: BTreeSet<_> = of_methods.chain(["client", "options"].map(str::to_owned)).collect();
    names.into_iter().map(|name| {
        // Not every keyword may be raw, and none of those is a parameter.
        let ident: Ident = syn::parse_str(&name).unwrap_or_else(|_| Ident::new_raw(&name, Span::call_site()));
        quote!(fn #ident() {})
    })
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

/// The docs of the trait's method, or a sentence in their place; then what its call resolves to.
fn docs(service: &Service, method: &Method) -> TokenStream {
    let docs = &method.attributes.docs;
    let outcome = format!(" {}", outcome(method));
    let outcome = quote!(#[doc = ""] #[doc = #outcome]);
    if docs.is_empty() {
        let verb = match method.kind {
            Kind::Call => "Calls",
            Kind::Notify => "Notifies",
            Kind::Event => "Publishes",
        };
        let doc = format!(" {verb} {}.", doc_links::to_method(service, method));
        return quote!(#[doc = #doc] #outcome);
    }
    quote!(#( #docs )* #outcome)
}
