//! Writing values as text.

use serde::{
    Serialize, Serializer,
    ser::{Impossible, SerializeSeq, SerializeStruct, SerializeTuple, SerializeTupleStruct},
};

use super::error::TextError;

/// The body of a value. `separator` stands between values; without one there is one value.
pub(super) fn to_text<T: Serialize + ?Sized>(
    value: &T,
    separator: Option<&str>,
) -> Result<Vec<u8>, TextError> {
    Ok(value.serialize(ValueWriter { separator })?.text)
}

/// Writes one value, or with a separator several.
#[derive(Clone, Copy)]
struct ValueWriter<'a> {
    separator: Option<&'a str>,
}

/// What is written of a value.
struct Written {
    text: Vec<u8>,
    /// It is read by its separators, also if there is none in it, as in a sequence of one value.
    is_several: bool,
}

/// Several values, as they are written.
enum Values<'a> {
    /// A type of one value: whatever that is, it is the whole text.
    One { separator: Option<&'a str>, written: Option<Written> },
    /// Each is written without a separator.
    Several { separator: &'a str, parts: Vec<Vec<u8>>, is_sequence: bool },
}

impl<'a> ValueWriter<'a> {
    /// Values whose number the type says, without those that serde skips.
    fn fixed(self, count: usize) -> Result<Values<'a>, TextError> {
        match count {
            1 => Ok(Values::One { separator: self.separator, written: None }),
            _ => self.several(count, false),
        }
    }

    fn several(self, count: usize, is_sequence: bool) -> Result<Values<'a>, TextError> {
        let parts = Vec::new();
        match self.separator {
            Some(separator) => Ok(Values::Several { separator, parts, is_sequence }),
            // Nothing is between them.
            None if count == 0 && !is_sequence => Ok(Values::One { separator: None, written: None }),
            None => Err(in_values()),
        }
    }
}

impl Values<'_> {
    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), TextError> {
        match self {
            Self::One { written: Some(_), .. } => return Err(in_values()),
            Self::One { separator, written } => {
                *written = Some(value.serialize(ValueWriter { separator: *separator })?);
            }
            Self::Several { parts, .. } => parts.push(to_text(value, None)?),
        }
        Ok(())
    }

    /// Writes the place of a value that serde skips: values are told apart by their positions.
    fn skip(&mut self) -> Result<(), TextError> {
        if let Self::One { separator: Some(separator), written } = self {
            // A value that is skipped is not counted, so that there are more than the one that was announced.
            let separator = *separator;
            let parts = match written.take() {
                None => Vec::new(),
                Some(Written { is_several: true, .. }) => return Err(in_values()),
                Some(Written { text, .. }) => vec![text],
            };
            *self = Self::Several { separator, parts, is_sequence: false };
        }
        self.add(&())
    }

    fn finish(self) -> Result<Written, TextError> {
        let (separator, parts, is_sequence) = match self {
            Self::One { written, .. } => return Ok(written.unwrap_or_else(|| Written::one(""))),
            Self::Several { separator, parts, is_sequence } => (separator.as_bytes(), parts, is_sequence),
        };
        let is_several = is_sequence || parts.len() > 1;
        let has_separator = |part: &Vec<u8>| part.windows(separator.len()).any(|window| window == separator);
        if parts.iter().any(has_separator) {
            return Err(TextError::new("one of several values contains the separator"));
        }
        if is_sequence && parts.len() == 1 && parts[0].is_empty() {
            return Err(TextError::new("an empty text would be read as an empty sequence"));
        }
        Ok(Written { text: parts.join(separator), is_several })
    }
}

impl Written {
    fn one(text: impl Into<Vec<u8>>) -> Self {
        Self { text: text.into(), is_several: false }
    }
}

fn in_values() -> TextError {
    TextError::new("values in values cannot be written as text")
}

fn refuse<T>(what: &str) -> Result<T, TextError> {
    Err(TextError::new(format!("{what} cannot be written as text")))
}

