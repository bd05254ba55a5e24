//! What a return type means. Changes when methods can return something new.

use syn::{GenericArgument, PathArguments, ReturnType, Signature, Type, TypeTuple, token::Paren};

use super::types::{self, Flaw};
use crate::{
    diagnostics::{Errors, Mistake},
    model::Returns,
    names,
};

/// What a method with this signature gives back.
pub(super) fn returns(signature: &Signature, errors: &mut Errors) -> Option<Returns> {
    let ReturnType::Type(_, written) = &signature.output else {
        return Some(Returns::Plain(unit(signature)));
    };
    let method = names::spoken(&signature.ident);
    if let Some(flaw) = types::flaw(written) {
        let mistake = match flaw {
            Flaw::Borrowed => Mistake::BorrowedReturn { method },
            Flaw::ImplTrait => Mistake::ImplReturn { method },
            Flaw::MentionsSelf => Mistake::SelfReturn { method },
        };
        errors.at(written, mistake);
        return None;
    }
    if !types::last_segment_is(written, "Result") {
        return Some(Returns::Plain((**written).clone()));
    }
    let fallible = fallible(written);
    if fallible.is_none() {
        errors.at(written, Mistake::ResultArguments { method });
    }
    fallible
}

/// Reads the arguments of a type called `Result`; nothing if it cannot be one.
fn fallible(written: &Type) -> Option<Returns> {
    let Type::Path(path) = types::bare(written) else { return None };
    let arguments = match &path.path.segments.last()?.arguments {
        PathArguments::None => return Some(Returns::Alias(written.clone())),
        PathArguments::AngleBracketed(arguments) => &arguments.args,
        PathArguments::Parenthesized(_) => return None,
    };
    let mut types = Vec::new();
    for argument in arguments {
        let GenericArgument::Type(ty) = argument else { return None };
        types.push(ty);
    }
    match types[..] {
        [] | [_] => Some(Returns::Alias(written.clone())),
        [value, error] => {
            Some(Returns::Fallible { written: written.clone(), value: value.clone(), error: error.clone() })
        }
        _ => None,
    }
}

/// `()`, spanned on the method that does not say so itself.
fn unit(signature: &Signature) -> Type {
    Type::Tuple(TypeTuple {
        paren_token: Paren(signature.ident.span()),
        elems: syn::punctuated::Punctuated::new(),
        attrs: Vec::new(),
    })
}
