//! The rules of a single parameter. Changes when one of them does.

use proc_macro2::{Span, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Ident, Type};

use super::types::{self, Flaw};
use crate::{
    attrs::ParameterKeys,
    diagnostics::{Errors, Mistake},
    model::{Context, Input, Parameter},
    names,
    syntax::ParameterSyntax,
};

/// Serde's attributes that make a field independent of its type's own implementations.
const CUSTOM: [&str; 6] =
    ["with", "serialize_with", "deserialize_with", "skip", "skip_serializing", "skip_deserializing"];

/// The parameter of `method` that was written.
pub(super) fn parameter(method: &Ident, written: &ParameterSyntax, errors: &mut Errors) -> Option<Input> {
    let keys = ParameterKeys::read(&written.rpc, errors);
    let ident = written.name();
    if ident.is_none() {
        errors.at(&written.typed.pat, Mistake::Pattern { method: names::spoken(method) });
    }
    let name = ident.map_or_else(|| "this parameter".to_owned(), names::spoken);
    report_conditions(&name, &written.typed.attrs, errors);
    let fits = match keys.context {
        Some(_) => fits_context(&name, written, errors),
        None => can_travel(&name, &written.typed.ty, errors),
    };
    if !fits {
        return None;
    }
    let (ident, ty) = (ident?.clone(), (*written.typed.ty).clone());
    let kept = written.typed.attrs.iter().filter(|attribute| !is_condition(attribute)).cloned().collect();
    Some(match keys.context {
        Some(_) => Input::Context(Context { ident, ty, kept }),
        None => Input::Parameter(Parameter {
            ident,
            ty,
            kept,
            field: written.field.clone(),
            documented: written.field.iter().any(|attribute| attribute.path().is_ident("doc")),
            rules: written.field.iter().find_map(rules),
            custom: written.field.iter().any(is_custom),
        }),
    })
}

fn rules(attribute: &Attribute) -> Option<Span> {
    attribute.path().get_ident().filter(|name| *name == "garde").map(Ident::span)
}

fn report_conditions(parameter: &str, attributes: &[Attribute], errors: &mut Errors) {
    for attribute in attributes.iter().filter(|attribute| is_condition(attribute)) {
        errors.at(attribute, Mistake::CfgOnParameter { parameter: parameter.to_owned() });
    }
}

fn can_travel(parameter: &str, ty: &Type, errors: &mut Errors) -> bool {
    let Some(flaw) = types::flaw(ty) else { return true };
    let parameter = parameter.to_owned();
    let mistake = match flaw {
        Flaw::Borrowed if is_borrowed_context(ty) => Mistake::BorrowedContext { parameter },
        Flaw::Borrowed => Mistake::BorrowedParameter { parameter, owned: types::owned(ty).to_owned() },
        Flaw::ImplTrait => Mistake::ImplParameter { parameter },
        Flaw::MentionsSelf => Mistake::SelfParameter { parameter },
    };
    errors.at(ty, mistake);
    false
}

fn fits_context(parameter: &str, written: &ParameterSyntax, errors: &mut Errors) -> bool {
    for attribute in written.field.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        errors.at(attribute, Mistake::SerdeOnContext { parameter: parameter.to_owned() });
    }
    for attribute in written.field.iter().filter(|attribute| attribute.path().is_ident("garde")) {
        errors.at(attribute, Mistake::GardeOnContext { parameter: parameter.to_owned() });
    }
    let ty = &written.typed.ty;
    let fits = match types::bare(ty) {
        Type::Reference(reference) => {
            reference.mutability.is_none()
                && reference.lifetime.is_none()
                && types::flaw(&reference.elem).is_none()
        }
        _ => false,
    };
    if !fits {
        errors.at(ty, Mistake::ContextType { parameter: parameter.to_owned() });
    }
    fits
}

fn is_borrowed_context(ty: &Type) -> bool {
    matches!(types::bare(ty), Type::Reference(reference) if types::last_segment_is(&reference.elem, "Context"))
}

fn is_condition(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr")
}

/// Whether the attribute is `#[serde(with = ..)]` or the like.
fn is_custom(attribute: &Attribute) -> bool {
    let syn::Meta::List(list) = &attribute.meta else { return false };
    attribute.path().is_ident("serde")
        && list
            .tokens
            .to_token_stream()
            .into_iter()
            .any(|token| matches!(&token, TokenTree::Ident(key) if CUSTOM.iter().any(|custom| key == custom)))
}
