//! Bounds on the parameters' types for serde's derives. Changes when serde's or rustc's errors do.
//!
//! Without these bounds rustc reports a type that lacks a derive once for every use in derived code, in terms
//! of that code. With them it reports the type where the struct is used, in terms of `WireType`. The lifetime
//! makes rustc check the bound there and not at the derive.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};
use syn::{GenericArgument, PathArguments, Type};

use super::runtime::Runtime;
use crate::model::Method;

/// Types of the standard library that can be sent if their type arguments can be.
const PLAIN: [&str; 22] = [
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64",
    "u128", "usize", "String", "Option", "Vec", "Box", "HashMap", "BTreeMap",
];

/// The `bound` of the derives on the request of `method`, if any of its parameters needs one.
///
/// Responses need none: derived code uses their field so rarely that bounds would add errors.
pub(super) fn bound(runtime: &Runtime, method: &Method) -> Option<TokenStream> {
    let of_serde = method.parameters().filter(|parameter| !parameter.has_custom_serde);
    on_types(&runtime.wire_type, of_serde.map(|parameter| &parameter.ty))
}

/// The `bound` of a derive of schemars, if one of the types that it describes needs one.
pub(super) fn bound_of_schema<'a>(
    runtime: &Runtime,
    described: impl Iterator<Item = &'a Type>,
) -> Option<TokenStream> {
    on_types(&runtime.schema_type, described)
}

fn on_types<'a>(bound: &TokenStream, types: impl Iterator<Item = &'a Type>) -> Option<TokenStream> {
    let bound = path_in_string(bound);
    let mut bounds: Vec<String> = types
        .filter(|ty| is_bounded(ty))
        .map(|ty| format!("for<'wire> {}: {bound}", ty.to_token_stream()))
        .collect();
    bounds.sort_unstable();
    bounds.dedup();
    (!bounds.is_empty()).then(|| {
        let bounds = Literal::string(&bounds.join(", "));
        quote!(, bound = #bounds)
    })
}

/// Whether a type needs a bound, and can have one.
pub(super) fn is_bounded(ty: &Type) -> bool {
    !is_plain(ty) && can_be_quoted(ty)
}

/// A path in the form that serde's attributes expect in a string.
pub(super) fn path_in_string(path: &TokenStream) -> String {
    path.to_string().replace(' ', "")
}

fn is_plain(ty: &Type) -> bool {
    match ty {
        Type::Tuple(tuple) => tuple.elems.iter().all(is_plain),
        Type::Path(path) => {
            let Some(name) = path.path.segments.last() else { return false };
            let has_plain_arguments = match &name.arguments {
                PathArguments::None => true,
                PathArguments::AngleBracketed(arguments) => arguments
                    .args
                    .iter()
                    .all(|argument| matches!(argument, GenericArgument::Type(ty) if is_plain(ty))),
                PathArguments::Parenthesized(_) => false,
            };
            path.qself.is_none() && has_plain_arguments && PLAIN.iter().any(|plain| name.ident == plain)
        }
        _ => false,
    }
}

/// `$crate` has no meaning in a string.
fn can_be_quoted(ty: &Type) -> bool {
    !ty.to_token_stream().to_string().contains('$')
}
