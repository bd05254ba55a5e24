//! Makes one value of a schema.

mod lists;
mod objects;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    NoValue,
    height::{Heights, list},
    joint::Joint,
    number,
    random::Choice,
    text,
};
use crate::schema::{target_of, visit};

/// A value that needs more parts is not made.
const MAX_PARTS: usize = 5_000;
/// With fewer parts left than this, only what a value must have is made.
const MUST_HAVE: usize = MAX_PARTS - 300;
/// Deeper than this, only what a value must have is made.
const SOFT_DEPTH: usize = 6;
/// Values that are nested deeper are not made: a value is made by recursion.
const MAX_DEPTH: usize = 96;
/// The schemas that hold for one value are at most so many.
const MAX_JOINT: usize = 256;

/// One value in the making.
pub(super) struct Maker<'s> {
    schemas: &'s BTreeMap<String, Value>,
    heights: &'s Heights,
    choice: Choice,
    uses_examples: bool,
    parts: usize,
    path: Vec<String>,
    /// The definitions that the path leads through.
    definitions: Vec<String>,
}

impl<'s> Maker<'s> {
    pub(super) fn new(
        schemas: &'s BTreeMap<String, Value>,
        heights: &'s Heights,
        choice: Choice,
        uses_examples: bool,
    ) -> Self {
        let (path, definitions) = (Vec::new(), Vec::new());
        Self { schemas, heights, choice, uses_examples, parts: MAX_PARTS, path, definitions }
    }

    /// The value of a schema.
    pub(super) fn value(mut self, schema: &'s Value) -> Result<Value, NoValue> {
        self.make(vec![schema])
    }

    /// The member or element `name` of the value that is being made.
    fn part(&mut self, name: impl Into<String>, schemas: Vec<&'s Value>) -> Result<Value, NoValue> {
        self.path.push(name.into());
        let value = self.make(schemas);
        self.path.pop();
        value
    }

    fn make(&mut self, schemas: Vec<&'s Value>) -> Result<Value, NoValue> {
        if self.path.len() > MAX_DEPTH {
            return Err(self.no_value("values are not made that deep"));
        }
        let Some(parts) = self.parts.checked_sub(1) else {
            return Err(self.no_value("the value would have too many parts"));
        };
        self.parts = parts;
        let known = self.definitions.len();
        let made = self.open(schemas).and_then(|joint| self.of_joint(&joint));
        self.definitions.truncate(known);
        made
    }

