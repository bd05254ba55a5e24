//! The names of parameters on the wire, of which no two may be equal. Changes when serde's attributes about
//! names do.

use syn::{Attribute, Expr, ExprLit, Ident, Lit, Meta, Token, punctuated::Punctuated};

use crate::{
    diagnostics::{ErrorKind, Errors},
    model::{Input, WireName},
    names,
};

/// The names of a parameter's field, as its serde attributes set them.
struct WireNames {
    /// `None` if it is not written.
    written: Option<String>,
    read: WireName,
    /// Further names that it is read by, if it is read by one of its own.
    aliases: Vec<String>,
}

/// The name that a parameter is read by.
pub(super) fn wire_name(parameter: &Ident, attributes: &[Attribute]) -> WireName {
    WireNames::of(parameter, attributes).read
}

/// The further names that a parameter is read by.
pub(super) fn aliases(parameter: &Ident, attributes: &[Attribute]) -> Vec<String> {
    let names = WireNames::of(parameter, attributes);
    if matches!(names.read, WireName::Own(_)) { names.aliases } else { Vec::new() }
}

/// Reports each parameter whose field has a name of one before it: serde would write both and read neither.
pub(super) fn report_shared(inputs: &[Input], errors: &mut Errors) {
    let parameters = inputs.iter().filter_map(Input::as_parameter);
    let named: Vec<_> = parameters
        .map(|parameter| (parameter, WireNames::of(&parameter.ident, &parameter.field_attributes)))
        .collect();
    for (index, (parameter, own)) in named.iter().enumerate() {
        let shared = named[..index].iter().find_map(|(other, names)| Some((other, own.shared_with(names)?)));
        let Some((other, name)) = shared else { continue };
        let error = ErrorKind::SharedParameterName {
            name: name.to_owned(),
            parameter: names::unraw(&parameter.ident),
            other: names::unraw(&other.ident),
        };
        errors.at(&parameter.ident, error);
    }
}

impl WireNames {
    fn of(parameter: &Ident, attributes: &[Attribute]) -> Self {
        let own = names::unraw(parameter);
        let mut names = Self { written: Some(own.clone()), read: WireName::Own(own), aliases: Vec::new() };
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
            let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
            // What cannot be read is reported by serde.
            for key in attribute.parse_args_with(parser).into_iter().flatten() {
                names.apply(&key);
            }
        }
        names
    }

    fn apply(&mut self, key: &Meta) {
        match key {
            Meta::Path(path) if path.is_ident("skip") => {
                self.written = None;
                self.read = WireName::Skipped;
            }
            Meta::Path(path) if path.is_ident("flatten") => {
                self.written = None;
                if let WireName::Own(_) = self.read {
                    self.read = WireName::Flattened;
                }
            }
            Meta::Path(path) if path.is_ident("skip_serializing") => self.written = None,
            Meta::Path(path) if path.is_ident("skip_deserializing") => self.read = WireName::Skipped,
            Meta::NameValue(pair) if pair.path.is_ident("rename") => {
                if let Some(name) = text(&pair.value) {
                    self.rename_written(&name);
                    self.rename_read(name);
                }
            }
            Meta::NameValue(pair) if pair.path.is_ident("alias") => self.aliases.extend(text(&pair.value)),
            Meta::List(list) if list.path.is_ident("rename") => {
                let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
                for side in list.parse_args_with(parser).into_iter().flatten() {
                    let Meta::NameValue(pair) = side else { continue };
                    let Some(name) = text(&pair.value) else { continue };
                    if pair.path.is_ident("serialize") {
                        self.rename_written(&name);
                    } else {
                        self.rename_read(name);
                    }
                }
            }
            _ => {}
        }
    }

    fn rename_written(&mut self, name: &str) {
        if let Some(written) = &mut self.written {
            name.clone_into(written);
        }
    }

    fn rename_read(&mut self, name: String) {
        if let WireName::Own(read) = &mut self.read {
            *read = name;
        }
    }

    fn shared_with<'a>(&'a self, other: &Self) -> Option<&'a str> {
        let written = self.written.as_deref().filter(|name| other.written.as_deref() == Some(name));
        let read = || self.all_read().find(|name| other.all_read().any(|of_other| of_other == *name));
        written.or_else(read)
    }

    /// Every name that it is read by.
    fn all_read(&self) -> impl Iterator<Item = &str> {
        let own = match &self.read {
            WireName::Own(name) => Some(name),
            WireName::Flattened | WireName::Skipped => None,
        };
        let aliases = own.map(|_| &self.aliases).into_iter().flatten();
        own.into_iter().chain(aliases).map(String::as_str)
    }
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}
