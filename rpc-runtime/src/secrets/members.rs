//! The parts of a body in which members are checked: a member's name, and whether a value is encrypted.

use std::fmt;

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::keyring::Keyring;

/// The functions of a visitor that return the same for all values of a type.
macro_rules! constants {
    ($value:expr; $($kind:ident),*) => { $(constants!(@ $value, $kind);)* };
    (@ $value:expr, str) => { constants!(@ $value, visit_str, &str); };
    (@ $value:expr, bool) => { constants!(@ $value, visit_bool, bool); };
    (@ $value:expr, i64) => { constants!(@ $value, visit_i64, i64); };
    (@ $value:expr, i128) => { constants!(@ $value, visit_i128, i128); };
    (@ $value:expr, u64) => { constants!(@ $value, visit_u64, u64); };
    (@ $value:expr, u128) => { constants!(@ $value, visit_u128, u128); };
    (@ $value:expr, f64) => { constants!(@ $value, visit_f64, f64); };
    (@ $value:expr, bytes) => { constants!(@ $value, visit_bytes, &[u8]); };
    (@ $value:expr, $visit:ident, $type:ty) => {
        fn $visit<E>(self, _: $type) -> Result<Self::Value, E> {
            Ok($value)
        }
    };
}
pub(super) use constants;

/// Reads the key of a member.
pub(super) struct KeyOf<'k>(pub(super) &'k Keyring);

/// The key of a member.
pub(super) enum Key {
    /// A name whose value must be encrypted.
    Protected(String),
    /// Another name.
    Named,
    /// No name, such as a number.
    Other,
}

impl<'de> DeserializeSeed<'de> for KeyOf<'_> {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for KeyOf<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    constants! { Key::Other; bool, i64, i128, u64, u128, f64 }

    fn visit_str<E>(self, name: &str) -> Result<Key, E> {
        let is_protected = self.0.protected_names.iter().any(|protected| protected == name);
        Ok(if is_protected { Key::Protected(name.to_owned()) } else { Key::Named })
    }

    /// serde takes bytes as the name of a field.
    fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<Key, E> {
        str::from_utf8(name).map_or(Ok(Key::Other), |name| self.visit_str(name))
    }

    fn visit_unit<E>(self) -> Result<Key, E> {
        Ok(Key::Other)
    }

    fn visit_none<E>(self) -> Result<Key, E> {
        Ok(Key::Other)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<Key, A::Error> {
        IgnoredAny.visit_seq(values).map(|_| Key::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Key, A::Error> {
        IgnoredAny.visit_map(members).map(|_| Key::Other)
    }
}

/// Reads whether nothing in a value can be read without a key.
#[derive(Clone, Copy)]
pub(super) struct Tokens<'k>(pub(super) &'k Keyring);

impl<'de> DeserializeSeed<'de> for Tokens<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tokens<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    constants! { false; bool, i64, i128, u64, u128, f64, bytes }

    fn visit_str<E>(self, token: &str) -> Result<bool, E> {
        Ok(self.0.open(token).is_ok())
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(true)
    }

    fn visit_none<E>(self) -> Result<bool, E> {
        Ok(true)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<bool, A::Error> {
        let mut are_all = true;
        while let Some(is_encrypted) = values.next_element_seed(self)? {
            are_all &= is_encrypted;
        }
        Ok(are_all)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<bool, A::Error> {
        let mut are_all = true;
        while members.next_key::<IgnoredAny>()?.is_some() {
            are_all &= members.next_value_seed(self)?;
        }
        Ok(are_all)
    }
}
