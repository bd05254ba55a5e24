//! A schema without references and unions: what is put together by `$ref`, `allOf`, `anyOf` and `oneOf` is taken apart.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{
    budget::{Budget, steps_of, steps_of_text},
    said::shortened,
};
use crate::schema::target_of;

/// References and unions within each other.
const MAX_NESTING: usize = 64;

/// Schemas that one is put together from.
const MAX_PARTS: usize = 2_000;

/// Schemas of one place, all of which hold. Without one every value is allowed.
pub(super) type Schemas<'a> = Vec<&'a Value>;

/// Why a schema cannot be compared.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Problem {
    NotASchema,
    Missing(String),
    Circle(String),
    TooLarge,
}

/// One alternative of a schema. What several parts say holds altogether.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape<'a> {
    /// Its title, or the name of its definition.
    pub(super) name: Option<&'a str>,
    pub(super) properties: BTreeMap<&'a str, Schemas<'a>>,
    /// `patternProperties`.
    pub(super) patterns: BTreeMap<&'a str, Schemas<'a>>,
    pub(super) required: BTreeSet<&'a str>,
    /// The other keywords, with what each part says.
    keywords: BTreeMap<&'a str, Schemas<'a>>,
    /// The addresses of the parts that say something, by which it is known again.
    pub(super) parts: Vec<usize>,
    /// The steps that it takes to clone it.
    pub(super) size: usize,
}

impl<'a> Shape<'a> {
    /// What the parts say of this keyword.
    pub(super) fn keyword(&self, keyword: &str) -> impl Iterator<Item = &'a Value> + use<'_, 'a> {
        self.keywords.get(keyword).into_iter().flatten().copied()
    }

    pub(super) fn has(&self, keyword: &str) -> bool {
        self.keywords.contains_key(keyword)
    }

    /// The other keywords.
    pub(super) fn keywords(&self) -> impl Iterator<Item = &'a str> + use<'_, 'a> {
        self.keywords.keys().copied()
    }

    fn add(&mut self, keywords: &'a Map<String, Value>) {
        let mut says_something = false;
        for (keyword, value) in keywords {
            match (keyword.as_str(), value) {
                ("title", Value::String(title)) => {
                    self.name = Some(title);
                    continue;
                }
                ("properties", Value::Object(properties)) => extend(&mut self.properties, properties),
                ("patternProperties", Value::Object(patterns)) => extend(&mut self.patterns, patterns),
                ("required", Value::Array(names)) => {
                    self.required.extend(names.iter().filter_map(Value::as_str));
                }
                (keyword, value) if counts(keyword) => self.keywords.entry(keyword).or_default().push(value),
                _ => continue,
            }
            says_something = true;
        }
        if says_something {
            self.parts.push(std::ptr::from_ref(keywords).addr());
        }
        self.size += steps_to_add(keywords);
    }
}

/// The steps that it takes to add this part to a shape. They are no fewer than those to clone what was added.
fn steps_to_add(keywords: &Map<String, Value>) -> usize {
    let steps = |(keyword, value): (&String, &Value)| {
        let names: usize = match (keyword.as_str(), value) {
            ("properties" | "patternProperties", Value::Object(schemas)) => {
                schemas.keys().map(|name| steps_of_text(name)).sum()
            }
            ("required", Value::Array(names)) => names.iter().map(steps_of).sum(),
            _ => 0,
        };
        steps_of_text(keyword) + names
    };
    1 + keywords.iter().map(steps).sum::<usize>()
}

