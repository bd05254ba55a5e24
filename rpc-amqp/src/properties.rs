//! Properties and headers between our plain data and lapin's types.

use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldArray, FieldTable, ShortString},
};

use crate::{
    error::BrokerError,
    message::{HeaderValue, Headers, Properties},
};

/// Room for what stands in a header frame besides the headers: a dozen names of up to 255 bytes.
const ROOM_FOR_PROPERTIES: usize = 3 * 1024;

/// What all headers together may have: they must fit into one frame, and brokers close the connection of who sends more.
pub(crate) fn max_header_bytes(frame_max: u32) -> usize {
    (frame_max as usize).saturating_sub(ROOM_FOR_PROPERTIES)
}

/// Why properties cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unwritable {
    #[error("the {0} is longer than AMQP's 255 bytes")]
    TooLong(&'static str),
    #[error("the headers have more than the {0} bytes that fit into a frame")]
    TooManyHeaders(usize),
    /// RabbitMQ 3.10 closes the connection on it.
    #[error("a header is a number that is not finite")]
    NotFinite,
}

impl Unwritable {
    pub(crate) fn into_broker_error(self) -> BrokerError {
        BrokerError::new(None, self.to_string())
    }
}

pub(crate) fn short(what: &'static str, text: impl Into<String>) -> Result<ShortString, Unwritable> {
    ShortString::try_new(text).map_err(|_| Unwritable::TooLong(what))
}

pub(crate) fn write(properties: Properties, max_header_bytes: usize) -> Result<BasicProperties, Unwritable> {
    let mut written = BasicProperties::default();
    macro_rules! set {
        ($($field:ident $with:ident $name:literal;)+) => {
            $(if let Some(text) = properties.$field {
                written = written.$with(short($name, text)?);
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
        written = written.with_user_id(short("user id", &**user_id)?);
    }
    if let Some(app_id) = &properties.app_id {
        written = written.with_app_id(short("application id", &**app_id)?);
    }
    if let Some(headers) = properties.headers {
        if headers.iter().map(|(name, value)| name.len() + size(value)).sum::<usize>() > max_header_bytes {
            return Err(Unwritable::TooManyHeaders(max_header_bytes));
        }
        written = written.with_headers(write_table(headers)?);
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

/// About the bytes a value takes on the wire.
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

fn write_table(headers: Headers) -> Result<FieldTable, Unwritable> {
    let mut table = FieldTable::default();
    for (name, value) in headers {
        table.insert(short("name of a header", name)?, write_value(value)?);
    }
    Ok(table)
}

fn write_value(value: HeaderValue) -> Result<AMQPValue, Unwritable> {
    Ok(match value {
        HeaderValue::Null => AMQPValue::Void,
        HeaderValue::Bool(value) => AMQPValue::Boolean(value),
        HeaderValue::Int(value) => AMQPValue::LongLongInt(value),
        HeaderValue::Float(value) if !value.is_finite() => return Err(Unwritable::NotFinite),
        HeaderValue::Float(value) => AMQPValue::Double(value),
        HeaderValue::Text(text) => AMQPValue::LongString(text.into()),
        HeaderValue::Bytes(bytes) => AMQPValue::ByteArray(bytes.into()),
        HeaderValue::Timestamp(seconds) => AMQPValue::Timestamp(seconds),
        HeaderValue::List(values) => {
            let mut array = FieldArray::default();
            for value in values {
                array.push(write_value(value)?);
            }
            AMQPValue::FieldArray(array)
        }
        HeaderValue::Table(headers) => AMQPValue::FieldTable(write_table(headers)?),
    })
}

pub(crate) fn read(properties: &BasicProperties) -> Properties {
    let text = |value: &Option<ShortString>| value.as_ref().map(|text| text.as_str().to_owned());
    let shared = |value: &Option<ShortString>| value.as_ref().map(|text| text.as_str().into());
    Properties {
        content_type: text(properties.content_type()),
        content_encoding: text(properties.content_encoding()),
        headers: properties.headers().as_ref().map(read_table),
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

fn read_table(table: &FieldTable) -> Headers {
    table.inner().iter().map(|(name, value)| (name.as_str(), read_value(value))).collect()
}

fn read_value(value: &AMQPValue) -> HeaderValue {
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
        AMQPValue::FieldArray(array) => HeaderValue::List(array.as_slice().iter().map(read_value).collect()),
        AMQPValue::Timestamp(seconds) => HeaderValue::Timestamp(*seconds),
        AMQPValue::FieldTable(table) => HeaderValue::Table(read_table(table)),
        AMQPValue::ByteArray(bytes) => HeaderValue::Bytes(bytes.as_slice().to_owned()),
        AMQPValue::Void => HeaderValue::Null,
    }
}

/// Queue and exchange arguments.
pub(crate) fn arguments(arguments: &Headers) -> Result<FieldTable, Unwritable> {
    write_table(arguments.clone())
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
        fn what_is_written_is_read(headers in btree_map("[a-z]{1,8}", value(), 0..4), kind: Option<u8>) {
            let properties = Properties {
                headers: Some(headers.into_iter().collect()),
                priority: kind,
                reply_to: Some("here".into()),
                ..Properties::default()
            };
            prop_assert_eq!(read(&write(properties.clone(), 100_000).unwrap()), properties);
        }
    }

    #[test]
    fn names_and_headers_that_do_not_fit_are_refused() {
        let long = Properties { app_id: Some("x".repeat(256).into()), ..Properties::default() };
        assert_eq!(
            write(long, 100).unwrap_err().to_string(),
            "the application id is longer than AMQP's 255 bytes"
        );
        let wide = Headers::from_iter([("trace", "x".repeat(5_000))]);
        let wide = Properties { headers: Some(wide), ..Properties::default() };
        assert!(matches!(write(wide, max_header_bytes(8_000)), Err(Unwritable::TooManyHeaders(4_928))));
        for float in [f64::NAN, f64::INFINITY] {
            let headers = Headers::from_iter([("ratio", float)]);
            let endless = Properties { headers: Some(headers), ..Properties::default() };
            assert!(matches!(write(endless, 100), Err(Unwritable::NotFinite)));
        }
    }
}
