//! Generates tokens from the model, one file for each generated item. Changes when a kind of item is added.
//!
//! Nothing here can fail. Generated code uses absolute paths, calls functions by path instead of as methods,
//! and leaves the work to the runtime, so that it compiles in any scope and is short enough to be read.

mod assertions;
mod bounds;
mod client;
mod debug;
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

/// The generated code that replaces the trait.
pub(crate) fn service(service: &Service) -> TokenStream {
    let runtime = &Runtime::new(&service.krate);
    let service_trait = service_trait::service_trait(service);
    let messages = service.methods.iter().map(|method| {
        let request = request::definition(runtime, service, method);
        let response = (method.kind == Kind::Call).then(|| response::definition(runtime, service, method));
        quote!(#request #response)
    });
    let client = client::client(runtime, service);
    let server = server::definition(runtime, service);
    let structs = lints::written_by_macro(quote!(#( #messages )* #client #server));
    let trait_impls = trait_impls(runtime, service);
    quote! {
        #service_trait
        #structs
        #trait_impls
    }
}

/// The block with all assertions and trait impls.
///
/// Inherent impls stay outside: rustc's messages and backtraces would show their functions as
/// `_::<impl FibServer<S>>::new`.
fn trait_impls(runtime: &Runtime, service: &Service) -> TokenStream {
    let (cfgs, allowed) = (&service.attributes.cfgs, lints::allowed(service));
    // The assertions come first: their errors explain those of the impls. They keep the spans of the user's
    // types.
    let assertions = assertions::assertions(runtime, service);
    let messages = service.methods.iter().map(|method| {
        let request = request::trait_impls(runtime, method);
        let response = (method.kind == Kind::Call).then(|| response::trait_impls(runtime, method));
        quote!(#request #response)
    });
    let server = server::trait_impls(runtime, service);
    let (client_type, server_type) = (&service.client, &service.server);
    // A program may use one of the two, or neither yet. rustc takes what `const _` mentions as used, and with
    // it the trait and the user's types.
    let used = quote!(let _ = ::core::marker::PhantomData::<(#client_type, #server_type<()>)>;);
    let impls = lints::written_by_macro(quote!(#( #messages )* #server #used));
    quote! {
        #( #cfgs )*
        #allowed
        const _: () = {
            #assertions
            #impls
        };
    }
}
