//! Links in generated documentation.

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

fn link(text: &str, target: &str) -> String {
    if text == target { format!("[`{text}`]") } else { format!("[`{text}`]({target})") }
}
