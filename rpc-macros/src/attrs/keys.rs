//! `key = value, flag`: what the attributes of every place have in common. Changes when the form of a value does.

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Ident, LitStr, Meta, Path, parse::Parser};

use crate::{
    diagnostics::{ErrorKind, Errors},
    names,
};

/// A place for keys, and the keys it knows.
pub(super) struct Place {
    /// How messages call it.
    pub(super) name: &'static str,
    /// A correct use of it.
    pub(super) example: &'static str,
    pub(super) known: &'static [&'static str],
}

/// The keys found in one place: known ones only, each at most once.
pub(super) struct Keys {
    entries: Vec<Entry>,
}

struct Entry {
    key: Ident,
    value: Option<TokenStream>,
}

impl Keys {
    /// Reads all `attributes` of one place as if they were one.
    pub(super) fn of_attributes(attributes: &[Attribute], place: &Place, errors: &mut Errors) -> Self {
        let mut keys = Self { entries: Vec::new() };
        for attribute in attributes {
            match &attribute.meta {
                Meta::Path(_) => {}
                Meta::List(list) => keys.read(list.tokens.clone(), place, errors),
                Meta::NameValue(_) => errors.at(attribute, place.malformed()),
            }
        }
        keys
    }

    /// Reads the inside of one attribute.
    pub(super) fn of_arguments(arguments: TokenStream, place: &Place, errors: &mut Errors) -> Self {
        let mut keys = Self { entries: Vec::new() };
        keys.read(arguments, place, errors);
        keys
    }

    /// The key's value, which must be a string.
    pub(super) fn string(
        &mut self,
        key: &'static str,
        example: &'static str,
        errors: &mut Errors,
    ) -> Option<LitStr> {
        self.value(
            key,
            |value| syn::parse2(value).ok(),
            || ErrorKind::StringExpected { key, example },
            errors,
        )
    }

    /// The key's value, which must be the name of a type.
    pub(super) fn type_name(&mut self, key: &'static str, errors: &mut Errors) -> Option<Ident> {
        self.value(key, |value| syn::parse2(value).ok(), || ErrorKind::TypeNameExpected { key }, errors)
    }

    /// The key's value, which must be a path or a string that holds one.
    pub(super) fn path(&mut self, key: &'static str, errors: &mut Errors) -> Option<Path> {
        let read = |value: TokenStream| match syn::parse2::<LitStr>(value.clone()) {
            Ok(string) => string.parse_with(Path::parse_mod_style).ok(),
            Err(_) => Path::parse_mod_style.parse2(value).ok(),
        };
        self.value(key, read, || ErrorKind::PathExpected { key }, errors)
    }

    /// The key itself, if it is there; it takes no value.
    pub(super) fn flag(&mut self, key: &'static str, errors: &mut Errors) -> Option<Ident> {
        let entry = self.take(key)?;
        if let Some(value) = entry.value {
            errors.at(value, ErrorKind::FlagWithValue { key });
        }
        Some(entry.key)
    }

    fn value<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(TokenStream) -> Option<T>,
        mistake: impl FnOnce() -> ErrorKind,
        errors: &mut Errors,
    ) -> Option<T> {
        let entry = self.take(key)?;
        let Some(value) = entry.value.filter(|value| !value.is_empty()) else {
            errors.at(entry.key, mistake());
            return None;
        };
        let read = read(value.clone());
        if read.is_none() {
            errors.at(value, mistake());
        }
        read
    }

    fn take(&mut self, key: &str) -> Option<Entry> {
        let position = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(position))
    }

    fn read(&mut self, tokens: TokenStream, place: &Place, errors: &mut Errors) {
        for tokens in split_at_commas(tokens) {
            match Entry::read(&tokens) {
                Some(entry) => self.add(entry, place, errors),
                None => errors.at(tokens, place.malformed()),
            }
        }
    }

    fn add(&mut self, entry: Entry, place: &Place, errors: &mut Errors) {
        let key = names::unraw(&entry.key);
        let Some(key) = place.known.iter().copied().find(|known| **known == key) else {
            let known = place.known_in_words();
            return errors.at(entry.key, ErrorKind::UnknownKey { unknown: key, place: place.name, known });
        };
        if self.entries.iter().any(|known| known.key == key) {
            return errors.at(entry.key, ErrorKind::DuplicateKey { key });
        }
        self.entries.push(entry);
    }
}

impl Entry {
    /// Reads `key` or `key = value`.
    fn read(tokens: &TokenStream) -> Option<Self> {
        let mut tokens = tokens.clone().into_iter();
        let Some(TokenTree::Ident(key)) = tokens.next() else { return None };
        match tokens.next() {
            None => Some(Self { key, value: None }),
            Some(TokenTree::Punct(equals)) if equals.as_char() == '=' => {
                Some(Self { key, value: Some(tokens.collect()) })
            }
            Some(_) => None,
        }
    }
}

impl Place {
    fn malformed(&self) -> ErrorKind {
        ErrorKind::MalformedAttribute { place: self.name, example: self.example }
    }

    fn known_in_words(&self) -> String {
        let quoted: Vec<_> = self.known.iter().map(|key| format!("`{key}`")).collect();
        match quoted.split_last() {
            Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
            _ => quoted.concat(),
        }
    }
}

/// The non-empty pieces between commas.
fn split_at_commas(tokens: TokenStream) -> Vec<TokenStream> {
    let mut pieces = vec![TokenStream::new()];
    for token in tokens {
        match (&token, pieces.last_mut()) {
            (TokenTree::Punct(comma), _) if comma.as_char() == ',' => pieces.push(TokenStream::new()),
            (_, Some(piece)) => piece.extend([token]),
            (_, None) => {}
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}
