//! The server side: what is served and how a request finds its method. Changes when dispatch does.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::{link_to_trait, private, quiet};
use crate::model::{Input, Kind, Method, Returns, RunMode, Service};

/// The server and its dispatch.
pub(super) fn server(service: &Service) -> TokenStream {
    let Service { ident, visibility, server, implementation, .. } = service;
    let (private, quiet, cfgs) = (private(service), quiet(), &service.attributes.cfgs);
    let deprecations = &service.attributes.deprecations;
    let doc = format!(" Serves an implementation of {}.", link_to_trait(service));
    let name = crate::names::unraw(server);
    let dispatch = service_impl(service);
    quote! {
        #( #cfgs )*
        #[doc = #doc]
        #( #deprecations )*
        #quiet
        #visibility struct #server<#implementation> {
            service: #private::Arc<#implementation>,
        }

        #( #cfgs )*
        #quiet
        impl<#implementation> #server<#implementation> {
            /// Serves `service`.
            #[must_use]
            #visibility fn new(service: #implementation) -> Self
            where
                #implementation: #ident,
            {
                Self::from_arc(#private::Arc::new(service))
            }

            /// Serves a value that is used elsewhere as well, such as by another service.
            #[must_use]
            #visibility fn from_arc(service: #private::Arc<#implementation>) -> Self
            where
                #implementation: #ident,
            {
                Self { service }
            }
        }

        #( #cfgs )*
        #quiet
        impl<#implementation> ::core::clone::Clone for #server<#implementation> {
            fn clone(&self) -> Self {
                Self { service: ::core::clone::Clone::clone(&self.service) }
            }
        }

        #( #cfgs )*
        #quiet
        impl<#implementation> ::core::fmt::Debug for #server<#implementation> {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::DebugStruct::finish_non_exhaustive(&mut ::core::fmt::Formatter::debug_struct(formatter, #name))
            }
        }

        #dispatch
    }
}

fn service_impl(service: &Service) -> TokenStream {
    let Service { ident, name, server, implementation, .. } = service;
    let (private, quiet, cfgs) = (private(service), quiet(), &service.attributes.cfgs);
    let definitions = service.methods.iter().map(|method| {
        let (cfgs, request) = (&method.attributes.cfgs, &method.request);
        quote!(#( #cfgs )* #request::METHOD)
    });
    let arms = service.methods.iter().map(|method| arm(service, method));
    quote! {
        #( #cfgs )*
        #quiet
        #[allow(unreachable_patterns, unused_variables)]
        impl<#implementation: #ident> #private::Service for #server<#implementation> {
            const DEFINITION: &'static #private::ServiceDef = &#private::ServiceDef::new(#name, &[#( #definitions ),*]);

            fn dispatch(&self, call: #private::IncomingCall) -> #private::ServeFuture {
                let service = ::core::clone::Clone::clone(&self.service);
                match #private::IncomingCall::method(&call).routing_key {
                    #( #arms )*
                    _ => #private::unknown_method(call),
                }
            }
        }
    }
}

/// The arm that runs `method`.
fn arm(service: &Service, method: &Method) -> TokenStream {
    let (private, cfgs, request) = (private(service), &method.attributes.cfgs, &method.request);
    let routing_key = &method.address.routing_key;
    let result = result(service, method);
    let serve = match (method.kind, method.run) {
        (Kind::Call, RunMode::Async) => quote!(serve),
        (Kind::Call, RunMode::Blocking) => quote!(serve_blocking),
        (Kind::Notify | Kind::Event, RunMode::Async) => quote!(serve_one_way),
        (Kind::Notify | Kind::Event, RunMode::Blocking) => quote!(serve_one_way_blocking),
    };
    let run = match method.run {
        RunMode::Async => quote!(async move { #result }),
        RunMode::Blocking => result,
    };
    quote!(#( #cfgs )* #routing_key => #private::#serve(call, move |request: #request, context| #run),)
}

/// Runs the method and wraps what it returns.
fn result(service: &Service, method: &Method) -> TokenStream {
    let Service { ident: service_trait, implementation, .. } = service;
    let Method { ident, response, .. } = method;
    let private = private(service);
    let arguments = method.inputs.iter().map(argument);
    let wait = (method.run == RunMode::Async).then(|| quote!(.await));
    let returned = quote!(<#implementation as #service_trait>::#ident(&*service #( , #arguments )*) #wait);
    match &method.returns {
        Returns::Plain(_) if method.kind != Kind::Call => {
            quote!(::core::result::Result::<(), #private::NoError>::Ok(#returned))
        }
        Returns::Fallible { .. } | Returns::Alias(_) if method.kind != Kind::Call => returned,
        Returns::Plain(_) => quote!(::core::result::Result::<_, #private::NoError>::Ok(#response(#returned))),
        Returns::Fallible { .. } | Returns::Alias(_) => {
            quote!(::core::result::Result::map(#returned, #response))
        }
    }
}

fn argument(input: &Input) -> TokenStream {
    match input {
        Input::Parameter(parameter) => {
            let ident = &parameter.ident;
            quote!(request.#ident)
        }
        // A wrong type is reported where it is declared.
        Input::Context(context) => quote_spanned!(context.ty.span()=> &context),
    }
}
