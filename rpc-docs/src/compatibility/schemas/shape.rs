//! A schema without references and unions: what is put together by `$ref`, `allOf`, `anyOf` and `oneOf` is taken apart.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::schema::target_of;

/// References and unions within each other.
const MAX_NESTING: usize = 64;

/// Schemas that one is put together from.
const MAX_PARTS: usize = 2_000;

/// Why a schema cannot be compared.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Problem {
    NotASchema,
    Missing(String),
    Circle(String),
    TooLarge,
}

/// One alternative of a schema.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape<'a> {
    /// Its title, or the name of its definition.
    pub(super) name: Option<String>,
    pub(super) properties: BTreeMap<&'a str, &'a Value>,
    pub(super) required: BTreeSet<&'a str>,
    /// The other keywords. Where parts say the same keyword, the inner one counts.
    pub(super) keywords: BTreeMap<&'a str, &'a Value>,
}

impl<'a> Shape<'a> {
    pub(super) fn keyword(&self, keyword: &str) -> Option<&'a Value> {
        self.keywords.get(keyword).copied()
    }

    fn add(&mut self, keywords: &'a Map<String, Value>) {
        for (keyword, value) in keywords {
            match (keyword.as_str(), value) {
                ("title", Value::String(title)) => self.name = Some(title.clone()),
                ("properties", Value::Object(properties)) => {
                    self.properties.extend(properties.iter().map(|(name, schema)| (name.as_str(), schema)));
                }
                ("required", Value::Array(names)) => {
                    self.required.extend(names.iter().filter_map(Value::as_str));
                }
                (keyword, value) if counts(keyword) => drop(self.keywords.insert(keyword, value)),
                _ => {}
            }
        }
    }
}

/// What only describes does not count, and neither does what is taken apart.
fn counts(keyword: &str) -> bool {
    const DESCRIBING: [&str; 10] = [
        "$comment",
        "$id",
        "$schema",
        "default",
        "deprecated",
        "description",
        "examples",
        "readOnly",
        "title",
        "writeOnly",
    ];
    const TAKEN_APART: [&str; 6] = ["$defs", "$ref", "allOf", "anyOf", "definitions", "oneOf"];
    !(DESCRIBING.contains(&keyword) || TAKEN_APART.contains(&keyword) || keyword.starts_with("x-"))
}

/// The alternatives of a schema; none if it allows nothing.
pub(super) fn shapes<'a>(
    schema: &'a Value,
    definitions: &'a BTreeMap<String, Value>,
) -> Result<Vec<Shape<'a>>, Problem> {
    TakingApart { definitions, within: Vec::new(), parts: 0 }.shapes(Shape::default(), schema)
}

struct TakingApart<'a> {
    definitions: &'a BTreeMap<String, Value>,
    /// The definitions that are being taken apart.
    within: Vec<String>,
    parts: usize,
}

impl<'a> TakingApart<'a> {
    /// The alternatives of `schema`, each with what `shape` says already.
    fn shapes(&mut self, mut shape: Shape<'a>, schema: &'a Value) -> Result<Vec<Shape<'a>>, Problem> {
        self.parts += 1;
        if self.parts > MAX_PARTS || self.within.len() > MAX_NESTING {
            return Err(Problem::TooLarge);
        }
        let keywords = match schema {
            Value::Bool(true) => return Ok(vec![shape]),
            Value::Bool(false) => return Ok(Vec::new()),
            Value::Object(keywords) => keywords,
            _ => return Err(Problem::NotASchema),
        };
        if let Some(reference) = keywords.get("$ref") {
            return self.referred(shape, reference);
        }
        shape.add(keywords);
        let mut shapes = vec![shape];
        for part in list(keywords, "allOf") {
            shapes = self.each(shapes, part)?;
        }
        for union in ["anyOf", "oneOf"] {
            if keywords.contains_key(union) {
                let outside = std::mem::take(&mut shapes);
                for variant in list(keywords, union) {
                    shapes.extend(self.each(outside.clone(), variant)?);
                }
            }
        }
        Ok(shapes)
    }

    fn referred(&mut self, mut shape: Shape<'a>, reference: &Value) -> Result<Vec<Shape<'a>>, Problem> {
        let text = reference.as_str().unwrap_or_default();
        let Some((name, definition)) = target_of(text).and_then(|name| self.definitions.get_key_value(&name))
        else {
            return Err(Problem::Missing(text.to_owned()));
        };
        if self.within.contains(name) {
            return Err(Problem::Circle(name.clone()));
        }
        self.within.push(name.clone());
        shape.name = Some(name.clone());
        let shapes = self.shapes(shape, definition);
        self.within.pop();
        shapes
    }

    fn each(&mut self, shapes: Vec<Shape<'a>>, schema: &'a Value) -> Result<Vec<Shape<'a>>, Problem> {
        // Nested ones that are no definitions count as well.
        self.within.push(String::new());
        let mut all = Vec::new();
        for shape in shapes {
            all.extend(self.shapes(shape, schema)?);
        }
        self.within.pop();
        Ok(all)
    }
}

fn list<'a>(keywords: &'a Map<String, Value>, keyword: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    keywords.get(keyword).and_then(Value::as_array).into_iter().flatten()
}
