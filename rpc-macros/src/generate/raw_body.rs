//! Conversions of a field that is the whole body, as raw bytes. Changes when the runtime's `RawBody` does.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Type, spanned::Spanned};

use super::runtime::Runtime;

/// The functions `to_raw` and `from_raw` of a message whose body is its field `member` of type `ty`.
pub(super) fn conversions(runtime: &Runtime, ty: &Type, member: &TokenStream) -> TokenStream {
    let Runtime { raw_body, bytes, .. } = runtime;
    let to_body = quote_spanned!(ty.span()=> <#ty as #raw_body>::to_body);
    let from_body = quote_spanned!(ty.span()=> <#ty as #raw_body>::from_body);
    quote! {
        fn to_raw(&self) -> ::core::option::Option<#bytes> {
            ::core::option::Option::Some(#to_body(&self.#member))
        }
        fn from_raw(__body: #bytes) -> ::core::result::Result<Self, #bytes> {
            ::core::result::Result::Ok(Self { #member: #from_body(__body) })
        }
    }
}