    /// Follows references, takes `allOf` apart, and chooses branches.
    fn open(&mut self, schemas: Vec<&'s Value>) -> Result<Joint<'s>, NoValue> {
        let mut joint = Joint::default();
        let mut open = schemas;
        let mut steps = 0;
        while let Some(schema) = open.pop() {
            steps += 1;
            if steps > MAX_JOINT {
                return Err(self.no_value("too many schemas hold for it, or they lead to each other"));
            }
            let keywords = match schema {
                Value::Object(keywords) => keywords,
                Value::Bool(false) => return Err(self.no_value("nothing is allowed")),
                _ => continue,
            };
            if let Some(Value::String(reference)) = keywords.get("$ref") {
                let name = target_of(reference).filter(|name| self.schemas.contains_key(name));
                let Some(name) = name else {
                    return Err(self.no_value(format!("the reference {reference:?} leads nowhere")));
                };
                open.push(&self.schemas[&name]);
                self.definitions.push(name);
            }
            open.extend(list(keywords, "allOf"));
            for keyword in ["anyOf", "oneOf"] {
                let branches = list(keywords, keyword);
                if !branches.is_empty() {
                    open.push(self.branch(branches)?);
                }
            }
            joint.schemas.push(keywords);
        }
        Ok(joint)
    }

    /// One of the branches that end. Where the value must end, that which ends first.
    fn branch(&mut self, branches: &'s [Value]) -> Result<&'s Value, NoValue> {
        let height = |branch: &Value| self.heights.height(branch);
        let mut finite: Vec<&Value> = branches.iter().filter(|branch| height(branch).is_some()).collect();
        let Some(lowest) = finite.iter().copied().min_by_key(|branch| height(branch)) else {
            return Err(self.no_value("no branch has a finite value"));
        };
        if self.is_ending() {
            return Ok(lowest);
        }
        if self.choice.is_first() {
            let fits = |branch: &&Value| !is_null(branch) && !self.recurses(branch);
            return Ok(finite.iter().copied().find(fits).unwrap_or(lowest));
        }
        // An optional value is there more often than not.
        if finite.len() > 1 && self.choice.pick(4) > 0 {
            finite.retain(|branch| !is_null(branch));
        }
        let picked = self.choice.pick(finite.len());
        Ok(finite.get(picked).copied().unwrap_or(lowest))
    }

    fn of_joint(&mut self, joint: &Joint<'s>) -> Result<Value, NoValue> {
        let listed = joint.listed();
        if self.uses_examples {
            let is_listed = |value: &&Value| listed.as_ref().is_none_or(|listed| listed.contains(value));
            let examples: Vec<_> = joint.elements("examples").filter(is_listed).collect();
            if !examples.is_empty() {
                return Ok(examples[self.choice.pick(examples.len())].clone());
            }
        }
        if let Some(listed) = listed {
            let picked = self.choice.pick(listed.len());
            return listed
                .get(picked)
                .map(|one| (*one).clone())
                .ok_or_else(|| self.no_value("no value is left of its lists"));
        }
        if self.choice.is_first()
            && let Some(default) = joint.all("default").find(|default| !default.is_null())
        {
            return Ok(default.clone());
        }
        self.of_type(joint)
    }

    fn of_type(&mut self, joint: &Joint<'s>) -> Result<Value, NoValue> {
        let types = joint.types();
        let is_said = joint.all("type").next().is_some();
        if types.is_empty() {
            // Of a schema that says nothing every value is one.
            return if is_said { Err(self.no_value("no type is left")) } else { Ok(Value::Null) };
        }
        let ends = self.is_ending() && types.contains(&"null");
        let name = if ends { "null" } else { self.type_of(&types) };
        let plain = match name {
            "object" => return self.object(joint),
            "array" => return self.list(joint),
            "string" => text::text(&joint.schemas, &mut self.choice).map(Value::String),
            "integer" => number::integer(&joint.schemas, &mut self.choice),
            "number" => number::number(&joint.schemas, &mut self.choice),
            "boolean" => Ok(Value::Bool(self.choice.pick(2) == 1)),
            _ => Ok(Value::Null),
        };
        plain.map_err(|why| self.no_value(why))
    }

    /// As with branches, null is chosen less often than what else there is.
    fn type_of(&mut self, types: &[&'static str]) -> &'static str {
        let others: Vec<_> = types.iter().copied().filter(|name| *name != "null").collect();
        let is_null = others.is_empty() || (others.len() < types.len() && self.choice.pick(4) == 3);
        if is_null { "null" } else { others[self.choice.pick(others.len())] }
    }

    /// Whether only what the value must have is made from here on.
    fn is_ending(&self) -> bool {
        self.path.len() > SOFT_DEPTH || self.parts < MUST_HAVE
    }

    /// Whether a part that may be missing is left out.
    fn leaves_out(&self, schemas: &[&'s Value]) -> bool {
        let is_endless = |schema: &&Value| self.heights.height(schema).is_none();
        let recurses = || schemas.iter().any(|schema| self.recurses(schema));
        self.is_ending() || schemas.iter().any(is_endless) || (self.choice.is_first() && recurses())
    }

    /// Whether the schema leads to a definition that the value is already within.
    fn recurses(&self, schema: &Value) -> bool {
        let mut recurses = false;
        visit(schema, &mut |keywords: &Map<String, Value>| {
            let target = keywords.get("$ref").and_then(Value::as_str).and_then(target_of);
            recurses |= target.is_some_and(|target| self.definitions.contains(&target));
        });
        recurses
    }

    fn no_value(&self, why: impl Into<String>) -> NoValue {
        NoValue::new(&self.path, why)
    }
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").is_some_and(|one| one == "null") || schema.get("const").is_some_and(Value::is_null)
}
