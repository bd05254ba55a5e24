//! Reading values from text.

use std::str::Split;

use serde::de::{DeserializeSeed, Error as _, IntoDeserializer, SeqAccess, Unexpected, Visitor};

use super::error::TextError;

/// How many types of one value may contain each other. A type that contains itself would have no end: it is not limited by
/// the length of the text.
const MAX_DEPTH: u8 = 32;

/// Texts that stand for a value without data.
const NOTHING: [&str; 4] = ["", "None", "null", "nil"];

/// Reads one value, or with a separator several.
pub(super) struct Deserializer<'de, 'a> {
    body: &'de [u8],
    separator: Option<&'a str>,
    depth: u8,
}

impl<'de, 'a> Deserializer<'de, 'a> {
    pub(super) fn new(body: &'de [u8], separator: Option<&'a str>) -> Self {
        Self { body, separator, depth: 0 }
    }

    fn text(&self) -> Result<&'de str, TextError> {
        std::str::from_utf8(self.body).map_err(|_| TextError::new("the text is not UTF-8"))
    }

    /// The same text, as the one value of a type.
    fn inner(self) -> Result<Self, TextError> {
        if self.depth == MAX_DEPTH {
            return Err(TextError::new("the type is nested too deep"));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    /// The values of a type that has `count` of them.
    fn fixed<V: Visitor<'de>>(self, count: usize, visitor: V) -> Result<V::Value, TextError> {
        let depth = self.depth;
        match count {
            0 => {
                self.expect_nothing(&visitor)?;
                visitor.visit_seq(Parts { parts: None, depth })
            }
            1 => visitor.visit_seq(One(Some(self.inner()?))),
            _ => {
                let mut parts = self.parts()?;
                let found = parts.clone().count();
                if found != count {
                    return Err(TextError::invalid_length(found, &visitor));
                }
                visitor.visit_seq(Parts { parts: Some(&mut parts), depth })
            }
        }
    }

    fn parts(&self) -> Result<Split<'de, &'a str>, TextError> {
        match self.separator {
            Some(separator) => Ok(self.text()?.split(separator)),
            None => Err(TextError::new("values in values cannot be read from text")),
        }
    }

    fn expect_nothing<V: Visitor<'de>>(&self, visitor: &V) -> Result<(), TextError> {
        match self.text()? {
            text if NOTHING.contains(&text.trim()) => Ok(()),
            text => Err(TextError::invalid_value(Unexpected::Str(text), visitor)),
        }
    }
}

/// The one value of a type.
struct One<'de, 'a>(Option<Deserializer<'de, 'a>>);

impl<'de> SeqAccess<'de> for One<'de, '_> {
    type Error = TextError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, TextError> {
        self.0.take().map(|value| seed.deserialize(value)).transpose()
    }
}

/// Several values, none of which has a separator.
struct Parts<'p, 'de, 'a> {
    parts: Option<&'p mut Split<'de, &'a str>>,
    depth: u8,
}

impl<'de> SeqAccess<'de> for Parts<'_, 'de, '_> {
    type Error = TextError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, TextError> {
        let Some(part) = self.parts.as_mut().and_then(Iterator::next) else { return Ok(None) };
        let value = Deserializer { body: part.as_bytes(), separator: None, depth: self.depth };
        seed.deserialize(value).map(Some)
    }
}

macro_rules! parsed {
    ($($name:ident, $visit:ident;)+) => {
        $(fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
            let text = self.text()?;
            match text.trim().parse() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(TextError::invalid_value(Unexpected::Str(text), &visitor)),
            }
        })+
    };
}

impl<'de> serde::Deserializer<'de> for Deserializer<'de, '_> {
    type Error = TextError;

    parsed! {
        deserialize_i8, visit_i8;
        deserialize_i16, visit_i16;
        deserialize_i32, visit_i32;
        deserialize_i64, visit_i64;
        deserialize_i128, visit_i128;
        deserialize_u8, visit_u8;
        deserialize_u16, visit_u16;
        deserialize_u32, visit_u32;
        deserialize_u64, visit_u64;
        deserialize_u128, visit_u128;
        deserialize_f32, visit_f32;
        deserialize_f64, visit_f64;
    }

    /// A number if its text is that of one, so that no digit is lost; else a text.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        let text = self.text()?;
        if let Some(number) = text.parse::<i64>().ok().filter(|number| number.to_string() == text) {
            return visitor.visit_i64(number);
        }
        if let Some(number) = text.parse::<u64>().ok().filter(|number| number.to_string() == text) {
            return visitor.visit_u64(number);
        }
        match text.parse::<f64>().ok().filter(|number| format!("{number:?}") == text && number.is_finite()) {
            Some(number) if text.contains('.') => visitor.visit_f64(number),
            _ => visitor.visit_borrowed_str(text),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        let text = self.text()?;
        match text.trim() {
            "true" | "True" | "TRUE" => visitor.visit_bool(true),
            "false" | "False" | "FALSE" => visitor.visit_bool(false),
            _ => Err(TextError::invalid_value(Unexpected::Str(text), &visitor)),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_borrowed_bytes(self.body)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_borrowed_bytes(self.body)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        if self.body.is_empty() { visitor.visit_none() } else { visitor.visit_some(self.inner()?) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        self.expect_nothing(&visitor)?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, TextError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, TextError> {
        visitor.visit_newtype_struct(self.inner()?)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        let depth = self.depth;
        let mut parts = self.parts()?;
        let parts = if self.body.is_empty() { None } else { Some(&mut parts) };
        visitor.visit_seq(Parts { parts, depth })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, count: usize, visitor: V) -> Result<V::Value, TextError> {
        self.fixed(count, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, TextError> {
        self.fixed(count, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, _: V) -> Result<V::Value, TextError> {
        Err(TextError::new("a map cannot be read from text"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TextError> {
        self.fixed(fields.len(), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TextError> {
        visitor.visit_enum(self.text()?.into_deserializer())
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_unit()
    }
}
