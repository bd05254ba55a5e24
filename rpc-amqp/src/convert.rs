//! Converts message properties, headers and names between plain data and lapin's types.

use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldArray, FieldTable, ShortString},
};

use crate::{
    error::BrokerError,
    limits::MAX_SHORT_STRING_BYTES,
    message::{HeaderValue, Headers, Properties},
};

/// The part of a content header frame that is reserved for the other properties: a dozen short strings.
const RESERVED_FOR_PROPERTIES: usize = 3 * 1024;

/// The limit for all headers of a message together. They must fit into one frame: brokers close a connection
/// that sends a larger one.
pub(crate) fn max_header_bytes(frame_max: u32) -> usize {
    (frame_max as usize).saturating_sub(RESERVED_FOR_PROPERTIES)
}

/// A name or property that AMQP cannot carry.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EncodeError {
    #[error("the {0} is longer than AMQP's {max} bytes", max = MAX_SHORT_STRING_BYTES)]
    TooLong(&'static str),
    #[error("the headers have more than the {0} bytes that fit into a frame")]
    TooManyHeaders(usize),
    /// RabbitMQ 3.10 closes the connection when it receives one.
    #[error("a header is a number that is not finite")]
    NotFinite,
}

impl From<EncodeError> for BrokerError {
    fn from(error: EncodeError) -> Self {
        Self::new(None, error.to_string())
    }
}

/// Converts a name or text property. `what` names it in the error.
pub(crate) fn short_string(what: &'static str, text: impl Into<String>) -> Result<ShortString, EncodeError> {
    ShortString::try_new(text).map_err(|_| EncodeError::TooLong(what))
}

/// Converts the properties of a message to publish.
pub(crate) fn to_lapin(
    properties: Properties,
    max_header_bytes: usize,
) -> Result<BasicProperties, EncodeError> {
    let mut written = BasicProperties::default();
    macro_rules! set {
        ($($field:ident $with:ident $name:literal;)+) => {
            $(if let Some(text) = properties.$field {
                written = written.$with(short_string($name, text)?);
            })+
        };
    }
    set! {
        content_type with_content_type "content type";
        content_encoding with_content_encoding "content encoding";
        correlation_id with_correlation_id "correlation id";
        reply_to with_reply_to "reply address";
        expiration with_expiration "expiration";
        message_id with_message_id "message id";
        kind with_type "type";
    }
    if let Some(user_id) = &properties.user_id {
        written = written.with_user_id(short_string("user id", &**user_id)?);
    }
    if let Some(app_id) = &properties.app_id {
        written = written.with_app_id(short_string("application id", &**app_id)?);
    }
    if let Some(headers) = properties.headers {
        if headers.iter().map(|(name, value)| name.len() + size(value)).sum::<usize>() > max_header_bytes {
            return Err(EncodeError::TooManyHeaders(max_header_bytes));
        }
        written = written.with_headers(table_to_lapin(headers)?);
    }
    if let Some(mode) = properties.delivery_mode {
        written = written.with_delivery_mode(mode);
    }
    if let Some(priority) = properties.priority {
        written = written.with_priority(priority);
    }
    if let Some(seconds) = properties.timestamp {
        written = written.with_timestamp(seconds);
    }
    Ok(written)
}

/// The approximate size of a value on the wire.
fn size(value: &HeaderValue) -> usize {
    const OVERHEAD: usize = 9;
    OVERHEAD
        + match value {
            HeaderValue::Text(text) => text.len(),
            HeaderValue::Bytes(bytes) => bytes.len(),
            HeaderValue::List(list) => list.iter().map(size).sum(),
            HeaderValue::Table(table) => table.iter().map(|(name, value)| name.len() + size(value)).sum(),
            _ => 0,
        }
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
    })
}

/// Converts the properties of a delivered message.
pub(crate) fn from_lapin(properties: &BasicProperties) -> Properties {
    let text = |value: &Option<ShortString>| value.as_ref().map(|text| text.as_str().to_owned());
    let shared = |value: &Option<ShortString>| value.as_ref().map(|text| text.as_str().into());
    Properties {
        content_type: text(properties.content_type()),
        content_encoding: text(properties.content_encoding()),
        headers: properties.headers().as_ref().map(table_from_lapin),
        delivery_mode: *properties.delivery_mode(),
        priority: *properties.priority(),
        correlation_id: text(properties.correlation_id()),
        reply_to: text(properties.reply_to()),
        expiration: text(properties.expiration()),
        message_id: text(properties.message_id()),
        timestamp: *properties.timestamp(),
        kind: text(properties.kind()),
        user_id: shared(properties.user_id()),
        app_id: shared(properties.app_id()),
    }
}

