//! `JsonSchema` of a request. Changes when it is described in another way.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::{Runtime, bounds, described};
use crate::{
    model::{Body, Method, Parameter},
    names,
};

/// The member of a schema that lists the further names that are read.
const ALIASES: &str = "x-aliases";

/// `JsonSchema` of a request, by that of a struct with the same fields. That of the request itself would describe
/// fields without documentation by the sentence that stands in its place, and the request by that about its method.
pub(super) fn request_schema(runtime: &Runtime, method: &Method) -> Option<TokenStream> {
    let Runtime { schemars, json_schema, schema, schema_generator, cow, .. } = runtime;
    let (cfgs, request) = (&method.attributes.cfgs, &method.request);
    let name = names::unraw(request);
    let path = bounds::path_in_string(schemars);
    let types = described(method).map(|parameter| &parameter.ty).filter(|ty| bounds::is_bounded(ty));
    let types: Vec<_> = types.collect();
    let bound = bounds::bound_of_schema(runtime, types.iter().copied());
    let fields = method.parameters().map(|parameter| {
        let Parameter { ident, ty, field_attributes, schemars, .. } = parameter;
        let name = (method.body == Body::Named).then(|| quote!(#ident:));
        let aliases = (method.body == Body::Named).then(|| aliases(parameter));
        quote!(#( #field_attributes )* #( #schemars )* #aliases #name #ty)
    });
    let body = match method.body {
        Body::Named => quote!({ #( #fields, )* }),
        Body::Bare => quote!((#( #fields )*);),
        Body::Raw => return None,
    };
    let schema_type = &runtime.schema_type;
    let bounds = types.iter().map(|ty| quote!(for<'wire> #ty: #schema_type));
    let bounds = (!types.is_empty()).then(|| quote!(where #( #bounds, )*));
    Some(quote! {
        #( #cfgs )*
        const _: () = {
            #[derive(#json_schema)]
            #[schemars(crate = #path #bound)]
            struct __Parameters #body

            #[automatically_derived]
            impl #json_schema for #request #bounds {
                fn schema_name() -> #cow<'static, str> {
                    #cow::Borrowed(#name)
                }
                fn schema_id() -> #cow<'static, str> {
                    #cow::Borrowed(::core::concat!(::core::module_path!(), "::", #name))
                }
                fn json_schema(__generator: &mut #schema_generator) -> #schema {
                    <__Parameters as #json_schema>::json_schema(__generator)
                }
            }
        };
    })
}

/// serde's aliases, which schemars leaves out: a comparison of two versions needs them. A parameter that has the member
/// already keeps it.
fn aliases(parameter: &Parameter) -> Option<TokenStream> {
    let Parameter { aliases, schemars, .. } = parameter;
    let has_them =
        schemars.iter().any(|attribute| attribute.meta.to_token_stream().to_string().contains(ALIASES));
    (!aliases.is_empty() && !has_them).then(|| quote!(#[schemars(extend(#ALIASES = [#( #aliases ),*]))]))
}
