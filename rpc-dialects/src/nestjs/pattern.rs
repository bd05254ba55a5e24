//! The patterns by which `NestJS` finds the handler of a message.

use std::collections::BTreeMap;

use amqp_rpc_runtime::dialect::Unsupported;
use serde_json::Value;

use crate::json::{object, quoted};

/// The longest pattern of a method, as the member of a packet.
const MAX_BYTES: usize = 1024;
/// The longest pattern of a packet that is looked at: the longest of a method, in which each letter is an escape such as
/// `\u0061`.
const MAX_READ_BYTES: usize = 6 * MAX_BYTES;
/// `NestJS` writes nothing of what lies deeper.
const MAX_DEPTH: usize = 5;

/// A pattern, in the one form in which equal ones are equal: a text, or an object whose keys have no order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    Text(String),
    /// The JSON of the object, with its keys sorted.
    Object(String),
}

impl Pattern {
    /// The pattern of this text, which may be the JSON of an object.
    pub(super) fn of_text(text: &str) -> Self {
        match serde_json::from_str(text) {
            Ok(Value::Object(members)) => Self::Object(sorted(&Value::Object(members))),
            _ => Self::Text(text.to_owned()),
        }
    }

    /// The pattern `{member: name}`.
    pub(super) fn of_member(member: &str, name: &str) -> Self {
        Self::Object(object([(member, &*quoted(name))]))
    }

    /// Reads the pattern of a packet. `None` for what is none, and for one that is longer than any method's: what is read
    /// becomes many times as large, and anybody may send it.
    pub(super) fn read(json: &str) -> Option<Self> {
        if json.len() > MAX_READ_BYTES {
            return None;
        }
        match serde_json::from_str(json).ok()? {
            Value::String(text) => Some(Self::of_text(&text)),
            Value::Number(number) => Some(Self::Text(number.to_string())),
            pattern @ Value::Object(_) => Some(Self::Object(sorted(&pattern))),
            _ => None,
        }
    }

    /// The pattern as a member of a packet.
    pub(super) fn json(&self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Object(json) => json.clone(),
        }
    }

    /// The pattern as a text.
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Text(text) | Self::Object(text) => text,
        }
    }

    /// # Errors
    /// When the pattern of this method is so long that a server might not read it.
    pub(super) fn check_length(&self, method: &str) -> Result<(), Unsupported> {
        if self.json().len() > MAX_BYTES {
            return Err(Unsupported::new(format!(
                "the pattern of `{method}` has more than {MAX_BYTES} bytes"
            )));
        }
        Ok(())
    }

    /// The pattern as the routing key of this method.
    ///
    /// # Errors
    /// When `NestJS` may have another one.
    pub(super) fn routing_key_of(&self, method: &str) -> Result<&str, Unsupported> {
        if let Self::Object(json) = self
            && !serde_json::from_str(json).is_ok_and(|pattern: Value| is_written_alike(&pattern, MAX_DEPTH))
        {
            return Err(Unsupported::new(format!(
                "the pattern {json} of `{method}` is a routing key, which NestJS may write in another way; use lowercase \
                 ASCII letters and digits for several keys, and plain texts, integers and booleans"
            )));
        }
        let (Self::Text(text) | Self::Object(text)) = self;
        Ok(text)
    }
}

/// Returns whether `NestJS` writes a pattern as it is written here; else its queue would be bound by another text. It sorts
/// keys by the locale of its process, writes arrays as objects, escapes less, and cuts what is deep. Lowercase ASCII has one
/// order in nearly all locales: not in those where `z` is before `t` (Estonian), or `ch` and `aa` are letters.
fn is_written_alike(pattern: &Value, depth: usize) -> bool {
    let is_plain =
        |text: &str| !text.contains(|letter: char| matches!(letter, '"' | '\\') || letter.is_control());
    match pattern {
        Value::Object(members) => {
            let is_sorted_alike =
                |key: &str| key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
            let is_key = |key: &String| is_plain(key) && (members.len() == 1 || is_sorted_alike(key));
            let is_value = |value| depth > 0 && is_written_alike(value, depth - 1);
            members.keys().all(is_key) && members.values().all(is_value)
        }
        Value::String(text) => is_plain(text),
        Value::Number(number) => number.is_i64() || number.is_u64(),
        Value::Bool(_) | Value::Null => true,
        Value::Array(_) => false,
    }
}

