//! Values that obey a schema: made up for servers that only play a service, and bodies for people to fill in.
//!
//! Values are made from the schemas of descriptions: JSON Schemas of draft 7. Every schema is read as a list of
//! keywords that all hold, with one branch of each `anyOf` and `oneOf`. What `not`, `if`, `contains` and
//! `propertyNames` say is left to a check of the finished value, which [`Samples::sample`] takes.

mod format;
mod height;
mod joint;
mod maker;
mod number;
mod pattern;
mod random;
#[cfg(test)]
mod tests;
mod text;

use std::{collections::BTreeMap, error, fmt};

use serde_json::Value;

use self::{
    height::Heights,
    maker::Maker,
    random::{Choice, Random},
};

/// So many values are tried until one is accepted.
const ATTEMPTS: u64 = 32;
/// So many of them may be examples of the schema; an example that does not obey it is not offered for ever.
const WITH_EXAMPLES: u64 = 4;

/// Makes values for schemas that refer to these definitions.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use amqp_rpc_docs::sample::Samples;
/// use serde_json::json;
///
/// let schema = json!({
///     "type": "object",
///     "properties": { "n": { "type": "integer", "minimum": 1, "maximum": 90 } },
///     "required": ["n"],
/// });
/// let samples = Samples::new(BTreeMap::new());
/// assert_eq!(samples.template(&schema), Ok(json!({ "n": 1 })));
/// let made_up = samples.sample(&schema, 7, |_| true).unwrap();
/// assert!((1..=90).contains(&made_up["n"].as_i64().unwrap()));
/// ```
#[derive(Clone, Debug)]
pub struct Samples {
    schemas: BTreeMap<String, Value>,
    heights: Heights,
}

/// There is no value of a schema, or none was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoValue {
    path: String,
    why: String,
}

impl Samples {
    /// For schemas whose references lead to these definitions, as those of a
    /// [`ServiceDescription`](amqp_rpc_contract::description::ServiceDescription) do.
    #[must_use]
    pub fn new(schemas: BTreeMap<String, Value>) -> Self {
        let heights = Heights::of(&schemas);
        Self { schemas, heights }
    }

    /// A value to fill in: with all members, optional ones as well, and one element in each list. A member has its
    /// first example, its default, its first listed value, or the plainest value that its limits allow. Recursions
    /// end at once. The same schema has the same template.
    ///
    /// # Errors
    /// Where the schema allows no finite value, or one that is larger or deeper than values are made.
    pub fn template(&self, schema: &Value) -> Result<Value, NoValue> {
        Maker::new(&self.schemas, &self.heights, Choice::First, true).value(schema)
    }

    /// A value that looks used, the same for the same seed: examples first. `accepts` is the check of the whole value
    /// by a validator; values that it refuses are left out, and others are tried.
    ///
    /// A value has at most a few thousand parts, and recursions end after a few levels.
    ///
    /// # Errors
    /// As [`template`](Self::template), and where no value was accepted.
    pub fn sample(
        &self,
        schema: &Value,
        seed: u64,
        accepts: impl Fn(&Value) -> bool,
    ) -> Result<Value, NoValue> {
        let mut last = NoValue::new(&[], "none of the values that were made up obeys the schema");
        for attempt in 0..ATTEMPTS {
            // Seeds that follow each other give values that have nothing in common.
            let mixed = Random::new(seed).next().wrapping_add(attempt);
            let choice = Choice::Any(Random::new(mixed));
            match Maker::new(&self.schemas, &self.heights, choice, attempt < WITH_EXAMPLES).value(schema) {
                Ok(value) if accepts(&value) => return Ok(value),
                Ok(_) => {}
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

impl NoValue {
    fn new(path: &[String], why: impl Into<String>) -> Self {
        Self { path: path.join("."), why: why.into() }
    }

    /// The part of the value, such as `user.zip`; empty for all of it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for NoValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            formatter.write_str(&self.why)
        } else {
            write!(formatter, "{}: {}", self.path, self.why)
        }
    }
}

impl error::Error for NoValue {}
