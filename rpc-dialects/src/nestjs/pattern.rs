//! The patterns by which `NestJS` finds the handler of a message.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::json::{object, quoted};

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

    /// Reads the pattern of a packet. `None` for what is none.
    pub(super) fn read(json: &str) -> Option<Self> {
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

    /// The pattern as a routing key.
    pub(super) fn into_routing_key(self) -> String {
        match self {
            Self::Text(text) | Self::Object(text) => text,
        }
    }

    /// The pattern as a routing key.
    pub(super) fn routing_key(&self) -> &str {
        match self {
            Self::Text(text) | Self::Object(text) => text,
        }
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
        assert_eq!((text.json().as_str(), text.routing_key()), (r#""compute""#, "compute"));
        assert_eq!(Pattern::read("7"), Some(Pattern::of_text("7")));
        for json in ["null", "true", r#"["compute"]"#] {
            assert_eq!(Pattern::read(json), None, "{json}");
        }
    }
}
