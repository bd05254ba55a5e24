//! The items of arrays.

use serde_json::Value;

use super::{
    Comparison,
    said::below,
    shape::{Schemas, Shape},
};
use crate::compatibility::Rule;

impl<'a> Comparison<'a, '_> {
    pub(super) fn compare_array(&mut self, path: &str, old: &Shape<'a>, new: &Shape<'a>) {
        self.count_limits(path, old, new, ("minItems", "maxItems"), "items");
        match (tuple_length(old), tuple_length(new)) {
            (Some(old_length), Some(new_length)) => self.tuples(path, (old, old_length), (new, new_length)),
            (None, None) => {
                let items = |shape: &Shape<'a>| shape.keyword("items").collect::<Schemas<'a>>();
                self.compare(&below(path, "[]"), &items(old), &items(new));
            }
            _ => {
                let change = "a list became a tuple, or a tuple a list";
                let values = || Some("arrays of the other form".to_owned());
                self.differ(Rule::TypeChanged, path, change, values(), values());
            }
        }
    }

    /// Tuples, and what may follow their members. Their lengths are limits: what only one may have is reported as such.
    fn tuples(&mut self, path: &str, old: (&Shape<'a>, usize), new: (&Shape<'a>, usize)) {
        let longest = old.1.max(new.1);
        let most = most_items(old.0).min(most_items(new.0));
        for position in 0..longest.min(most) {
            let path = below(path, &format!("[{position}]"));
            self.compare(&path, &item(old.0, position), &item(new.0, position));
        }
        if most > longest {
            self.compare(&below(path, "[]"), &item(old.0, longest), &item(new.0, longest));
        }
    }
}

/// How many members have a schema of their own; `None` if the items are those of a list.
fn tuple_length(shape: &Shape<'_>) -> Option<usize> {
    shape.keyword("items").filter_map(Value::as_array).map(Vec::len).max()
}

fn most_items(shape: &Shape<'_>) -> usize {
    let most = shape.keyword("maxItems").filter_map(Value::as_u64).min();
    most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX)
}

/// What is said of the member of a tuple at this position.
fn item<'a>(shape: &Shape<'a>, position: usize) -> Schemas<'a> {
    let mut schemas = Schemas::new();
    let mut is_beyond = false;
    for items in shape.keyword("items") {
        match items.as_array().map(|tuple| tuple.get(position)) {
            Some(Some(member)) => schemas.push(member),
            Some(None) => is_beyond = true,
            None => schemas.push(items),
        }
    }
    if is_beyond {
        schemas.extend(shape.keyword("additionalItems"));
    }
    schemas
}
