//! A value in a table, with RabbitMQ's type tags.

use bytes::{Buf, BufMut, Bytes};

use super::{
    Malformed,
    structure::{check_array, value_length},
};

/// A value. Nested tables and arrays stay encoded until they are read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Bool(bool),
    I8(i8),
    U8(u8),
    I16(i16),
    U16(u16),
    I32(i32),
    U32(u32),
    I64(i64),
    F32(f32),
    F64(f64),
    Decimal {
        scale: u8,
        value: u32,
    },
    LongString(Bytes),
    /// The encoded values, without the length prefix.
    Array(Bytes),
    /// The encoded entries, without the length prefix.
    Table(Bytes),
    Timestamp(u64),
    Bytes(Bytes),
    Void,
}

impl Value {
    pub(crate) fn text(text: &str) -> Self {
        Self::LongString(Bytes::copy_from_slice(text.as_bytes()))
    }

    pub(crate) fn array<'a>(values: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut contents = Vec::new();
        for value in values {
            value.write(&mut contents);
        }
        Self::Array(contents.into())
    }

    /// Returns `None` for any other type.
    pub(crate) fn as_long_string(&self) -> Option<&Bytes> {
        match self {
            Self::LongString(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Returns `None` for a value that is not an array, or whose bytes are malformed.
    pub(crate) fn as_array(&self) -> Option<Vec<Self>> {
        let Self::Array(contents) = self else { return None };
        check_array(contents).ok()?;
        let mut contents = contents.clone();
        let mut values = Vec::new();
        while contents.has_remaining() {
            values.push(Self::take(&mut contents).ok()?);
        }
        Some(values)
    }

    /// Returns an integer of any width.
    pub(crate) fn as_integer(&self) -> Option<i64> {
        match *self {
            Self::I8(number) => Some(number.into()),
            Self::U8(number) => Some(number.into()),
            Self::I16(number) => Some(number.into()),
            Self::U16(number) => Some(number.into()),
            Self::I32(number) => Some(number.into()),
            Self::U32(number) => Some(number.into()),
            Self::I64(number) => Some(number),
            _ => None,
        }
    }

    /// RabbitMQ's name of the type.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Bool(_) => "bool",
            Self::I8(_) => "byte",
            Self::U8(_) => "unsignedbyte",
            Self::I16(_) => "short",
            Self::U16(_) => "unsignedshort",
            Self::I32(_) => "signedint",
            Self::U32(_) => "unsignedint",
            Self::I64(_) => "long",
            Self::F32(_) => "float",
            Self::F64(_) => "double",
            Self::Decimal { .. } => "decimal",
            Self::LongString(_) => "longstr",
            Self::Array(_) => "array",
            Self::Table(_) => "table",
            Self::Timestamp(_) => "timestamp",
            Self::Bytes(_) => "binary",
            Self::Void => "void",
        }
    }

    /// Removes one value, with its tag, from the front. Nested values are not parsed.
    pub(super) fn take(bytes: &mut Bytes) -> Result<Self, Malformed> {
        let (&tag, rest) = bytes.split_first().ok_or(Malformed::Truncated)?;
        let length = value_length(tag, rest)?;
        bytes.advance(1);
        let mut value = bytes.split_to(length);
        Ok(match tag {
            b't' => Self::Bool(value.get_u8() != 0),
            b'b' => Self::I8(value.get_i8()),
            b'B' => Self::U8(value.get_u8()),
            b's' => Self::I16(value.get_i16()),
            b'u' => Self::U16(value.get_u16()),
            b'I' => Self::I32(value.get_i32()),
            b'i' => Self::U32(value.get_u32()),
            // RabbitMQ reads both as signed.
            b'l' | b'L' => Self::I64(value.get_i64()),
            b'f' => Self::F32(value.get_f32()),
            b'd' => Self::F64(value.get_f64()),
            b'D' => Self::Decimal { scale: value.get_u8(), value: value.get_u32() },
            b'S' => Self::LongString(value.split_off(4)),
            b'A' => Self::Array(value.split_off(4)),
            b'F' => Self::Table(value.split_off(4)),
            b'T' => Self::Timestamp(value.get_u64()),
            b'x' => Self::Bytes(value.split_off(4)),
            b'V' => Self::Void,
            unknown => return Err(Malformed::UnknownType(unknown)),
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Bool(value) => out.extend_from_slice(&[b't', u8::from(*value)]),
            Self::I8(value) => put(out, b'b', value.to_be_bytes()),
            Self::U8(value) => put(out, b'B', value.to_be_bytes()),
            Self::I16(value) => put(out, b's', value.to_be_bytes()),
            Self::U16(value) => put(out, b'u', value.to_be_bytes()),
            Self::I32(value) => put(out, b'I', value.to_be_bytes()),
            Self::U32(value) => put(out, b'i', value.to_be_bytes()),
            Self::I64(value) => put(out, b'l', value.to_be_bytes()),
            Self::F32(value) => put(out, b'f', value.to_be_bytes()),
            Self::F64(value) => put(out, b'd', value.to_be_bytes()),
            Self::Timestamp(value) => put(out, b'T', value.to_be_bytes()),
            Self::Decimal { scale, value } => {
                put(out, b'D', [*scale]);
                out.put_u32(*value);
            }
            Self::LongString(value) => put_long(out, b'S', value),
            Self::Array(contents) => put_long(out, b'A', contents),
            Self::Table(contents) => put_long(out, b'F', contents),
            Self::Bytes(value) => put_long(out, b'x', value),
            Self::Void => out.push(b'V'),
        }
    }
}

fn put<const N: usize>(out: &mut Vec<u8>, tag: u8, value: [u8; N]) {
    out.push(tag);
    out.extend_from_slice(&value);
}

fn put_long(out: &mut Vec<u8>, tag: u8, contents: &[u8]) {
    out.push(tag);
    out.put_u32(u32::try_from(contents.len()).expect("values are far smaller than 4 GiB"));
    out.extend_from_slice(contents);
}
