//! Whether a type is a struct with named fields, which serde also reads from a list of values.

use std::fmt;

use serde::{
    Deserializer,
    de::{DeserializeOwned, Error, Visitor},
    forward_to_deserialize_any,
};

/// A type may be a newtype of an `Option` of itself.
const MAX_DEPTH: u8 = 16;

/// Returns whether `T`, or what is in its newtypes and `Option`s, asks to be read as a struct. Types that ask
/// for anything, such as untagged enums, are not known to be one.
pub(super) fn is_struct<T: DeserializeOwned>() -> bool {
    T::deserialize(Probe { depth: 0 }).is_err_and(|asked| asked.for_struct)
}

/// A deserialiser that has no value, but reports what it is asked for.
struct Probe {
    depth: u8,
}

#[derive(Debug)]
struct Asked {
    for_struct: bool,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no value")
    }
}

impl std::error::Error for Asked {}

impl Error for Asked {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self { for_struct: false }
    }
}

impl Probe {
    fn deeper(self) -> Result<Self, Asked> {
        if self.depth == MAX_DEPTH {
            return Err(Asked { for_struct: false });
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> Deserializer<'de> for Probe {
    type Error = Asked;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Asked> {
        Err(Asked { for_struct: true })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Asked> {
        visitor.visit_newtype_struct(self.deeper()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Asked> {
        visitor.visit_some(self.deeper()?)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Asked> {
        Err(Asked { for_struct: false })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map enum identifier ignored_any
    }
}
