//! The trait that implementations see. Changes when their view of a method does.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::model::{Input, Method, Returns, Run, Service};

/// The trait with `Send` futures and without our attributes.
pub(super) fn service_trait(service: &Service) -> TokenStream {
    let Service { ident, visibility, supertraits, refused, .. } = service;
    let attributes = &service.attributes.kept;
    let methods = service.methods.iter().map(method);
    quote! {
        #( #attributes )*
        #visibility trait #ident: #( #supertraits + )* ::core::marker::Send + ::core::marker::Sync + 'static {
            #( #methods )*
            #( #refused )*
        }
    }
}

/// `async fn` becomes a function that returns a `Send` future; implementations still write `async fn`.
fn method(method: &Method) -> TokenStream {
    let ident = &method.ident;
    let attributes = &method.attributes.kept;
    let inputs = method.inputs.iter().map(input);
    let output = method.returns.written();
    let returns = match method.run {
        Run::Async => quote_spanned! {output.span()=>
            impl ::core::future::Future<Output = #output> + ::core::marker::Send
        },
        Run::Blocking => quote!(#output),
    };
    quote! {
        #( #attributes )*
        fn #ident(&self #( , #inputs )*) -> #returns;
    }
}

fn input(input: &Input) -> TokenStream {
    let (ident, ty, kept) = match input {
        Input::Parameter(parameter) => (&parameter.ident, &parameter.ty, &parameter.kept),
        Input::Context(context) => (&context.ident, &context.ty, &context.kept),
    };
    quote!(#( #kept )* #ident: #ty)
}

impl Returns {
    /// The return type as the user wrote it.
    fn written(&self) -> &syn::Type {
        match self {
            Self::Plain(written) | Self::Alias(written) | Self::Fallible { written, .. } => written,
        }
    }
}
