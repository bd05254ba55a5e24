//! Links in generated documentation. Changes when generated items are linked in another way.

use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, MetaNameValue, parse_quote};

use crate::{
    model::{Method, Service},
    names,
};

/// A link to the trait.
pub(super) fn to_trait(service: &Service) -> String {
    link(&names::unraw(&service.ident), &service.ident.to_string())
}

/// A link to a method of the trait.
pub(super) fn to_method(service: &Service, method: &Method) -> String {
    let text = format!("{}::{}", names::unraw(&service.ident), names::unraw(&method.ident));
    link(&text, &format!("{}::{}", service.ident, method.ident))
}

/// The attribute of a parameter for the field of its request. In its documentation `Self` is the trait: links
/// to it would lead to the request.
pub(super) fn of_trait(service: &Service, attribute: &Attribute) -> Attribute {
    let Meta::NameValue(MetaNameValue {
        path, value: Expr::Lit(ExprLit { lit: Lit::Str(text), .. }), ..
    }) = &attribute.meta
    else {
        return attribute.clone();
    };
    if !path.is_ident("doc") {
        return attribute.clone();
    }
    let (value, mut linked) = (text.value(), String::new());
    let mut rest = value.as_str();
    while let Some(at) = rest.find("Self") {
        let (before, after) = (&rest[..at], &rest[at + "Self".len()..]);
        let is_word = !before.ends_with(is_of_word) && !after.starts_with(is_of_word);
        linked.push_str(before);
        linked.push_str(&if is_word { service.ident.to_string() } else { "Self".to_owned() });
        rest = after;
    }
    linked.push_str(rest);
    let linked = LitStr::new(&linked, text.span());
    Attribute { meta: parse_quote!(doc = #linked), ..attribute.clone() }
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn link(text: &str, target: &str) -> String {
    if text == target { format!("[`{text}`]") } else { format!("[`{text}`]({target})") }
}
