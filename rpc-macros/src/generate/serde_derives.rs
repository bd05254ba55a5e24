//! The serde derives of requests and responses. Changes when the attributes for serde do.

use proc_macro2::TokenStream;
use quote::quote;

use super::{bounds, runtime::Runtime};

/// The derives, which find serde through the runtime; a transparent struct is serialized as its single field.
pub(super) fn serde_derives(
    runtime: &Runtime,
    is_transparent: bool,
    bound: Option<&TokenStream>,
) -> TokenStream {
    let serde = &runtime.serde;
    let path = bounds::path_in_string(serde);
    let transparent = is_transparent.then(|| quote!(, transparent));
    quote! {
        #[derive(#serde::Serialize, #serde::Deserialize)]
        #[serde(crate = #path #transparent #bound)]
    }
}
