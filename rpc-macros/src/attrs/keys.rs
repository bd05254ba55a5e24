//! Parses `key = value, flag`, the form that all attributes share. Changes when the form of a value does.

use std::time::Duration;

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Ident, LitInt, LitStr, Meta, Path, parse::Parser};

use super::{
    duration::parse_duration,
    json::{DEPTH_LIMIT, NotJson, parse_json},
};
use crate::{
    diagnostics::{ErrorKind, Errors},
    names,
};

/// Declares the keys of one attribute: a struct with a field for each, and a table of their names for
/// messages.
macro_rules! attribute_keys {
    (
        $(#[$doc:meta])*
        $name:ident: $place:literal, such as $example:literal;
        $( $field:ident: $ty:ty = $value:ident($key:literal $(, $value_example:literal)?), )+
    ) => {
        $(#[$doc])*
        pub(crate) struct $name {
            $( pub(crate) $field: Option<$ty>, )+
        }

        const TABLE: KeyTable = KeyTable { place: $place, example: $example, known: &[$( $key ),+] };

        impl $name {
            /// Takes the value of each key, and reports those of the wrong form.
            fn take(mut keys: Keys, errors: &mut Errors) -> Self {
                Self { $( $field: keys.$value($key, $( $value_example, )? errors), )+ }
            }
        }
    };
}

pub(super) use attribute_keys;

/// The known keys of an attribute, and its wording in messages.
pub(super) struct KeyTable {
    /// The attribute, and the item that it is on.
    pub(super) place: &'static str,
    /// A correct use of the attribute.
    pub(super) example: &'static str,
    pub(super) known: &'static [&'static str],
}

/// The keys found on one item: known ones only, each at most once.
pub(super) struct Keys {
    entries: Vec<Entry>,
}

/// A key that may stand alone or have a string as its value.
pub(crate) struct FlagOrString {
    pub(crate) value: Option<LitStr>,
}

/// JSON that was written as tokens.
pub(crate) struct Json {
    pub(crate) text: String,
    /// The tokens, to report errors at.
    pub(crate) at: TokenStream,
}

struct Entry {
    key: Ident,
    value: Option<TokenStream>,
}

impl Keys {
    /// Parses all `attributes` of one item as if they were one.
    pub(super) fn of_attributes(attributes: &[Attribute], table: &KeyTable, errors: &mut Errors) -> Self {
        let mut keys = Self { entries: Vec::new() };
        for attribute in attributes {
            match &attribute.meta {
                Meta::Path(_) => {}
                Meta::List(list) => keys.parse(list.tokens.clone(), table, errors),
                Meta::NameValue(_) => errors.at(attribute, table.malformed()),
            }
        }
        keys
    }

    /// Parses the arguments of one attribute.
    pub(super) fn of_arguments(arguments: TokenStream, table: &KeyTable, errors: &mut Errors) -> Self {
        let mut keys = Self { entries: Vec::new() };
        keys.parse(arguments, table, errors);
        keys
    }

    /// The key's value, which must be a string.
    pub(super) fn string(
        &mut self,
        key: &'static str,
        example: &'static str,
        errors: &mut Errors,
    ) -> Option<LitStr> {
        let expected = || ErrorKind::StringExpected { key, example };
        self.value(key, |value| syn::parse2(value).ok(), expected, errors)
    }

    /// The key's value, which must be a string that holds a timeout above zero.
    pub(super) fn timeout(
        &mut self,
        key: &'static str,
        example: &'static str,
        errors: &mut Errors,
    ) -> Option<Duration> {
        let string = self.string(key, example, errors)?;
        let timeout = parse_duration(&string.value());
        if timeout.is_none() {
            errors.at(&string, ErrorKind::TimeoutFormat { timeout: string.value() });
        }
        timeout
    }

    /// The key's value, which must be JSON that `serde_json` reads.
    pub(super) fn json(
        &mut self,
        key: &'static str,
        example: &'static str,
        errors: &mut Errors,
    ) -> Option<Json> {
        let expected = || ErrorKind::JsonExpected { key, example };
        let value = self.value(key, Some, expected, errors)?;
        let error = match parse_json(value.clone()) {
            Ok(text) => return Some(Json { text, at: value }),
            Err(NotJson::Syntax) => expected(),
            Err(NotJson::LargeNumber(number)) => ErrorKind::LargeNumber { key, number },
            Err(NotJson::Deep) => ErrorKind::DeepJson { key, limit: DEPTH_LIMIT },
        };
        errors.at(value, error);
        None
    }

    /// The key's value, which must be the name of a type.
    pub(super) fn type_name(&mut self, key: &'static str, errors: &mut Errors) -> Option<Ident> {
        self.value(key, |value| syn::parse2(value).ok(), || ErrorKind::TypeNameExpected { key }, errors)
    }

    /// The key's value, which must be a path or a string that holds one.
    pub(super) fn path(&mut self, key: &'static str, errors: &mut Errors) -> Option<Path> {
        let parse = |value: TokenStream| match syn::parse2::<LitStr>(value.clone()) {
            Ok(string) => string.parse_with(Path::parse_mod_style).ok(),
            Err(_) => Path::parse_mod_style.parse2(value).ok(),
        };
        self.value(key, parse, || ErrorKind::PathExpected { key }, errors)
    }

    /// The key itself, if it is present; it takes no value.
    pub(super) fn flag(&mut self, key: &'static str, errors: &mut Errors) -> Option<Ident> {
        let entry = self.take(key)?;
        if let Some(value) = entry.value {
            errors.at(value, ErrorKind::FlagWithValue { key });
        }
        Some(entry.key)
    }

    /// The key, which stands alone or has a string as its value.
    pub(super) fn flag_or_string(
        &mut self,
        key: &'static str,
        example: &'static str,
        errors: &mut Errors,
    ) -> Option<FlagOrString> {
        let stands_alone = self.entries.iter().any(|entry| entry.key == key && entry.value.is_none());
        if stands_alone {
            return self.take(key).map(|_| FlagOrString { value: None });
        }
        self.string(key, example, errors).map(|value| FlagOrString { value: Some(value) })
    }

    /// The key's value, which must be a whole number.
    pub(super) fn number(
        &mut self,
        key: &'static str,
        example: &'static str,
        errors: &mut Errors,
    ) -> Option<LitInt> {
        let expected = || ErrorKind::NumberExpected { key, example };
        self.value(key, |value| syn::parse2(value).ok(), expected, errors)
    }

    fn value<T>(
        &mut self,
        key: &str,
        parse: impl FnOnce(TokenStream) -> Option<T>,
        expected: impl FnOnce() -> ErrorKind,
        errors: &mut Errors,
    ) -> Option<T> {
        let entry = self.take(key)?;
        let Some(value) = entry.value.filter(|value| !value.is_empty()) else {
            errors.at(entry.key, expected());
            return None;
        };
        let parsed = parse(value.clone());
        if parsed.is_none() {
            errors.at(value, expected());
        }
        parsed
    }

    fn take(&mut self, key: &str) -> Option<Entry> {
        let position = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(position))
    }

    fn parse(&mut self, tokens: TokenStream, table: &KeyTable, errors: &mut Errors) {
        for tokens in split_at_commas(tokens) {
            match Entry::parse(&tokens) {
                Some(entry) => self.add(entry, table, errors),
                None => errors.at(tokens, table.malformed()),
            }
        }
    }

    fn add(&mut self, entry: Entry, table: &KeyTable, errors: &mut Errors) {
        let key = names::unraw(&entry.key);
        let Some(key) = table.known.iter().copied().find(|known| **known == key) else {
            let known = table.known_in_words();
            return errors.at(entry.key, ErrorKind::UnknownKey { unknown: key, place: table.place, known });
        };
        if self.entries.iter().any(|earlier| earlier.key == key) {
            return errors.at(entry.key, ErrorKind::DuplicateKey { key });
        }
        self.entries.push(entry);
    }
}

impl Entry {
    /// Parses `key` or `key = value`.
    fn parse(tokens: &TokenStream) -> Option<Self> {
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

impl KeyTable {
    fn malformed(&self) -> ErrorKind {
        ErrorKind::MalformedAttribute { place: self.place, example: self.example }
    }

    fn known_in_words(&self) -> String {
        let quoted: Vec<_> = self.known.iter().map(|key| format!("`{key}`")).collect();
        match quoted.split_last() {
            Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
            _ => quoted.concat(),
        }
    }
}

/// The non-empty token lists between commas.
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
