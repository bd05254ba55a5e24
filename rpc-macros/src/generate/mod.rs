//! Generates tokens from the model, one file for each generated item. Changes when a kind of item is added.
//!
//! Nothing here can fail. Generated code uses absolute paths, calls functions by path instead of as methods,
//! and leaves the work to the runtime, so that it compiles in any scope and is short enough to be read.

mod assertions;
mod bounds;
mod client;
mod debug;
mod description;
mod doc_links;
mod lints;
mod method_def;
mod outcome_docs;
mod raw_body;
mod request;
mod response;
mod runtime;
mod serde_derives;
mod server;
mod service_trait;
mod validation;

use proc_macro2::TokenStream;
use quote::quote;

use self::runtime::Runtime;
use crate::model::{Kind, Service};

/// The generated code that replaces the trait: what a contract is in any build, then its client and server.
pub(crate) fn service(service: &Service) -> TokenStream {
    let runtime = &Runtime::new(&service.krate);
    let service_trait = service_trait::service_trait(service);
    let messages = service.methods.iter().map(|method| {
        let request = request::definition(runtime, service, method);
        let response = (method.kind == Kind::Call).then(|| response::definition(runtime, service, method));
        quote!(#request #response)
    });
    let messages = lints::written_by_macro(quote!(#( #messages )*));
    let message_impls = message_impls(runtime, service);
    let description = description::description(runtime, service);
    let client_and_server = lints::written_by_macro(client_and_server(runtime, service));
    quote! {
        #service_trait
        #messages
        #message_impls
        #description
        #client_and_server
    }
}

/// The block with all assertions and the trait impls of requests and responses.
///
/// Inherent impls stay outside of such blocks: rustc's messages and backtraces would show their functions as
/// `_::<impl FibServer<S>>::new`.
fn message_impls(runtime: &Runtime, service: &Service) -> TokenStream {
    let (cfgs, allowed) = (&service.attributes.cfgs, lints::allowed(service));
    // The assertions come first: their errors explain those of the impls. They keep the spans of the user's
    // types.
    let assertions = assertions::assertions(runtime, service);
    let impls = service.methods.iter().map(|method| {
        let request = request::trait_impls(runtime, method);
        let response = (method.kind == Kind::Call).then(|| response::trait_impls(runtime, method));
        quote!(#request #response)
    });
    let impls = lints::written_by_macro(quote!(#( #impls )*));
    quote! {
        #( #cfgs )*
        #allowed
        const _: () = {
            #assertions
            #impls
        };
    }
}

/// The client and the server, in a macro of the runtime. Without the runtime the macro of the same name leaves
/// them out; it takes their names for rustc's message about them.
///
/// Which of the two it is cannot be decided here: cargo may build this crate with other features than the crate
/// that the code is generated for.
fn client_and_server(runtime: &Runtime, service: &Service) -> TokenStream {
    let Service { visibility, attributes, client: client_type, server: server_type, .. } = service;
    let (cfgs, allowed, with_runtime) = (&attributes.cfgs, lints::allowed(service), &runtime.with_runtime);
    let (client, server) = (client::client(runtime, service), server::definition(runtime, service));
    let server_impls = server::trait_impls(runtime, service);
    // A program may use one of the two, or neither yet. rustc takes what `const _` mentions as used, and with
    // it the trait and the user's types.
    let used = quote!(let _ = ::core::marker::PhantomData::<(#client_type, #server_type<()>)>;);
    quote! {
        #with_runtime! { #visibility [#client_type #server_type] {
            #client
            #server
            #( #cfgs )*
            #allowed
            const _: () = {
                #server_impls
                #used
            };
        } }
    }
}
