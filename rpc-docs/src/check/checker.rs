//! Compares a value with a schema, keyword by keyword.

mod numbers;
mod objects;
mod texts;
mod variants;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    kind::{is_of_type, types},
    mismatch::{Kind, Mismatch, shown},
    path::Path,
};
use crate::schema::target_of;

/// The most mismatches that are reported.
const MAX_MISMATCHES: usize = 100;

/// The most schemas that are compared with a value. What is left counts as fitting.
const MAX_STEPS: u32 = 1_000_000;

/// The deepest nesting of schemas in schemas. `serde_json` reads values of 128 levels.
const MAX_DEPTH: u32 = 300;

/// The most values that a message lists.
const MAX_LISTED: usize = 10;

pub(super) fn check(schema: &Value, value: &Value, schemas: &BTreeMap<String, Value>) -> Vec<Mismatch> {
    let mut checker = Checker { schemas, steps: MAX_STEPS, depth: 0, mismatches: Vec::new() };
    checker.value(schema, value, Path::Body);
    checker.mismatches
}

pub(super) struct Checker<'s> {
    schemas: &'s BTreeMap<String, Value>,
    /// How many more schemas may be compared.
    steps: u32,
    depth: u32,
    mismatches: Vec<Mismatch>,
}

impl<'s> Checker<'s> {
    fn value(&mut self, schema: &Value, value: &Value, path: Path<'_>) {
        if self.steps == 0 || self.depth == MAX_DEPTH || self.mismatches.len() >= MAX_MISMATCHES {
            return;
        }
        self.steps -= 1;
        match schema {
            Value::Object(keywords) => {
                self.depth += 1;
                self.keywords(keywords, value, path);
                self.depth -= 1;
            }
            Value::Bool(false) => self.mismatch(path, Kind::Other, "nothing", value),
            _ => {}
        }
    }

    fn keywords(&mut self, keywords: &Map<String, Value>, value: &Value, path: Path<'_>) {
        if let Some(definition) = self.definition(keywords) {
            self.value(definition, value, path);
        }
        if !is_of_type(value, keywords) {
            // Its limits are those of another type.
            self.mismatch(path, Kind::Other, types(keywords), value);
            return;
        }
        self.listed(keywords, value, path);
        for schema in keywords.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.value(schema, value, path);
        }
        for several in ["anyOf", "oneOf"] {
            if let Some(Value::Array(schemas)) = keywords.get(several) {
                variants::check(self, schemas, value, path);
            }
        }
        match value {
            Value::Number(number) => numbers::check(self, keywords, number, path),
            Value::String(text) => texts::check(self, keywords, text, path),
            Value::Array(items) => objects::items(self, keywords, items, path),
            Value::Object(members) => objects::members(self, keywords, members, path),
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// What `$ref` leads to. One that leads nowhere says nothing.
    fn definition(&self, keywords: &Map<String, Value>) -> Option<&'s Value> {
        let target = target_of(keywords.get("$ref")?.as_str()?)?;
        self.schemas.get(&target)
    }

    /// `const` and `enum`.
    fn listed(&mut self, keywords: &Map<String, Value>, value: &Value, path: Path<'_>) {
        if let Some(constant) = keywords.get("const")
            && constant != value
        {
            self.mismatch(path, Kind::Other, shown(constant), value);
        }
        if let Some(Value::Array(values)) = keywords.get("enum")
            && !values.contains(value)
        {
            let mut listed: Vec<_> = values.iter().take(MAX_LISTED).map(shown).collect();
            if values.len() > MAX_LISTED {
                listed.push("…".to_owned());
            }
            self.mismatch(path, Kind::Other, format!("one of {}", listed.join(", ")), value);
        }
    }

    fn mismatch(&mut self, path: Path<'_>, kind: Kind, expected: impl Into<String>, value: &Value) {
        let found = Some(shown(value));
        self.mismatches.push(Mismatch { path: path.to_string(), expected: expected.into(), found, kind });
    }

    fn missing(&mut self, path: Path<'_>, expected: String) {
        let path = path.to_string();
        self.mismatches.push(Mismatch { path, expected, found: None, kind: Kind::Missing });
    }

    /// What `check` finds, taken out of the mismatches.
    fn apart(&mut self, check: impl FnOnce(&mut Self)) -> Vec<Mismatch> {
        let before = std::mem::take(&mut self.mismatches);
        check(self);
        std::mem::replace(&mut self.mismatches, before)
    }

    fn extend(&mut self, mismatches: Vec<Mismatch>) {
        self.mismatches.extend(mismatches);
        self.mismatches.truncate(MAX_MISMATCHES);
    }

    /// The type that a schema asks for, in words: that of the definition it leads to.
    fn expected(&self, schema: &Value) -> String {
        let Value::Object(keywords) = schema else { return "a value".to_owned() };
        let mut of_definition = keywords;
        for _ in 0..8 {
            match self.definition(of_definition).and_then(Value::as_object) {
                Some(definition) => of_definition = definition,
                None => break,
            }
        }
        match of_definition.get("enum") {
            Some(Value::Array(values)) => {
                let values: Vec<_> = values.iter().take(MAX_LISTED).map(shown).collect();
                format!("one of {}", values.join(", "))
            }
            _ => types(of_definition),
        }
    }
}
