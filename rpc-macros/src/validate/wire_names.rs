//! Reports parameters that share a name on the wire. Changes when serde's attributes about names do.

use syn::{Expr, ExprLit, Lit, Meta, Token, punctuated::Punctuated};

use crate::{
    diagnostics::{ErrorKind, Errors},
    model::{Input, Parameter},
    names,
};

/// The names of a parameter's field, as its serde attributes set them.
struct WireNames {
    /// `None` if it is not written.
    written: Option<String>,
    /// Every name that it is read by.
    read: Vec<String>,
}

/// Reports each parameter whose field has a name of one before it: serde would write both and read neither.
pub(super) fn report_shared(inputs: &[Input], errors: &mut Errors) {
    let parameters = inputs.iter().filter_map(Input::as_parameter);
    let named: Vec<_> = parameters.map(|parameter| (parameter, WireNames::of(parameter))).collect();
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
    fn of(parameter: &Parameter) -> Self {
        let own = names::unraw(&parameter.ident);
        let mut names = Self { written: Some(own.clone()), read: vec![own] };
        let attributes =
            parameter.field_attributes.iter().filter(|attribute| attribute.path().is_ident("serde"));
        for attribute in attributes {
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
            Meta::Path(path) if path.is_ident("skip") || path.is_ident("flatten") => {
                self.written = None;
                self.read.clear();
            }
            Meta::Path(path) if path.is_ident("skip_serializing") => self.written = None,
            Meta::Path(path) if path.is_ident("skip_deserializing") => self.read.clear(),
            Meta::NameValue(pair) if pair.path.is_ident("rename") => {
                if let Some(name) = text(&pair.value) {
                    self.rename_written(&name);
                    self.rename_read(name);
                }
            }
            Meta::NameValue(pair) if pair.path.is_ident("alias") => self.read.extend(text(&pair.value)),
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

    /// The first of the names is the one that is not an alias.
    fn rename_read(&mut self, name: String) {
        if let Some(read) = self.read.first_mut() {
            *read = name;
        }
    }

    fn shared_with<'a>(&'a self, other: &Self) -> Option<&'a str> {
        let written = self.written.as_ref().filter(|name| other.written.as_ref() == Some(name));
        let read = || self.read.iter().find(|name| other.read.contains(name));
        written.or_else(read).map(String::as_str)
    }
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}