fn extend<'a>(all: &mut BTreeMap<&'a str, Schemas<'a>>, schemas: &'a Map<String, Value>) {
    for (name, schema) in schemas {
        all.entry(name).or_default().push(schema);
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

/// The alternatives of what all of these schemas allow; none if that is nothing.
pub(super) fn shapes<'a>(
    schemas: &[&'a Value],
    definitions: &'a BTreeMap<String, Value>,
    budget: &mut Budget,
) -> Result<Vec<Shape<'a>>, Problem> {
    let mut taking_apart = TakingApart { definitions, within: Vec::new(), parts: 0, budget };
    let mut shapes = vec![Shape::default()];
    for schema in schemas {
        shapes = taking_apart.each(shapes, schema)?;
    }
    Ok(shapes)
}

/// The schema that this one only refers to, so that it is known again: references are followed, and so is a list of
/// one part, in which a reference stands that has a description.
pub(super) fn resolved<'a>(
    mut schema: &'a Value,
    definitions: &'a BTreeMap<String, Value>,
    budget: &mut Budget,
) -> &'a Value {
    for _ in 0..MAX_NESTING {
        let Value::Object(keywords) = schema else { break };
        let next = match (keywords.get("$ref"), keywords.get("allOf")) {
            (Some(Value::String(reference)), _) => {
                if !budget.take_steps(steps_of_text(reference)) {
                    break;
                }
                target_of(reference).and_then(|name| definitions.get(&name))
            }
            (None, Some(Value::Array(parts))) if parts.len() == 1 => {
                let is_all = |keyword: &str| keyword == "allOf" || describes(keyword);
                parts
                    .first()
                    .filter(|_| budget.take_steps(keywords.len()) && keywords.keys().all(|one| is_all(one)))
            }
            _ => None,
        };
        match next {
            Some(next) => schema = next,
            None => break,
        }
    }
    schema
}

fn describes(keyword: &str) -> bool {
    !counts(keyword) && !["$ref", "allOf", "anyOf", "oneOf"].contains(&keyword)
}

struct TakingApart<'a, 'b> {
    definitions: &'a BTreeMap<String, Value>,
    /// The definitions that are being taken apart; `None` for what is no definition.
    within: Vec<Option<&'a str>>,
    parts: usize,
    budget: &'b mut Budget,
}

impl<'a> TakingApart<'a, '_> {
    /// The alternatives of `schema`, each with what `shape` says already.
    fn shapes(&mut self, mut shape: Shape<'a>, schema: &'a Value) -> Result<Vec<Shape<'a>>, Problem> {
        self.parts += 1;
        if self.parts > MAX_PARTS || self.within.len() > MAX_NESTING {
            return Err(Problem::TooLarge);
        }
        self.take_steps(1)?;
        let keywords = match schema {
            Value::Bool(true) => return Ok(vec![shape]),
            Value::Bool(false) => return Ok(Vec::new()),
            Value::Object(keywords) => keywords,
            _ => return Err(Problem::NotASchema),
        };
        if let Some(reference) = keywords.get("$ref") {
            return self.referred(shape, reference);
        }
        self.take_steps(steps_to_add(keywords))?;
        shape.add(keywords);
        let mut shapes = vec![shape];
        for part in list(keywords, "allOf") {
            shapes = self.each(shapes, part)?;
        }
        for union in ["anyOf", "oneOf"] {
            if keywords.contains_key(union) {
                let outside = std::mem::take(&mut shapes);
                let steps_to_clone: usize = outside.iter().map(|shape| 1 + shape.size).sum();
                for variant in list(keywords, union) {
                    self.take_steps(steps_to_clone)?;
                    shapes.extend(self.each(outside.clone(), variant)?);
                }
            }
        }
        Ok(shapes)
    }

    fn referred(&mut self, mut shape: Shape<'a>, reference: &Value) -> Result<Vec<Shape<'a>>, Problem> {
        let text = reference.as_str().unwrap_or_default();
        self.take_steps(steps_of_text(text))?;
        let Some((name, definition)) = target_of(text).and_then(|name| self.definitions.get_key_value(&name))
        else {
            return Err(Problem::Missing(shortened(text)));
        };
        if self.within.contains(&Some(name.as_str())) {
            return Err(Problem::Circle(shortened(name)));
        }
        self.within.push(Some(name));
        shape.name = Some(name);
        let shapes = self.shapes(shape, definition);
        self.within.pop();
        shapes
    }

    fn each(&mut self, shapes: Vec<Shape<'a>>, schema: &'a Value) -> Result<Vec<Shape<'a>>, Problem> {
        // Nested ones that are no definitions count as well.
        self.within.push(None);
        let mut all = Vec::new();
        for shape in shapes {
            all.extend(self.shapes(shape, schema)?);
        }
        self.within.pop();
        Ok(all)
    }

    fn take_steps(&mut self, count: usize) -> Result<(), Problem> {
        if self.budget.take_steps(count) { Ok(()) } else { Err(Problem::TooLarge) }
    }
}

fn list<'a>(keywords: &'a Map<String, Value>, keyword: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    keywords.get(keyword).and_then(Value::as_array).into_iter().flatten()
}