macro_rules! as_text {
    ($($name:ident: $type:ty, $value:ident => $text:expr;)+) => {
        $(fn $name(self, $value: $type) -> Result<Written, TextError> {
            Ok(Written::one($text))
        })+
    };
}

impl<'a> Serializer for ValueWriter<'a> {
    type Ok = Written;
    type Error = TextError;
    type SerializeSeq = Values<'a>;
    type SerializeTuple = Values<'a>;
    type SerializeTupleStruct = Values<'a>;
    type SerializeTupleVariant = Impossible<Written, TextError>;
    type SerializeMap = Impossible<Written, TextError>;
    type SerializeStruct = Values<'a>;
    type SerializeStructVariant = Impossible<Written, TextError>;

    as_text! {
        serialize_bool: bool, value => value.to_string();
        serialize_i8: i8, value => value.to_string();
        serialize_i16: i16, value => value.to_string();
        serialize_i32: i32, value => value.to_string();
        serialize_i64: i64, value => value.to_string();
        serialize_i128: i128, value => value.to_string();
        serialize_u8: u8, value => value.to_string();
        serialize_u16: u16, value => value.to_string();
        serialize_u32: u32, value => value.to_string();
        serialize_u64: u64, value => value.to_string();
        serialize_u128: u128, value => value.to_string();
        // With a point or an exponent, as other languages tell floats from integers.
        serialize_f32: f32, value => format!("{value:?}");
        serialize_f64: f64, value => format!("{value:?}");
        serialize_char: char, value => value.to_string();
        serialize_str: &str, value => value;
        serialize_bytes: &[u8], value => value;
    }

    fn serialize_none(self) -> Result<Written, TextError> {
        Ok(Written::one(""))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Written, TextError> {
        let written = value.serialize(self)?;
        if written.text.is_empty() {
            return Err(TextError::new("an empty text would be read as `None`"));
        }
        Ok(written)
    }

    fn serialize_unit(self) -> Result<Written, TextError> {
        Ok(Written::one(""))
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Written, TextError> {
        Ok(Written::one(""))
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Written, TextError> {
        Ok(Written::one(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Written, TextError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: &T,
    ) -> Result<Written, TextError> {
        refuse(&format!("the variant `{variant}`, which has data,"))
    }

    fn serialize_seq(self, count: Option<usize>) -> Result<Values<'a>, TextError> {
        self.several(count.unwrap_or_default(), true)
    }

    fn serialize_tuple(self, count: usize) -> Result<Values<'a>, TextError> {
        self.fixed(count)
    }

    fn serialize_tuple_struct(self, _: &'static str, count: usize) -> Result<Values<'a>, TextError> {
        self.fixed(count)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, TextError> {
        refuse(&format!("the variant `{variant}`, which has data,"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, TextError> {
        refuse("a map")
    }

    fn serialize_struct(self, _: &'static str, count: usize) -> Result<Values<'a>, TextError> {
        self.fixed(count)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, TextError> {
        refuse(&format!("the variant `{variant}`, which has data,"))
    }
}

macro_rules! of_values {
    ($($sequence:ident: $add:ident;)+) => {$(
        impl $sequence for Values<'_> {
            type Ok = Written;
            type Error = TextError;

            fn $add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), TextError> {
                self.add(value)
            }

            fn end(self) -> Result<Written, TextError> {
                self.finish()
            }
        }
    )+};
}

of_values! {
    SerializeSeq: serialize_element;
    SerializeTuple: serialize_element;
    SerializeTupleStruct: serialize_field;
}

impl SerializeStruct for Values<'_> {
    type Ok = Written;
    type Error = TextError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        _: &'static str,
        value: &T,
    ) -> Result<(), TextError> {
        self.add(value)
    }

    fn skip_field(&mut self, _: &'static str) -> Result<(), TextError> {
        self.skip()
    }

    fn end(self) -> Result<Written, TextError> {
        self.finish()
    }
}
