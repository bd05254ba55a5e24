//! Validates a parameter. Changes when a rule of a single parameter does.

use proc_macro2::{Span, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Ident, Type};

use super::{
    types::{self, Unsupported},
    wire_names,
};
use crate::{
    attrs::ParameterKeys,
    diagnostics::{ErrorKind, Errors},
    model::{Context, Input, Parameter},
    names,
    syntax::ParameterSyntax,
};

/// The keys of `#[serde(..)]` that replace the implementations of a field's type.
const CUSTOM_SERDE: [&str; 6] =
    ["with", "serialize_with", "deserialize_with", "skip", "skip_serializing", "skip_deserializing"];

/// A parameter of `method`.
pub(super) fn parameter(method: &Ident, syntax: &ParameterSyntax, errors: &mut Errors) -> Option<Input> {
    let keys = ParameterKeys::parse(&syntax.rpc, errors);
    let ident = syntax.name();
    if ident.is_none() {
        errors.at(&syntax.typed.pat, ErrorKind::Pattern { method: names::unraw(method) });
    }
    let name = ident.map_or_else(|| "this parameter".to_owned(), names::unraw);
    report_conditions(&name, &syntax.typed.attrs, errors);
    let fits = match keys.context {
        Some(_) => fits_context(&name, syntax, errors),
        None => can_be_sent(&name, &syntax.typed.ty, errors),
    };
    if !fits {
        return None;
    }
    let (ident, ty) = (ident?.clone(), (*syntax.typed.ty).clone());
    let attributes =
        syntax.typed.attrs.iter().filter(|attribute| !is_condition(attribute)).cloned().collect();
    let wire_name = wire_names::wire_name(&ident, &syntax.field_attributes);
    let aliases = wire_names::aliases(&ident, &syntax.field_attributes);
    Some(match keys.context {
        Some(_) => Input::Context(Context { ident, ty, attributes }),
        None => Input::Parameter(Parameter {
            ident,
            ty,
            attributes,
            field_attributes: syntax.field_attributes.clone(),
            is_documented: syntax.field_attributes.iter().any(|attribute| attribute.path().is_ident("doc")),
            garde: syntax.field_attributes.iter().find_map(garde),
            schemars: syntax.schemars.clone(),
            has_custom_serde: syntax.field_attributes.iter().any(is_custom_serde),
            wire_name,
            aliases,
        }),
    })
}

/// The span of `#[garde(..)]`.
fn garde(attribute: &Attribute) -> Option<Span> {
    attribute.path().get_ident().filter(|name| *name == "garde").map(Ident::span)
}

fn report_conditions(parameter: &str, attributes: &[Attribute], errors: &mut Errors) {
    for attribute in attributes.iter().filter(|attribute| is_condition(attribute)) {
        errors.at(attribute, ErrorKind::CfgOnParameter { parameter: parameter.to_owned() });
    }
}

fn can_be_sent(parameter: &str, ty: &Type, errors: &mut Errors) -> bool {
    let Some(unsupported) = types::unsupported(ty) else { return true };
    let parameter = parameter.to_owned();
    let error = match unsupported {
        Unsupported::Borrowed if is_borrowed_context(ty) => ErrorKind::BorrowedContext { parameter },
        Unsupported::Borrowed => {
            ErrorKind::BorrowedParameter { parameter, owned: types::owned_alternative(ty).to_owned() }
        }
        Unsupported::ImplTrait => ErrorKind::ImplParameter { parameter },
        Unsupported::MentionsSelf => ErrorKind::SelfParameter { parameter },
    };
    errors.at(ty, error);
    false
}

fn fits_context(parameter: &str, syntax: &ParameterSyntax, errors: &mut Errors) -> bool {
    for attribute in syntax.field_attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        errors.at(attribute, ErrorKind::SerdeOnContext { parameter: parameter.to_owned() });
    }
    for attribute in syntax.field_attributes.iter().filter(|attribute| attribute.path().is_ident("garde")) {
        errors.at(attribute, ErrorKind::GardeOnContext { parameter: parameter.to_owned() });
    }
    for attribute in &syntax.schemars {
        errors.at(attribute, ErrorKind::SchemarsOnContext { parameter: parameter.to_owned() });
    }
    let ty = &syntax.typed.ty;
    let fits = match types::ungroup(ty) {
        Type::Reference(reference) => {
            reference.mutability.is_none()
                && reference.lifetime.is_none()
                && types::unsupported(&reference.elem).is_none()
        }
        _ => false,
    };
    if !fits {
        errors.at(ty, ErrorKind::ContextType { parameter: parameter.to_owned() });
    }
    fits
}

fn is_borrowed_context(ty: &Type) -> bool {
    matches!(types::ungroup(ty), Type::Reference(reference) if types::last_segment_is(&reference.elem, "Context"))
}

fn is_condition(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr")
}

/// Finds `#[serde(..)]` with one of the keys in [`CUSTOM_SERDE`].
fn is_custom_serde(attribute: &Attribute) -> bool {
    let syn::Meta::List(list) = &attribute.meta else { return false };
    attribute.path().is_ident("serde")
        && list
            .tokens
            .to_token_stream()
            .into_iter()
            .any(|token| matches!(&token, TokenTree::Ident(key) if CUSTOM_SERDE.iter().any(|custom| key == custom)))
}
