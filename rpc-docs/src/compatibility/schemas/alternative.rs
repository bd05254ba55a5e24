//! The types and values that a schema allows.

use std::{
    collections::{BTreeMap, HashSet},
    rc::Rc,
};

use serde_json::Value;

use super::{
    budget::{Budget, steps_of},
    shape::{Problem, Shape, shapes},
};

/// One type, or one value, that a schema allows.
#[derive(Clone, Debug)]
pub(super) struct Alternative<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) shape: Rc<Shape<'a>>,
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

/// The alternatives of what all of these schemas allow; none if that is nothing.
pub(super) fn alternatives<'a>(
    schemas: &[&'a Value],
    definitions: &'a BTreeMap<String, Value>,
    budget: &mut Budget,
) -> Result<Vec<Alternative<'a>>, Problem> {
    let mut alternatives: Vec<Alternative<'a>> = Vec::new();
    let mut has_null = false;
    for shape in shapes(schemas, definitions, budget)? {
        let kinds = kinds(&shape, budget)?;
        let shape = Rc::new(shape);
        for kind in kinds {
            // Said twice is said once: an optional value of an optional type.
            if kind != Kind::Null || !std::mem::replace(&mut has_null, true) {
                alternatives.push(Alternative { kind, shape: Rc::clone(&shape) });
            }
        }
    }
    Ok(alternatives)
}

fn kinds<'a>(shape: &Shape<'a>, budget: &mut Budget) -> Result<Vec<Kind<'a>>, Problem> {
    if shape
        .keyword("not")
        .any(|not| *not == Value::Bool(true) || not.as_object().is_some_and(serde_json::Map::is_empty))
    {
        return Ok(Vec::new());
    }
    match listed(shape, budget)? {
        Some(values) => {
            let of_value = |value: &'a Value| if value.is_null() { Kind::Null } else { Kind::Value(value) };
            Ok(values.into_iter().map(of_value).collect())
        }
        None => types(shape, budget),
    }
}

/// The values that all lists have; `None` without a list.
fn listed<'a>(shape: &Shape<'a>, budget: &mut Budget) -> Result<Option<Vec<&'a Value>>, Problem> {
    let constants = shape.keyword("const").map(std::slice::from_ref);
    let lists: Vec<&'a [Value]> =
        constants.chain(shape.keyword("enum").filter_map(Value::as_array).map(Vec::as_slice)).collect();
    let Some((first, others)) = lists.split_first() else { return Ok(None) };
    if !budget.take_steps(lists.iter().flat_map(|list| *list).map(steps_of).sum()) {
        return Err(Problem::TooLarge);
    }
    let others: Vec<HashSet<&Value>> = others.iter().map(|list| list.iter().collect()).collect();
    let is_in_all = |value: &&Value| others.iter().all(|list| list.contains(value));
    Ok(Some(first.iter().filter(is_in_all).collect()))
}

/// The types that all parts allow.
fn types(shape: &Shape<'_>, budget: &mut Budget) -> Result<Vec<Kind<'static>>, Problem> {
    let mut all: Option<Vec<Kind<'static>>> = None;
    for names in shape.keyword("type") {
        let names = match names {
            Value::String(_) => std::slice::from_ref(names),
            Value::Array(names) => names,
            _ => return Err(Problem::NotASchema),
        };
        if !budget.take_steps(names.len()) {
            return Err(Problem::TooLarge);
        }
        let mut kinds = Vec::new();
        for name in names {
            let kind = of_name(name.as_str().unwrap_or_default())?;
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        all = Some(match all {
            None => kinds,
            Some(before) => before.into_iter().filter_map(|kind| within(kind, &kinds)).collect(),
        });
    }
    Ok(all.unwrap_or_else(|| vec![implied(shape)]))
}

/// What `kind` has in common with `kinds`.
fn within(kind: Kind<'static>, kinds: &[Kind<'static>]) -> Option<Kind<'static>> {
    match kind {
        _ if kinds.contains(&kind) => Some(kind),
        Kind::Number { .. } if kinds.iter().any(|other| other.is_like(kind)) => {
            Some(Kind::Number { is_integer: true })
        }
        _ => None,
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
    let has = |keywords: &[&str]| keywords.iter().any(|keyword| shape.has(keyword));
    let has_members =
        !shape.properties.is_empty() || !shape.patterns.is_empty() || !shape.required.is_empty();
    if has_members
        || has(&["additionalProperties", "dependencies", "maxProperties", "minProperties", "propertyNames"])
    {
        Kind::Object
    } else if has(&["additionalItems", "contains", "items", "maxItems", "minItems", "uniqueItems"]) {
        Kind::Array
    } else if has(&["minLength", "maxLength", "pattern"]) {
        Kind::Text
    } else if has(&["exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"]) {
        Kind::Number { is_integer: false }
    } else {
        Kind::Anything
    }
}
