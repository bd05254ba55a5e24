//! From what a trait means to tokens, one file for each thing that is generated. Changes when a kind of item is added.
//!
//! Nothing here can fail. Generated code names its surroundings by absolute paths, calls functions by path instead of as
//! methods, and leaves the work to the runtime, so that it compiles in any scope and is short enough to be read.

mod assertions;
mod bounds;
mod client;
mod requests;
mod server;
mod service_trait;

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    model::{Method, Service},
    names,
};

/// Everything that takes the place of the trait.
pub(crate) fn service(service: &Service) -> TokenStream {
    // The assertions come before what would repeat their errors in other words.
    let service_trait = service_trait::service_trait(service);
    let requests = service.methods.iter().map(|method| requests::request_and_response(service, method));
    let client = client::client(service);
    let server = server::server(service);
    let assertions = assertions::assertions(service);
    quote! {
        #service_trait
        #assertions
        #( #requests )*
        #client
        #server
    }
}

/// The runtime's items for generated code.
fn private(service: &Service) -> TokenStream {
    let krate = &service.krate;
    quote!(#krate::__private)
}

/// The conditions under which code generated for `method` exists.
fn conditions(service: &Service, method: &Method) -> TokenStream {
    let (of_service, of_method) = (&service.attributes.cfgs, &method.attributes.cfgs);
    quote!(#( #of_service )* #( #of_method )*)
}

/// Keeps lints about generated items away from users, who cannot change them. What is wrong with a type is said of the
/// trait already.
fn quiet() -> TokenStream {
    quote! {
        #[allow(clippy::all, clippy::pedantic, dead_code, deprecated, non_camel_case_types, private_interfaces)]
    }
}

/// A link to the trait, for doc comments.
fn link_to_trait(service: &Service) -> String {
    link(&names::unraw(&service.ident), &service.ident.to_string())
}

/// A link to a method of the trait, for doc comments.
fn link_to_method(service: &Service, method: &Method) -> String {
    let shown = format!("{}::{}", names::unraw(&service.ident), names::unraw(&method.ident));
    link(&shown, &format!("{}::{}", service.ident, method.ident))
}

fn link(shown: &str, target: &str) -> String {
    if shown == target { format!("[`{shown}`]") } else { format!("[`{shown}`]({target})") }
}
