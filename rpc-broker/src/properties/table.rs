//! A table of named values that keeps their order and duplicates.

use bytes::{Buf, Bytes};

use super::{Malformed, Value, structure::check_table};

/// A table. Names are at most 255 bytes, of any encoding.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table(Vec<(Bytes, Value)>);

impl Table {
    /// Parses the contents of a table, without its length. Nothing is copied; nested values stay encoded.
    ///
    /// # Errors
    ///
    /// When the bytes are not a table, or a nested value is malformed.
    pub(crate) fn parse(mut contents: Bytes) -> Result<Self, Malformed> {
        check_table(&contents)?;
        let mut entries = Vec::new();
        while contents.has_remaining() {
            let length = usize::from(contents.get_u8());
            let name = contents.split_to(length);
            entries.push((name, Value::take(&mut contents)?));
        }
        Ok(Self(entries))
    }

    /// Appends the contents, without their length.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        for (name, value) in &self.0 {
            out.push(u8::try_from(name.len()).expect("names are short strings"));
            out.extend_from_slice(name);
            value.write(out);
        }
    }

    /// Returns the first value of this name. Later ones are ignored, as with RabbitMQ.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(own, _)| own == name.as_bytes()).map(|(_, value)| value)
    }

    /// Iterates in the order of the encoding, or in the order of [`set`](Self::set).
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Bytes, &Value)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// Replaces the first value of this name, or adds one, and sorts all by name, as RabbitMQ does when it
    /// sets a header.
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        match self.0.iter_mut().find(|(own, _)| own == name.as_bytes()) {
            Some((_, own)) => *own = value,
            None => self.0.push((name_of(name), value)),
        }
        self.sort();
    }

    /// Inserts a value before all others, even if another one has its name.
    pub(crate) fn insert_first(&mut self, name: &str, value: Value) {
        self.0.insert(0, (name_of(name), value));
    }

    /// Removes the first value of this name.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Value> {
        let index = self.0.iter().position(|(own, _)| own == name.as_bytes())?;
        Some(self.0.remove(index).1)
    }

    /// Sorts by name; values of one name keep their order.
    pub(crate) fn sort(&mut self) {
        self.0.sort_by(|(one, _), (other, _)| one.cmp(other));
    }
}

/// Tables as values of other tables.
impl Value {
    pub(crate) fn table(table: &Table) -> Self {
        let mut contents = Vec::new();
        table.write(&mut contents);
        Self::Table(contents.into())
    }

    /// Returns `None` for a value that is not a table, or whose bytes are malformed.
    pub(crate) fn as_table(&self) -> Option<Table> {
        match self {
            Self::Table(contents) => Table::parse(contents.clone()).ok(),
            _ => None,
        }
    }
}

fn name_of(name: &str) -> Bytes {
    assert!(name.len() <= usize::from(u8::MAX), "names are short strings");
    Bytes::copy_from_slice(name.as_bytes())
}

impl<'a> FromIterator<(&'a str, Value)> for Table {
    fn from_iter<I: IntoIterator<Item = (&'a str, Value)>>(entries: I) -> Self {
        Self(entries.into_iter().map(|(name, value)| (name_of(name), value)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(table: &Table) -> Vec<u8> {
        let mut out = Vec::new();
        table.write(&mut out);
        out
    }

    #[test]
    fn every_type_is_preserved() {
        let values = [
            Value::Bool(true),
            Value::I8(-1),
            Value::U8(255),
            Value::I16(-300),
            Value::U16(60_000),
            Value::I32(-70_000),
            Value::U32(4_000_000_000),
            Value::I64(i64::MIN),
            Value::F32(1.5),
            Value::F64(-2.25),
            Value::Decimal { scale: 2, value: 314 },
            Value::LongString(Bytes::from_static(b"\xff\0x")),
            Value::array([&Value::I8(1), &Value::Void]),
            Value::table(&Table::from_iter([("n", Value::text("v"))])),
            Value::Timestamp(u64::MAX),
            Value::Bytes(Bytes::from_static(b"\x01")),
            Value::Void,
        ];
        let table: Table = values.into_iter().map(|value| (value.type_name(), value)).collect();
        let text = format!("{table:?}");
        let again = Table::parse(bytes(&table).into()).unwrap();
        assert_eq!(again, table, "{text}");
        assert_eq!(bytes(&again), bytes(&table));
    }

    #[test]
    fn both_tags_of_long_integers_are_signed() {
        let table = Table::parse(Bytes::from_static(b"\x01aL\xff\xff\xff\xff\xff\xff\xff\xff")).unwrap();
        assert_eq!(table.get("a"), Some(&Value::I64(-1)));
        assert_eq!(bytes(&table), b"\x01al\xff\xff\xff\xff\xff\xff\xff\xff");
    }

    #[test]
    fn order_and_duplicates_stay_until_something_is_set() {
        let mut table = Table::from_iter([
            ("b", Value::I8(1)),
            ("a", Value::I8(2)),
            ("b", Value::I8(3)),
            ("a", Value::I8(4)),
        ]);
        let names = |table: &Table| {
            table.iter().map(|(name, value)| (name.clone(), value.as_integer())).collect::<Vec<_>>()
        };
        let expected = |entries: &[(&'static str, i64)]| -> Vec<_> {
            entries.iter().map(|(name, value)| (Bytes::from_static(name.as_bytes()), Some(*value))).collect()
        };
        let again = Table::parse(bytes(&table).into()).unwrap();
        assert_eq!(names(&again), expected(&[("b", 1), ("a", 2), ("b", 3), ("a", 4)]));
        assert_eq!(again.get("b"), Some(&Value::I8(1)));
        table.set("b", Value::I8(9));
        assert_eq!(names(&table), expected(&[("a", 2), ("a", 4), ("b", 9), ("b", 3)]));
        table.set("aa", Value::I8(5));
        assert_eq!(table.remove("b"), Some(Value::I8(9)));
        table.insert_first("z", Value::I8(0));
        assert_eq!(names(&table), expected(&[("z", 0), ("a", 2), ("a", 4), ("aa", 5), ("b", 3)]));
        assert_eq!(table.remove("nothing"), None);
    }

    #[test]
    fn nested_values_are_parsed_on_demand() {
        let inner = Table::from_iter([("k", Value::array([&Value::text("x"), &Value::text("y")]))]);
        let value = Value::table(&inner);
        assert_eq!(value.as_table(), Some(inner.clone()));
        assert_eq!(value.as_array(), None);
        let array = inner.get("k").and_then(Value::as_array).unwrap();
        assert_eq!(array, [Value::text("x"), Value::text("y")]);
        assert_eq!(Value::Table(Bytes::from_static(b"junk")).as_table(), None);
        assert_eq!(Value::Array(Bytes::from_static(b"S")).as_array(), None);
    }
}
