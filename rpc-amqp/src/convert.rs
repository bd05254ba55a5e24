//! Converts names and arguments to lapin's types, for what is declared through it.

use lapin::types::{AMQPValue, FieldArray, FieldTable, ShortString};

use crate::{
    encode::EncodeError,
    message::{HeaderValue, Headers},
};

/// Converts a name. `what` names it in the error.
pub(crate) fn short_string(what: &'static str, text: impl Into<String>) -> Result<ShortString, EncodeError> {
    ShortString::try_new(text).map_err(|_| EncodeError::TooLong(what))
}

/// Converts the arguments of a queue, an exchange or a binding.
pub(crate) fn arguments(arguments: &Headers) -> Result<FieldTable, EncodeError> {
    table_to_lapin(arguments.clone())
}

fn table_to_lapin(headers: Headers) -> Result<FieldTable, EncodeError> {
    let mut table = FieldTable::default();
    for (name, value) in headers {
        table.insert(short_string("name of a header", name)?, value_to_lapin(value)?);
    }
    Ok(table)
}

fn value_to_lapin(value: HeaderValue) -> Result<AMQPValue, EncodeError> {
    Ok(match value {
        HeaderValue::Null => AMQPValue::Void,
        HeaderValue::Bool(value) => AMQPValue::Boolean(value),
        HeaderValue::Int(value) => AMQPValue::LongLongInt(value),
        HeaderValue::Float(value) if !value.is_finite() => return Err(EncodeError::NotFinite),
        HeaderValue::Float(value) => AMQPValue::Double(value),
        HeaderValue::Text(text) => AMQPValue::LongString(text.into()),
        HeaderValue::Bytes(bytes) => AMQPValue::ByteArray(bytes.into()),
        HeaderValue::Timestamp(seconds) => AMQPValue::Timestamp(seconds),
        HeaderValue::List(values) => {
            let mut array = FieldArray::default();
            for value in values {
                array.push(value_to_lapin(value)?);
            }
            AMQPValue::FieldArray(array)
        }
        HeaderValue::Table(headers) => AMQPValue::FieldTable(table_to_lapin(headers)?),
        _ => return Err(EncodeError::UnknownType),
    })
}
