//! The types and values that a schema allows.

use std::collections::BTreeMap;

use serde_json::Value;

use super::shape::{Problem, Shape, shapes};

/// One type, or one value, that a schema allows.
#[derive(Clone, Debug)]
pub(super) struct Alternative<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) shape: Shape<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind<'a> {
    Anything,
    Null,
    Boolean,
    Number {
        is_integer: bool,
    },
    Text,
    Array,
    Object,
    /// A value that is listed. `null` is not among them.
    Value(&'a Value),
}

impl Kind<'_> {
    /// The name of the type, in the plural.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Anything => "values of any type",
            Self::Null => "`null`",
            Self::Boolean => "booleans",
            Self::Number { is_integer: true } => "integers",
            Self::Number { is_integer: false } => "numbers",
            Self::Text => "strings",
            Self::Array => "arrays",
            Self::Object => "objects",
            Self::Value(_) => "listed values",
        }
    }

    /// Whether the two are of one type. Listed values have none here.
    pub(super) fn is_like(self, other: Kind<'_>) -> bool {
        match (self, other) {
            (Self::Number { .. }, Kind::Number { .. }) => true,
            (Self::Value(_), _) | (_, Kind::Value(_)) => false,
            (one, other) => one == other,
        }
    }

    /// Whether a value has this type.
    pub(super) fn has(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Anything, _) | (Self::Boolean, Value::Bool(_)) | (Self::Text, Value::String(_)) => true,
            (Self::Number { is_integer }, Value::Number(number)) => !is_integer || !number.is_f64(),
            (Self::Null, Value::Null) | (Self::Array, Value::Array(_)) | (Self::Object, Value::Object(_)) => {
                true
            }
            (Self::Value(listed), value) => listed == value,
            _ => false,
        }
    }
}

/// The alternatives of a schema; none if it allows nothing.
pub(super) fn alternatives<'a>(
    schema: &'a Value,
    definitions: &'a BTreeMap<String, Value>,
) -> Result<Vec<Alternative<'a>>, Problem> {
    let mut alternatives = Vec::new();
    for shape in shapes(schema, definitions)? {
        let kinds = kinds(&shape)?;
        alternatives.extend(kinds.into_iter().map(|kind| Alternative { kind, shape: shape.clone() }));
    }
    // Said twice is said once: an optional value of an optional type.
    let first_null = alternatives.iter().position(|alternative| alternative.kind == Kind::Null);
    let mut position = 0;
    alternatives.retain(|alternative| {
        position += 1;
        alternative.kind != Kind::Null || first_null == Some(position - 1)
    });
    Ok(alternatives)
}

fn kinds<'a>(shape: &Shape<'a>) -> Result<Vec<Kind<'a>>, Problem> {
    let of_value = |value: &'a Value| if value.is_null() { Kind::Null } else { Kind::Value(value) };
    if let Some(value) = shape.keyword("const") {
        return Ok(vec![of_value(value)]);
    }
    if let Some(Value::Array(values)) = shape.keyword("enum") {
        return Ok(values.iter().map(of_value).collect());
    }
    if shape.keyword("not").is_some_and(|not| {
        *not == Value::Bool(true) || not.as_object().is_some_and(serde_json::Map::is_empty)
    }) {
        return Ok(Vec::new());
    }
    match shape.keyword("type") {
        Some(Value::String(name)) => Ok(vec![of_name(name)?]),
        Some(Value::Array(names)) => {
            names.iter().map(|name| of_name(name.as_str().unwrap_or_default())).collect()
        }
        Some(_) => Err(Problem::NotASchema),
        None => Ok(vec![implied(shape)]),
    }
}

fn of_name(name: &str) -> Result<Kind<'static>, Problem> {
    match name {
        "null" => Ok(Kind::Null),
        "boolean" => Ok(Kind::Boolean),
        "integer" => Ok(Kind::Number { is_integer: true }),
        "number" => Ok(Kind::Number { is_integer: false }),
        "string" => Ok(Kind::Text),
        "array" => Ok(Kind::Array),
        "object" => Ok(Kind::Object),
        _ => Err(Problem::NotASchema),
    }
}

/// The type that the keywords are about, where none is named. Strictly they allow every other type as well, which nobody
/// means.
fn implied(shape: &Shape<'_>) -> Kind<'static> {
    let has = |keywords: &[&str]| keywords.iter().any(|keyword| shape.keyword(keyword).is_some());
    if !shape.properties.is_empty() || !shape.required.is_empty() || has(&["additionalProperties"]) {
        Kind::Object
    } else if has(&["items", "minItems", "maxItems"]) {
        Kind::Array
    } else if has(&["minLength", "maxLength", "pattern"]) {
        Kind::Text
    } else if has(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]) {
        Kind::Number { is_integer: false }
    } else {
        Kind::Anything
    }
}