/// The JSON of a value, the keys of its objects in order.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<_, _> = members.iter().map(|(name, value)| (name, sorted(value))).collect();
            object(members.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        }
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_the_same_one_in_all_its_forms() {
        let pattern = Pattern::of_text(r#"{"role": "math", "cmd": {"b": 1, "a": "x"}}"#);
        for json in [
            r#"{"role":"math","cmd":{"b":1,"a":"x"}}"#,
            r#"{"cmd":{"a":"x","b":1},"role":"math"}"#,
            r#""{\"role\":\"math\",\"cmd\":{\"b\":1,\"a\":\"x\"}}""#,
        ] {
            assert_eq!(Pattern::read(json).as_ref(), Some(&pattern), "{json}");
        }
        assert_eq!(pattern.json(), r#"{"cmd":{"a":"x","b":1},"role":"math"}"#);
        assert_eq!(Pattern::of_member("cmd", "compute"), Pattern::of_text(r#"{"cmd":"compute"}"#));
    }

    #[test]
    fn a_text_is_itself_and_what_is_neither_is_no_pattern() {
        let text = Pattern::read(r#""compute""#).unwrap();
        assert_eq!(text.json(), r#""compute""#);
        assert_eq!(text.routing_key_of("svc.compute"), Ok("compute"));
        assert_eq!(Pattern::read("7"), Some(Pattern::of_text("7")));
        for json in ["null", "true", r#"["compute"]"#] {
            assert_eq!(Pattern::read(json), None, "{json}");
        }
    }

    #[test]
    fn a_pattern_is_read_up_to_the_length_that_one_of_a_method_may_have() {
        // The longest of a method, in the longest form that a peer may write.
        let longest = Pattern::of_text(&"a".repeat(MAX_BYTES - 2));
        assert_eq!(longest.check_length("svc.compute"), Ok(()));
        let escaped = longest.json().replace('a', r"\u0061");
        assert!(escaped.len() > 5 * MAX_BYTES);
        assert_eq!(Pattern::read(&escaped), Some(longest));
        let of_length = |bytes: usize| quoted(&"x".repeat(bytes - 2));
        assert!(Pattern::read(&of_length(MAX_READ_BYTES)).is_some());
        assert_eq!(Pattern::read(&of_length(MAX_READ_BYTES + 1)), None);
        let too_long = Pattern::of_text(&"x".repeat(MAX_BYTES - 1));
        assert!(too_long.check_length("svc.compute").is_err());
    }

    #[test]
    fn an_object_is_a_routing_key_where_all_write_it_alike() {
        let is_key = |json: &str| Pattern::of_text(json).routing_key_of("svc.compute").is_ok();
        for json in [
            r#"{"Cmd":"compute"}"#,
            r#"{"cmd":{"User-Id":1}}"#,
            r#"{"é":true}"#,
            r#"{"cmd":{}}"#,
            r#"{"cmd":{"b":1,"a":2},"role":"math"}"#,
            r#"{"a":{"b":{"c":{"d":{"e":1}}}}}"#,
        ] {
            assert!(is_key(json), "{json}");
        }
        for json in [
            r#"{"cmd":"compute","Role":"math"}"#,
            r#"{"cmd":{"a_b":1,"ab":2}}"#,
            r#"{"é":1,"f":2}"#,
            r#"{"cmd":["compute"]}"#,
            r#"{"cmd":"a\"b"}"#,
            r#"{"cmd":"a\nb"}"#,
            r#"{"cmd":1.5}"#,
            r#"{"a":{"b":{"c":{"d":{"e":{"f":1}}}}}}"#,
        ] {
            assert!(!is_key(json), "{json}");
        }
    }
}
