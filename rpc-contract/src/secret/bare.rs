//! Values as programs without this library encrypt them: a text without quotes, everything else as JSON.

use serde::{
    Deserializer,
    de::{DeserializeOwned, IntoDeserializer, Visitor, value::Error},
    forward_to_deserialize_any,
};

/// Reads a value; `None` if the bytes are not one.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    T::deserialize(Bare { text: str::from_utf8(bytes).ok()? }).ok()
}

struct Bare<'a> {
    text: &'a str,
}

impl<'a> Bare<'a> {
    fn json(self) -> serde_json::Deserializer<serde_json::de::StrRead<'a>> {
        serde_json::Deserializer::from_str(self.text)
    }
}

/// Asks the JSON reader, which must read all of the text.
macro_rules! as_json {
    ($self:ident, $visitor:ident, $method:ident $(, $argument:expr)*) => {{
        let mut json = $self.json();
        let value = json.$method($($argument,)* $visitor).map_err(|_| unreadable())?;
        json.end().map_err(|_| unreadable())?;
        Ok(value)
    }};
}

/// The text of serde's error may quote the value.
fn unreadable() -> Error {
    serde::de::Error::custom("unreadable")
}

macro_rules! forward_to_json {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            as_json!(self, visitor, $method)
        })*
    };
}

impl<'de> Deserializer<'de> for Bare<'de> {
    type Error = Error;

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.text)
    }

    /// A type that takes anything gets the JSON value, or the text if it is not JSON.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(self.text).is_ok();
        if is_json && !self.text.starts_with('"') {
            return as_json!(self, visitor, deserialize_any);
        }
        visitor.visit_borrowed_str(self.text)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.text == "null" { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.text.starts_with('{') {
            return as_json!(self, visitor, deserialize_enum, name, variants);
        }
        visitor.visit_enum(self.text.into_deserializer())
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        as_json!(self, visitor, deserialize_struct, name, fields)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        as_json!(self, visitor, deserialize_tuple, len)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        as_json!(self, visitor, deserialize_tuple_struct, name, len)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        as_json!(self, visitor, deserialize_unit_struct, name)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    forward_to_json! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32
        deserialize_f64 deserialize_bytes deserialize_byte_buf deserialize_unit deserialize_seq
        deserialize_map
    }

    forward_to_deserialize_any! { ignored_any }
}
