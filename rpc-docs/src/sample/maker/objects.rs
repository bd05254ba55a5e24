//! Objects: their members, and the entries of maps.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    super::{
        joint::Joint,
        pattern::{Pattern, Repetitions},
        random::{Choice, Random},
    },
    Maker, NoValue,
};

/// A map has so many entries at most, unless it must have more.
const ENTRIES: usize = 3;
/// A key that is not there yet is searched so often.
const ATTEMPTS: usize = 16;

impl<'s> Maker<'s> {
    pub(super) fn object(&mut self, joint: &Joint<'s>) -> Result<Value, NoValue> {
        let required: BTreeSet<&str> = joint.elements("required").filter_map(Value::as_str).collect();
        let mut members = Map::new();
        for name in &required {
            members.insert((*name).to_owned(), self.part(*name, schemas_of(joint, name))?);
        }
        let most = joint.least("maxProperties").unwrap_or(usize::MAX);
        let least = joint.greatest("minProperties").unwrap_or(0);
        let named = joint.all("properties").filter_map(Value::as_object).flat_map(Map::keys);
        let optional: BTreeSet<&str> =
            named.map(String::as_str).filter(|name| !required.contains(name)).collect();
        for name in &optional {
            let schemas = schemas_of(joint, name);
            let is_needed = members.len() < least;
            if members.len() >= most || (!is_needed && self.leaves_out(&schemas)) {
                continue;
            }
            // Three of four, so that a reader meets both.
            if !is_needed && !self.choice.is_first() && self.choice.pick(4) == 3 {
                continue;
            }
            match self.part(*name, schemas) {
                Ok(value) => _ = members.insert((*name).to_owned(), value),
                Err(error) if self.parts == 0 => return Err(error),
                // It may be missing.
                Err(_) => {}
            }
        }
        let is_map = required.is_empty() && optional.is_empty();
        self.entries(joint, &mut members, least, most, is_map)?;
        Ok(Value::Object(members))
    }

    /// Adds members that no schema names: those of a map, and as many as there must be.
    fn entries(
        &mut self,
        joint: &Joint<'s>,
        members: &mut Map<String, Value>,
        least: usize,
        most: usize,
        is_map: bool,
    ) -> Result<(), NoValue> {
        let Some((pattern, schemas)) = self.entry(joint, is_map || members.len() < least) else {
            return Ok(());
        };
        let wanted = if is_map && !self.leaves_out(&schemas) { 1 + self.choice.pick(ENTRIES) } else { 0 };
        let count = wanted.max(least).min(most);
        for number in 1..=count.saturating_sub(members.len()) {
            let found = self.key(joint, pattern, members, number)?;
            let Some(key) = found else { break };
            let value = self.part(key.clone(), schemas.clone())?;
            members.insert(key, value);
        }
        if members.len() < least {
            return Err(self.no_value(format!("no {least} members were found")));
        }
        Ok(())
    }

    /// The schemas of an entry, and the pattern of its key. `None` where there are no further members.
    fn entry(&self, joint: &Joint<'s>, is_wanted: bool) -> Option<(Option<&'s str>, Vec<&'s Value>)> {
        if !is_wanted {
            return None;
        }
        let mut patterns = joint.all("patternProperties").filter_map(Value::as_object).flatten();
        if let Some((pattern, schema)) = patterns.next() {
            return Some((Some(pattern.as_str()), vec![schema]));
        }
        let additional: Vec<_> = joint.all("additionalProperties").collect();
        let is_closed = additional.iter().any(|schema| **schema == Value::Bool(false));
        let has_least = joint.greatest("minProperties").is_some_and(|least| least > 0);
        // Without a schema nothing is known of entries: they are made where there must be some.
        (!is_closed && (has_least || additional.iter().any(|schema| schema.is_object())))
            .then_some((None, additional))
    }

    /// A key that is not there yet; `None` if none was found.
    fn key(
        &mut self,
        joint: &Joint<'s>,
        pattern: Option<&str>,
        members: &Map<String, Value>,
        number: usize,
    ) -> Result<Option<String>, NoValue> {
        let names: Vec<_> = joint.all("propertyNames").filter(|schema| schema.is_object()).collect();
        for attempt in 0..ATTEMPTS {
            let key = match pattern {
                Some(pattern) => {
                    let mut random = self.choice.random();
                    (0..attempt).for_each(|_| _ = random.next());
                    let text = Pattern::parse(pattern)
                        .and_then(|pattern| pattern.text(&mut random, Repetitions::UpTo(0), 255));
                    text.map_err(|why| self.no_value(why))?
                }
                None if names.is_empty() => format!("key{number}"),
                None => self.name(&names, attempt)?,
            };
            if !members.contains_key(&key) {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    /// The name of an entry. The first choice is there only once.
    fn name(&mut self, names: &[&'s Value], attempt: usize) -> Result<String, NoValue> {
        let is_other = self.choice.is_first() && attempt > 0;
        let other = Choice::Any(Random::new(attempt as u64));
        let first = is_other.then(|| std::mem::replace(&mut self.choice, other));
        let name = self.make(names.to_vec());
        if let Some(first) = first {
            self.choice = first;
        }
        match name? {
            Value::String(name) => Ok(name),
            _ => Err(self.no_value("the names of members are no strings")),
        }
    }
}

/// The schemas of a member: those that its name has, else those of all further members.
fn schemas_of<'s>(joint: &Joint<'s>, name: &str) -> Vec<&'s Value> {
    let of_schema = |schema: &&'s Map<String, Value>| {
        let named = schema.get("properties").and_then(|properties| properties.get(name));
        named.or_else(|| schema.get("additionalProperties").filter(|further| further.is_object()))
    };
    joint.schemas.iter().filter_map(of_schema).collect()
}
