//! Allows lints in generated code, which users cannot change. Changes when a lint reports generated code.
//!
//! A lint about a name or a type of the user is still reported at the trait.

use proc_macro2::TokenStream;
use quote::quote;

/// For a request or a response, whose fields have types of the user.
pub(super) fn allow_in_message() -> TokenStream {
    // Two lists, so that each stays on one line.
    quote! {
        #[allow(clippy::all, clippy::pedantic)]
        #[allow(deprecated, non_camel_case_types, private_interfaces)]
    }
}

/// For the structs of client and server.
pub(super) fn allow_in_handle() -> TokenStream {
    quote!(#[allow(clippy::all, clippy::pedantic, non_camel_case_types)])
}

/// For the functions of client and server.
pub(super) fn allow_in_functions() -> TokenStream {
    quote!(#[allow(clippy::all, clippy::pedantic, dead_code, deprecated, private_interfaces)])
}

/// For the block of trait impls. Its `dead_code` also covers the structs, which the impls use.
pub(super) fn allow_in_block() -> TokenStream {
    quote! {
        #[allow(
            clippy::all, clippy::pedantic, dead_code, deprecated, private_interfaces, unreachable_patterns,
            unused_imports, unused_variables
        )]
    }
}
