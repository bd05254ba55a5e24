//! JSON as text, up to a length and a depth: a value may be hostile.

use serde_json::Value;

use super::limits;

/// The value is longer or deeper than what is shown.
#[derive(Debug)]
struct TooLong;

#[derive(Debug)]
struct Writer {
    out: String,
    limit: usize,
    /// Each member on a line of its own.
    lines: bool,
}

/// The value on several lines. What is too long or too deep ends in `…`.
pub(super) fn lines(value: &Value) -> String {
    let mut writer = Writer { out: String::new(), limit: limits::JSON, lines: true };
    if writer.value(value, 0).is_err() {
        writer.out.push('…');
    }
    writer.out
}

/// The value on one line, if it has at most `limit` bytes there.
pub(super) fn one_line(value: &Value, limit: usize) -> Option<String> {
    let mut writer = Writer { out: String::new(), limit, lines: false };
    writer.value(value, 0).ok()?;
    Some(writer.out)
}

impl Writer {
    fn value(&mut self, value: &Value, level: usize) -> Result<(), TooLong> {
        if level > limits::JSON_LEVELS {
            return Err(TooLong);
        }
        match value {
            Value::Array(elements) => {
                self.within('[', ']', level, elements, |writer, element| writer.value(element, level + 1))
            }
            Value::Object(members) => self.within('{', '}', level, members, |writer, (name, member)| {
                writer.string(name)?;
                writer.push(": ")?;
                writer.value(member, level + 1)
            }),
            Value::String(text) => self.string(text),
            other => self.push(&other.to_string()),
        }
    }

    fn within<T>(
        &mut self,
        open: char,
        close: char,
        level: usize,
        parts: impl IntoIterator<Item = T>,
        mut part: impl FnMut(&mut Self, T) -> Result<(), TooLong>,
    ) -> Result<(), TooLong> {
        self.push(open.encode_utf8(&mut [0; 4]))?;
        let mut is_empty = true;
        for item in parts {
            if !is_empty {
                self.push(if self.lines { "," } else { ", " })?;
            }
            is_empty = false;
            self.new_line(level + 1)?;
            part(self, item)?;
        }
        if !is_empty {
            self.new_line(level)?;
        }
        self.push(close.encode_utf8(&mut [0; 4]))
    }

    fn new_line(&mut self, level: usize) -> Result<(), TooLong> {
        if !self.lines {
            return Ok(());
        }
        self.push("\n")?;
        self.push(&"  ".repeat(level))
    }

    fn string(&mut self, text: &str) -> Result<(), TooLong> {
        // A text that does not fit is not escaped first.
        if self.out.len() + text.len() > self.limit {
            return Err(TooLong);
        }
        self.push(&Value::from(text).to_string())
    }

    fn push(&mut self, text: &str) -> Result<(), TooLong> {
        if self.out.len() + text.len() > self.limit {
            return Err(TooLong);
        }
        self.out.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_on_one_line_and_on_several() {
        let value = json!({ "a": [1, "x\"y", null], "b": {}, "c": [] });
        assert_eq!(one_line(&value, 100).unwrap(), r#"{"a": [1, "x\"y", null], "b": {}, "c": []}"#);
        let written = lines(&value);
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
        assert_eq!(written.lines().count(), 9, "{written}");
    }

    #[test]
    fn long_and_deep_values_are_cut() {
        assert_eq!(one_line(&json!("0123456789"), 11), None);
        let long = lines(&json!(vec!["text"; 10_000]));
        assert!(long.len() < limits::JSON + 10 && long.ends_with('…'), "{}", long.len());
        let deep = (0..500).fold(json!(1), |inner, _| json!([inner]));
        assert!(lines(&deep).ends_with('…'));
        assert_eq!(one_line(&deep, 10_000), None);
    }
}
