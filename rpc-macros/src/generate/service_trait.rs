//! The trait that implementations see. Changes when the signature of its methods does.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::model::{Input, Method, RunMode, Service};

/// The trait with `Send` futures and without the macro's attributes.
pub(super) fn service_trait(service: &Service) -> TokenStream {
    let Service { ident, visibility, supertraits, rejected, .. } = service;
    let attributes = &service.attributes.all;
    let methods = service.methods.iter().map(method);
    quote! {
        #( #attributes )*
        #visibility trait #ident: #( #supertraits + )* ::core::marker::Send + ::core::marker::Sync + 'static {
            #( #methods )*
            #( #rejected )*
        }
    }
}

/// An `async fn` becomes a function that returns a `Send` future; implementations can still be `async fn`.
fn method(method: &Method) -> TokenStream {
    let ident = &method.ident;
    let attributes = &method.attributes.all;
    let inputs = method.inputs.iter().map(input);
    let output = method.returns.declared();
    let returns = match method.run {
        RunMode::Async => quote_spanned! {output.span()=>
            impl ::core::future::Future<Output = #output> + ::core::marker::Send
        },
        RunMode::Blocking => quote!(#output),
    };
    quote! {
        #( #attributes )*
        fn #ident(&self #( , #inputs )*) -> #returns;
    }
}

fn input(input: &Input) -> TokenStream {
    let (ident, ty, attributes) = match input {
        Input::Parameter(parameter) => (&parameter.ident, &parameter.ty, &parameter.attributes),
        Input::Context(context) => (&context.ident, &context.ty, &context.attributes),
    };
    quote!(#( #attributes )* #ident: #ty)
}
