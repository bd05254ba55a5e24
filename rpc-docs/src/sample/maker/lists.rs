//! Lists and tuples.

use serde_json::Value;

use super::{super::joint::Joint, Maker, NoValue};

/// A list has so many elements more than it must have.
const MORE: usize = 3;
/// An element that no other equals is searched so often.
const ATTEMPTS: usize = 16;

impl<'s> Maker<'s> {
    pub(super) fn list(&mut self, joint: &Joint<'s>) -> Result<Value, NoValue> {
        let least = joint.greatest("minItems").unwrap_or(0);
        let most = joint.least("maxItems").unwrap_or(usize::MAX);
        if least > most {
            return Err(self.no_value(format!("no list has {least} elements and at most {most}")));
        }
        let is_unique = joint.all("uniqueItems").any(|unique| *unique == Value::Bool(true));
        let count = self.count(joint, least, most);
        let mut elements = Vec::new();
        for index in 0..count {
            match self.element(joint, index, is_unique.then_some(&elements)) {
                Ok(element) => elements.push(element),
                // There may be no further value that differs.
                Err(_) if index >= least && self.parts > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(Value::Array(elements))
    }

    fn count(&mut self, joint: &Joint<'s>, least: usize, most: usize) -> usize {
        let tuple = joint.all("items").filter_map(Value::as_array).map(Vec::len).max();
        let tuple =
            tuple.or_else(|| joint.all("prefixItems").filter_map(Value::as_array).map(Vec::len).max());
        if let Some(length) = tuple {
            return length.clamp(least, most);
        }
        let next = schemas_of(joint, least);
        if self.leaves_out(&next) {
            return least;
        }
        let more = if self.choice.is_first() { usize::from(least == 0) } else { self.choice.pick(MORE + 1) };
        least.saturating_add(more).min(most)
    }

    /// The element at `index`, unless it equals one of `others`.
    fn element(
        &mut self,
        joint: &Joint<'s>,
        index: usize,
        others: Option<&Vec<Value>>,
    ) -> Result<Value, NoValue> {
        let schemas = schemas_of(joint, index);
        for _ in 0..ATTEMPTS {
            let element = self.part(index.to_string(), schemas.clone())?;
            if others.is_none_or(|others| !others.contains(&element)) {
                return Ok(element);
            }
            if self.choice.is_first() {
                break;
            }
        }
        Err(self.no_value(format!("no {} different elements were found", index + 1)))
    }
}

/// The schemas of the element at `index`: of its place in a tuple, or of all elements.
fn schemas_of<'s>(joint: &Joint<'s>, index: usize) -> Vec<&'s Value> {
    let of_schema = |schema: &&'s serde_json::Map<String, Value>| {
        let tuple =
            schema.get("prefixItems").or_else(|| schema.get("items").filter(|items| items.is_array()));
        match (tuple.and_then(Value::as_array), schema.get("items")) {
            (Some(tuple), _) if index < tuple.len() => tuple.get(index),
            (Some(_), Some(Value::Array(_))) => schema.get("additionalItems"),
            (_, items) => items,
        }
    };
    joint.schemas.iter().filter_map(of_schema).collect()
}
