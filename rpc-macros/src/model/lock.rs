//! The lock of a method. Changes when methods can be locked in a new way.

use proc_macro2::Span;
use syn::{Ident, Member};

use crate::names;

/// What a method is locked by while it runs.
pub(crate) struct Lock {
    /// Methods of the service whose locks have equal names exclude each other.
    pub(crate) name: String,
    pub(crate) scope: LockScope,
    /// `None`: the whole method is locked.
    pub(crate) value: Option<LockedValue>,
}

/// Where requests with equal values exclude each other.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum LockScope {
    Process,
    Cluster,
}

/// The parameter that a method is locked by, or a field of it.
pub(crate) struct LockedValue {
    pub(crate) parameter: Ident,
    /// The fields on the way from the parameter to the value.
    pub(crate) fields: Vec<Member>,
    /// The place of the path in the source.
    pub(crate) at: Span,
}

impl LockedValue {
    /// The path by one spelling: without spaces, and without the `r#` of names that are keywords.
    pub(crate) fn name(&self) -> String {
        self.path(Some(names::unraw(&self.parameter)))
    }

    /// The path from `first`, which stands for the parameter; without it, from the parameter's fields.
    pub(crate) fn path(&self, first: Option<String>) -> String {
        let fields = self.fields.iter().map(|field| match field {
            Member::Named(field) => names::unraw(field),
            Member::Unnamed(index) => index.index.to_string(),
        });
        first.into_iter().chain(fields).collect::<Vec<_>>().join(".")
    }
}