fn table_from_lapin(table: &FieldTable) -> Headers {
    table.inner().iter().map(|(name, value)| (name.as_str(), value_from_lapin(value))).collect()
}

fn value_from_lapin(value: &AMQPValue) -> HeaderValue {
    match value {
        AMQPValue::Boolean(value) => HeaderValue::Bool(*value),
        AMQPValue::ShortShortInt(value) => HeaderValue::Int((*value).into()),
        AMQPValue::ShortShortUInt(value) => HeaderValue::Int((*value).into()),
        AMQPValue::ShortInt(value) => HeaderValue::Int((*value).into()),
        AMQPValue::ShortUInt(value) => HeaderValue::Int((*value).into()),
        AMQPValue::LongInt(value) => HeaderValue::Int((*value).into()),
        AMQPValue::LongUInt(value) => HeaderValue::Int((*value).into()),
        AMQPValue::LongLongInt(value) => HeaderValue::Int(*value),
        AMQPValue::Float(value) => HeaderValue::Float((*value).into()),
        AMQPValue::Double(value) => HeaderValue::Float(*value),
        AMQPValue::DecimalValue(decimal) => {
            HeaderValue::Float(f64::from(decimal.value) / 10f64.powi(decimal.scale.into()))
        }
        AMQPValue::ShortString(text) => HeaderValue::Text(text.as_str().to_owned()),
        AMQPValue::LongString(text) => match std::str::from_utf8(text.as_bytes()) {
            Ok(text) => HeaderValue::Text(text.to_owned()),
            Err(_) => HeaderValue::Bytes(text.as_bytes().to_owned()),
        },
        AMQPValue::FieldArray(array) => {
            HeaderValue::List(array.as_slice().iter().map(value_from_lapin).collect())
        }
        AMQPValue::Timestamp(seconds) => HeaderValue::Timestamp(*seconds),
        AMQPValue::FieldTable(table) => HeaderValue::Table(table_from_lapin(table)),
        AMQPValue::ByteArray(bytes) => HeaderValue::Bytes(bytes.as_slice().to_owned()),
        AMQPValue::Void => HeaderValue::Null,
    }
}

/// Converts the arguments of a queue, an exchange or a binding.
pub(crate) fn arguments(arguments: &Headers) -> Result<FieldTable, EncodeError> {
    table_to_lapin(arguments.clone())
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_map, prelude::*};

    use super::*;

    fn value() -> impl Strategy<Value = HeaderValue> {
        let leaf = prop_oneof![
            Just(HeaderValue::Null),
            any::<bool>().prop_map(HeaderValue::Bool),
            any::<i64>().prop_map(HeaderValue::Int),
            (-1e9..1e9).prop_map(HeaderValue::Float),
            ".{0,8}".prop_map(HeaderValue::Text),
            any::<Vec<u8>>().prop_map(HeaderValue::Bytes),
            any::<u64>().prop_map(HeaderValue::Timestamp),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(HeaderValue::List),
                btree_map("[a-z]{1,4}", inner, 0..4)
                    .prop_map(|table| HeaderValue::Table(table.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn properties_survive_the_conversion_both_ways(
            headers in btree_map("[a-z]{1,8}", value(), 0..4), priority: Option<u8>,
        ) {
            let properties = Properties {
                headers: Some(headers.into_iter().collect()),
                priority,
                reply_to: Some("here".into()),
                ..Properties::default()
            };
            prop_assert_eq!(from_lapin(&to_lapin(properties.clone(), 100_000).unwrap()), properties);
        }
    }

    #[test]
    fn names_and_headers_that_do_not_fit_are_refused() {
        let long = Properties { app_id: Some("x".repeat(256).into()), ..Properties::default() };
        assert_eq!(
            to_lapin(long, 100).unwrap_err().to_string(),
            "the application id is longer than AMQP's 255 bytes"
        );
        let wide = Headers::from_iter([("trace", "x".repeat(5_000))]);
        let wide = Properties { headers: Some(wide), ..Properties::default() };
        assert!(matches!(to_lapin(wide, max_header_bytes(8_000)), Err(EncodeError::TooManyHeaders(4_928))));
        for float in [f64::NAN, f64::INFINITY] {
            let headers = Headers::from_iter([("ratio", float)]);
            let endless = Properties { headers: Some(headers), ..Properties::default() };
            assert!(matches!(to_lapin(endless, 100), Err(EncodeError::NotFinite)));
        }
    }
}
