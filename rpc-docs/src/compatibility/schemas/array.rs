//! The items of arrays.

use serde_json::Value;

use super::{Comparison, shape::Shape};
use crate::compatibility::Rule;

/// The items of an array whose schema does not say them.
static ANYTHING: Value = Value::Bool(true);

impl<'a> Comparison<'a, '_> {
    pub(super) fn compare_array(&mut self, path: &str, old: &Shape<'a>, new: &Shape<'a>) {
        self.count_limits(path, old, new, ("minItems", "maxItems"), "items");
        match (old.keyword("items"), new.keyword("items")) {
            // A tuple. Its length is a limit.
            (Some(Value::Array(old)), Some(Value::Array(new))) => {
                for (position, (old, new)) in old.iter().zip(new).enumerate() {
                    self.compare(&format!("{path}[{position}]"), old, new);
                }
            }
            (Some(Value::Array(_)), _) | (_, Some(Value::Array(_))) => {
                let change = "a list became a tuple, or a tuple a list";
                let values = || Some("arrays of the other form".to_owned());
                self.differ(Rule::TypeChanged, path, change, values(), values());
            }
            (old, new) => {
                self.compare(&format!("{path}[]"), old.unwrap_or(&ANYTHING), new.unwrap_or(&ANYTHING));
            }
        }
    }
}
