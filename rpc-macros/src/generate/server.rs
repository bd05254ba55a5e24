//! The server and its dispatch of requests to methods. Changes when dispatch does.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::{debug::debug_impl, doc_links, lints, runtime::Runtime};
use crate::model::{Input, Kind, Method, Returns, RunMode, Service};

/// The struct and its constructors. The function `service` hides a static, a constant or a unit struct of the
/// user that has the name of their parameter, as those of the client do.
pub(super) fn definition(runtime: &Runtime, service: &Service) -> TokenStream {
    let Service { ident, visibility, server, implementation, attributes, .. } = service;
    let (cfgs, deprecations, arc) = (&attributes.cfgs, &attributes.deprecations, &runtime.arc);
    let doc = format!(" Serves an implementation of {}.", doc_links::to_trait(service));
    let allowed = lints::allowed(service);
    quote! {
        #( #cfgs )*
        #[doc = #doc]
        #( #deprecations )*
        #allowed
        #visibility struct #server<#implementation> {
            service: #arc<#implementation>,
        }

        #( #cfgs )*
        #allowed
        const _: () = {
            fn service() {}

            impl<#implementation> #server<#implementation> {
                /// Serves `service`.
                #[must_use]
                #visibility fn new(service: #implementation) -> Self
                where
                    #implementation: #ident,
                {
                    Self::from_arc(#arc::new(service))
                }

                /// Serves a shared value, which may be used by another server as well.
                #[must_use]
                #visibility fn from_arc(service: #arc<#implementation>) -> Self
                where
                    #implementation: #ident,
                {
                    Self { service }
                }
            }
        };
    }
}

/// The trait impls of the struct.
pub(super) fn trait_impls(runtime: &Runtime, service: &Service) -> TokenStream {
    let Service { server, implementation, .. } = service;
    let debug = debug_impl(&[], server, Some(implementation));
    let dispatch = service_impl(runtime, service);
    quote! {
        #[automatically_derived]
        impl<#implementation> ::core::clone::Clone for #server<#implementation> {
            fn clone(&self) -> Self {
                Self { service: ::core::clone::Clone::clone(&self.service) }
            }
        }

        #debug
        #dispatch
    }
}

fn service_impl(runtime: &Runtime, service: &Service) -> TokenStream {
    let Service { ident, name, server, implementation, .. } = service;
    let Runtime { service: service_trait, service_def, incoming_call, serve_future, unknown_method, .. } =
        runtime;
    let methods = service.methods.iter().map(|method| {
        let (cfgs, request) = (&method.attributes.cfgs, &method.request);
        quote!(#( #cfgs )* #request::METHOD)
    });
    let (describe, locked_methods) = (describe(runtime, service), locked_methods(runtime, service));
    let arms = service.methods.iter().map(|method| arm(runtime, service, method));
    quote! {
        #[automatically_derived]
        impl<#implementation: #ident> #service_trait for #server<#implementation> {
            const DEFINITION: &'static #service_def = &#service_def::new(#name, &[#( #methods ),*])
                .version(::core::option_env!("CARGO_PKG_VERSION"));

            #describe

            #locked_methods

            fn dispatch(&self, __call: #incoming_call) -> #serve_future {
                let __service = ::core::clone::Clone::clone(&self.service);
                match #incoming_call::method(&__call).routing_key {
                    #( #arms )*
                    _ => #unknown_method(__call),
                }
            }
        }
    }
}

/// The constant `DESCRIBE`, if the trait asks for a description.
fn describe(runtime: &Runtime, service: &Service) -> Option<TokenStream> {
    let function = service.description.as_ref()?;
    let Runtime { described, service_description, .. } = runtime;
    Some(quote! {
        const DESCRIBE: ::core::option::Option<fn() -> #service_description> = #described!(#function);
    })
}

/// The function `locked_methods`, if there are any.
fn locked_methods(runtime: &Runtime, service: &Service) -> Option<TokenStream> {
    let locked = service.methods.iter().filter_map(|method| {
        let (cfgs, request) = (&method.attributes.cfgs, &method.request);
        let locked = match &method.lock.as_ref()?.value {
            Some(_) => &runtime.locked,
            None => &runtime.locked_whole,
        };
        Some(quote!(#( #cfgs )* #locked::<#request>()))
    });
    let (locked, locked_method) = (locked.collect::<Vec<_>>(), &runtime.locked_method);
    (!locked.is_empty()).then(|| {
        quote! {
            fn locked_methods(&self) -> ::std::vec::Vec<#locked_method> {
                ::std::vec::Vec::from([#( #locked ),*])
            }
        }
    })
}

/// The match arm that runs `method`.
fn arm(runtime: &Runtime, service: &Service, method: &Method) -> TokenStream {
    let (cfgs, request) = (&method.attributes.cfgs, &method.request);
    let routing_key = &method.address.routing_key;
    let result = result(runtime, service, method);
    let serve = match (method.kind, method.run) {
        (Kind::Call, RunMode::Async) => &runtime.serve,
        (Kind::Call, RunMode::Blocking) => &runtime.serve_blocking,
        (Kind::Notify | Kind::Event, RunMode::Async) => &runtime.serve_one_way,
        (Kind::Notify | Kind::Event, RunMode::Blocking) => &runtime.serve_one_way_blocking,
    };
    let run = match method.run {
        RunMode::Async => quote!(async move { #result }),
        RunMode::Blocking => result,
    };
    quote!(#( #cfgs )* #routing_key => #serve(__call, move |__request: #request, __context| #run),)
}

/// The expression that runs the method and wraps its return value.
fn result(runtime: &Runtime, service: &Service, method: &Method) -> TokenStream {
    let Service { ident: service_trait, implementation, .. } = service;
    let (ident, response) = (at_macro(&method.ident), at_macro(&method.response));
    let no_error = &runtime.no_error;
    let arguments = method.inputs.iter().map(argument);
    let wait = (method.run == RunMode::Async).then(|| quote!(.await));
    let returned = quote!(<#implementation as #service_trait>::#ident(&*__service #( , #arguments )*) #wait);
    match &method.returns {
        Returns::Plain(_) if method.kind != Kind::Call => {
            quote!(::core::result::Result::<(), #no_error>::Ok(#returned))
        }
        Returns::Fallible { .. } | Returns::Alias(_) if method.kind != Kind::Call => returned,
        Returns::Plain(_) => quote!(::core::result::Result::<_, #no_error>::Ok(#response(#returned))),
        Returns::Fallible { .. } | Returns::Alias(_) => {
            quote!(::core::result::Result::map(#returned, #response))
        }
    }
}

/// The name without its place: of an expression with several places rustc shows all lines between them.
fn at_macro(ident: &Ident) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(Span::call_site());
    ident
}

fn argument(input: &Input) -> TokenStream {
    match input {
        Input::Parameter(parameter) => {
            let ident = &parameter.ident;
            quote!(__request.#ident)
        }
        // The span of the declared type: rustc reports a wrong one there.
        Input::Context(context) => quote_spanned!(context.ty.span()=> &__context),
    }
}
