//! Replies that are texts, or empty.

use amqp_rpc_runtime::{
    codec::{Codec, CodecError, Decoding, Encodable},
    dialect::SmolStr,
};
use serde::{
    Deserializer,
    de::{IntoDeserializer, Visitor, value::Error},
    forward_to_deserialize_any,
};

/// The codec of replies that are texts, or empty: what is handed to calls with its [`CONTENT_TYPE`](Self::CONTENT_TYPE). An
/// empty body is null, or an empty text. Nothing is written by it.
#[derive(Debug)]
pub(crate) struct PlainText;

impl PlainText {
    pub(crate) const CONTENT_TYPE: SmolStr = SmolStr::new_static(TEXT_PLAIN);
}

const TEXT_PLAIN: &str = "text/plain";

impl Codec for PlainText {
    fn content_type(&self) -> &'static str {
        TEXT_PLAIN
    }

    fn encode(&self, _: Encodable<'_>) -> Result<Vec<u8>, CodecError> {
        Err("requests are written in JSON".into())
    }

    fn decode(&self, body: &[u8], value: Decoding<'_>) -> Result<(), CodecError> {
        Ok(value.read(Text(std::str::from_utf8(body)?))?)
    }
}

/// A text as a value of serde.
struct Text<'de>(&'de str);

impl<'de> Deserializer<'de> for Text<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_empty() { visitor.visit_unit() } else { visitor.visit_borrowed_str(self.0) }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_bytes(self.0.as_bytes())
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_bytes(self.0.as_bytes())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_empty() { visitor.visit_none() } else { visitor.visit_some(self) }
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
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self.0.into_deserializer())
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, de::DeserializeOwned};
    use serde_json::Value;

    use super::*;

    fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
        T::deserialize(Text(text)).map_err(|error| error.to_string())
    }

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    struct Name(String);

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    enum Colour {
        Red,
    }

    #[test]
    fn a_text_is_what_it_is_whatever_it_looks_like() {
        assert_eq!(read::<String>("30").as_deref(), Ok("30"));
        assert_eq!(read::<String>("\"héllo\"").as_deref(), Ok("\"héllo\""));
        assert_eq!(read::<Option<Name>>("x"), Ok(Some(Name("x".to_owned()))));
        assert_eq!(read::<Colour>("Red"), Ok(Colour::Red));
        assert_eq!(read::<Value>("30"), Ok(Value::from("30")));
        for error in [read::<u64>("30").unwrap_err(), read::<bool>("true").unwrap_err()] {
            assert!(error.starts_with("invalid type: string"), "{error}");
        }
    }

    #[test]
    fn nothing_is_null_or_an_empty_text() {
        assert_eq!(
            (read::<()>(""), read::<Option<u64>>(""), read::<Value>("")),
            (Ok(()), Ok(None), Ok(Value::Null))
        );
        assert_eq!(read::<String>("").as_deref(), Ok(""));
        assert!(read::<u64>("").unwrap_err().starts_with("invalid type: unit"));
    }
}
