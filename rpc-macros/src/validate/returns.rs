//! Validates return types. Changes when methods can return something new.

use syn::{GenericArgument, PathArguments, ReturnType, Signature, Type, TypeTuple, token::Paren};

use super::types::{self, Unsupported};
use crate::{
    diagnostics::{ErrorKind, Errors},
    model::Returns,
    names,
};

/// The return type in a signature.
pub(super) fn returns(signature: &Signature, errors: &mut Errors) -> Option<Returns> {
    let ReturnType::Type(_, declared) = &signature.output else {
        return Some(Returns::Plain(unit(signature)));
    };
    let method = names::unraw(&signature.ident);
    if let Some(unsupported) = types::unsupported(declared) {
        let kind = match unsupported {
            Unsupported::Borrowed => ErrorKind::BorrowedReturn { method },
            Unsupported::ImplTrait => ErrorKind::ImplReturn { method },
            Unsupported::MentionsSelf => ErrorKind::SelfReturn { method },
        };
        errors.at(declared, kind);
        return None;
    }
    if !types::last_segment_is(declared, "Result") {
        return Some(Returns::Plain((**declared).clone()));
    }
    let fallible = fallible(declared);
    if fallible.is_none() {
        errors.at(declared, ErrorKind::ResultArguments { method });
    }
    fallible
}

/// Parses the arguments of a type named `Result`; `None` if `Result` cannot have them.
fn fallible(declared: &Type) -> Option<Returns> {
    let Type::Path(path) = types::ungroup(declared) else { return None };
    let arguments = match &path.path.segments.last()?.arguments {
        PathArguments::None => return Some(Returns::Alias(declared.clone())),
        PathArguments::AngleBracketed(arguments) => &arguments.args,
        PathArguments::Parenthesized(_) => return None,
    };
    let mut types = Vec::new();
    for argument in arguments {
        let GenericArgument::Type(ty) = argument else { return None };
        types.push(ty);
    }
    match types[..] {
        [] | [_] => Some(Returns::Alias(declared.clone())),
        [value, error] => {
            Some(Returns::Fallible { declared: declared.clone(), value: value.clone(), error: error.clone() })
        }
        _ => None,
    }
}

/// `()`, with the span of the method that has no return type.
fn unit(signature: &Signature) -> Type {
    Type::Tuple(TypeTuple {
        paren_token: Paren(signature.ident.span()),
        elems: syn::punctuated::Punctuated::new(),
        attrs: Vec::new(),
    })
}
