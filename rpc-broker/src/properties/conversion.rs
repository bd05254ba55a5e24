//! Converts headers to amq-protocol's type, to compare them with arguments.

use amq_protocol::types::{AMQPValue, DecimalValue, FieldArray, FieldTable, ShortString};

use super::{Table, Value};

/// The levels of nesting that are converted.
const MAX_DEPTH: usize = 32;

/// Converts a value. Tables become maps, in which the first of several equal names wins. `None` when a name
/// is not UTF-8, or when a value is nested deeper than 32 levels.
pub(crate) fn to_amqp_value(value: &Value) -> Option<AMQPValue> {
    convert(value, MAX_DEPTH)
}

fn convert_table(table: &Table, depth: usize) -> Option<FieldTable> {
    let depth = depth.checked_sub(1)?;
    let mut converted = FieldTable::default();
    for (name, value) in table.iter() {
        let name = std::str::from_utf8(name).ok()?;
        if !converted.contains_key(name) {
            converted.insert(ShortString::from(name), convert(value, depth)?);
        }
    }
    Some(converted)
}

fn convert(value: &Value, depth: usize) -> Option<AMQPValue> {
    Some(match value {
        Value::Bool(value) => AMQPValue::Boolean(*value),
        Value::I8(value) => AMQPValue::ShortShortInt(*value),
        Value::U8(value) => AMQPValue::ShortShortUInt(*value),
        Value::I16(value) => AMQPValue::ShortInt(*value),
        Value::U16(value) => AMQPValue::ShortUInt(*value),
        Value::I32(value) => AMQPValue::LongInt(*value),
        Value::U32(value) => AMQPValue::LongUInt(*value),
        Value::I64(value) => AMQPValue::LongLongInt(*value),
        Value::F32(value) => AMQPValue::Float(*value),
        Value::F64(value) => AMQPValue::Double(*value),
        Value::Decimal { scale, value } => {
            AMQPValue::DecimalValue(DecimalValue { scale: *scale, value: *value })
        }
        Value::LongString(value) => AMQPValue::LongString(value.to_vec().into()),
        Value::Timestamp(value) => AMQPValue::Timestamp(*value),
        Value::Bytes(value) => AMQPValue::ByteArray(value.to_vec().into()),
        Value::Void => AMQPValue::Void,
        Value::Table(_) => AMQPValue::FieldTable(convert_table(&value.as_table()?, depth)?),
        Value::Array(_) => {
            let depth = depth.checked_sub(1)?;
            let values = value.as_array()?;
            let converted: Option<Vec<_>> = values.iter().map(|value| convert(value, depth)).collect();
            AMQPValue::FieldArray(FieldArray::from(converted?))
        }
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn nested(depth: usize) -> Table {
        let mut table = Table::default();
        for _ in 1..depth {
            table = Table::from_iter([("k", Value::table(&table))]);
        }
        table
    }

    #[test]
    fn values_are_converted_and_the_first_of_a_name_counts() {
        let table = Table::from_iter([
            ("a", Value::I8(1)),
            ("a", Value::I8(2)),
            ("list", Value::array([&Value::text("x"), &Value::Void])),
        ]);
        let shown = convert_table(&table, MAX_DEPTH).unwrap();
        assert_eq!(shown.inner()["a"], AMQPValue::ShortShortInt(1));
        let list = vec![AMQPValue::LongString("x".into()), AMQPValue::Void];
        assert_eq!(shown.inner()["list"], AMQPValue::FieldArray(list.into()));
    }

    #[test]
    fn values_that_cannot_be_converted_are_none() {
        assert!(to_amqp_value(&Value::table(&nested(32))).is_some());
        assert!(to_amqp_value(&Value::table(&nested(33))).is_none());
        let table = Table::parse(Bytes::from_static(b"\x01\xffV")).unwrap();
        assert!(to_amqp_value(&Value::table(&table)).is_none());
    }
}
