//! The keys of `#[rpc(..)]` on a parameter.

use syn::{Attribute, Ident};

use super::keys::{Keys, Place};
use crate::diagnostics::Errors;

const PLACE: Place =
    Place { name: "`#[rpc(..)]` on a parameter", example: "#[rpc(context)]", known: &["context"] };

/// What the attributes of a parameter say.
pub(crate) struct ParameterKeys {
    pub(crate) context: Option<Ident>,
}

impl ParameterKeys {
    /// Reads all `#[rpc(..)]` attributes of a parameter.
    pub(crate) fn parse(attributes: &[Attribute], errors: &mut Errors) -> Self {
        Self { context: Keys::of_attributes(attributes, &PLACE, errors).flag("context", errors) }
    }
}
