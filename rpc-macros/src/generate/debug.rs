//! `Debug` of generated types. It shows the name only: parameters may be secrets, and need not be `Debug`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Ident};

use crate::names;

/// The impl for `ty`, whose type parameter is `generic`, if it has one.
pub(super) fn debug_impl(cfgs: &[Attribute], ty: &Ident, generic: Option<&Ident>) -> TokenStream {
    let generics = generic.map(|generic| quote!(<#generic>));
    let name = names::unraw(ty);
    quote! {
        #( #cfgs )*
        #[automatically_derived]
        impl #generics ::core::fmt::Debug for #ty #generics {
            fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::DebugStruct::finish_non_exhaustive(&mut ::core::fmt::Formatter::debug_struct(__formatter, #name))
            }
        }
    }
}
