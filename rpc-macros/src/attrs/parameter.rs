//! The keys of `#[rpc(..)]` on a parameter.

use syn::{Attribute, Ident};

use super::keys::{KeyTable, Keys, attribute_keys};
use crate::diagnostics::Errors;

attribute_keys! {
    /// The keys given on a parameter.
    ParameterKeys: "`#[rpc(..)]` on a parameter", such as "#[rpc(context)]";
    context: Ident = flag("context"),
}

impl ParameterKeys {
    /// Parses all `#[rpc(..)]` attributes of a parameter.
    pub(crate) fn parse(attributes: &[Attribute], errors: &mut Errors) -> Self {
        Self::take(Keys::of_attributes(attributes, &TABLE, errors), errors)
    }
}
