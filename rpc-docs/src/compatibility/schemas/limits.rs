//! Limits, and constraints that can only be compared as a whole.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use super::{
    Comparison,
    budget::steps_of,
    said::{self, below},
    shape::{Schemas, Shape},
};
use crate::{compatibility::Rule, schema::integer_range};

/// Keywords that are compared by what they mean. `format` is one of numbers only.
const COMPARED: [&str; 18] = [
    "additionalItems",
    "additionalProperties",
    "const",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "properties",
    "required",
    "type",
];

/// Keywords that hold a schema, and allow less where it does.
const FOLLOWING_THEIR_SCHEMA: [&str; 2] = ["contains", "propertyNames"];

/// Other keywords that hold a schema, or several.
const HOLDING_SCHEMAS: [&str; 10] = [
    "contentSchema",
    "dependencies",
    "dependentSchemas",
    "else",
    "if",
    "not",
    "prefixItems",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];

impl<'a> Comparison<'a, '_> {
    /// The limits of two numbers, each of which may be an integer.
    pub(super) fn number_limits(&mut self, path: &str, old: (&Shape<'a>, bool), new: (&Shape<'a>, bool)) {
        if let (true, true) = (old.1, new.1) {
            let range = |shape: &Shape<'a>| integer_range(|keyword| shape.keyword(keyword));
            self.limits(path, range(old.0), range(new.0), |number| match number {
                i128::MIN | i128::MAX => "not limited".to_owned(),
                number => number.to_string(),
            });
        } else {
            self.limits(path, bounds(old), bounds(new), |bound| bound.to_string());
        }
    }

    /// The least and the greatest number of both sides.
    fn limits<N: PartialOrd + Copy>(
        &mut self,
        path: &str,
        old: (N, N),
        new: (N, N),
        said: impl Fn(N) -> String,
    ) {
        let least = format!("the least number is {}, and was {}", said(new.0), said(old.0));
        if old.0 < new.0 {
            self.narrowed_or_widened(path, least, format!("numbers below {}", said(new.0)), true);
        } else if old.0 > new.0 {
            self.narrowed_or_widened(path, least, format!("numbers below {}", said(old.0)), false);
        }
        let greatest = format!("the greatest number is {}, and was {}", said(new.1), said(old.1));
        if old.1 > new.1 {
            self.narrowed_or_widened(path, greatest, format!("numbers above {}", said(new.1)), true);
        } else if old.1 < new.1 {
            self.narrowed_or_widened(path, greatest, format!("numbers above {}", said(old.1)), false);
        }
    }

    /// The limits of how many `units` there are: characters, items, members.
    pub(super) fn count_limits(
        &mut self,
        path: &str,
        old: &Shape<'a>,
        new: &Shape<'a>,
        (least, greatest): (&str, &str),
        units: &str,
    ) {
        let at_least = |shape: &Shape<'a>| shape.keyword(least).filter_map(Value::as_u64).max().unwrap_or(0);
        let (old_least, new_least) = (at_least(old), at_least(new));
        if old_least != new_least {
            let change = format!("it has at least {new_least} {units}, and had {old_least}");
            let fewer = format!("fewer than {} {units}", old_least.max(new_least));
            self.narrowed_or_widened(path, change, fewer, old_least < new_least);
        }
        let at_most = |shape: &Shape<'a>| shape.keyword(greatest).filter_map(Value::as_u64).min();
        let (old_greatest, new_greatest) = (at_most(old), at_most(new));
        if old_greatest != new_greatest {
            let said = |limit: Option<u64>| {
                limit.map_or_else(|| "any number of".to_owned(), |limit| limit.to_string())
            };
            let change =
                format!("it has at most {} {units}, and had {}", said(new_greatest), said(old_greatest));
            let (old, new) = (old_greatest.unwrap_or(u64::MAX), new_greatest.unwrap_or(u64::MAX));
            let more = format!("more than {} {units}", old.min(new));
            self.narrowed_or_widened(path, change, more, old > new);
        }
    }

    fn narrowed_or_widened(&mut self, path: &str, change: String, values: String, is_narrower: bool) {
        if is_narrower {
            self.differ(Rule::LimitNarrowed, path, change, Some(values), None);
        } else {
            self.differ(Rule::LimitWidened, path, change, None, Some(values));
        }
    }

    /// What has no rule of its own is compared as a whole: a pattern, a format, `uniqueItems`, `multipleOf`.
    pub(super) fn constraints(&mut self, path: &str, old: &Shape<'a>, new: &Shape<'a>, is_text: bool) {
        let keywords: BTreeSet<&str> = old.keywords().chain(new.keywords()).collect();
        for keyword in keywords {
            if COMPARED.contains(&keyword) || (keyword == "format" && !is_text) {
                continue;
            }
            let (from, to) = (set(old, keyword), set(new, keyword));
            if !self.budget.take_steps(from.iter().chain(&to).copied().map(steps_of).sum()) {
                return;
            }
            match (from.is_empty(), to.is_empty()) {
                (false, false) if FOLLOWING_THEIR_SCHEMA.contains(&keyword) => {
                    self.compare(&below(path, &format!("{{{keyword}}}")), &from, &to);
                }
                (false, false) if holds_schemas(keyword, from.iter().chain(&to)) => {
                    let refers = from.iter().chain(&to).any(|value| mentions_reference(value));
                    if refers || !only_in(&from, &to).is_empty() || !only_in(&to, &from).is_empty() {
                        self.unreadable(path, &format!("`{keyword}` holds schemas, which are not compared"));
                    }
                }
                _ => self.constraint(path, keyword, &from, &to),
            }
        }
    }

    /// One constraint, with what each part says of it.
    fn constraint(&mut self, path: &str, keyword: &str, from: &[&'a Value], to: &[&'a Value]) {
        let (removed, added) = (only_in(from, to), only_in(to, from));
        let said = |values: &[&Value]| {
            let said: Vec<String> = values.iter().take(MAX_SAID).map(|value| said::json(value)).collect();
            if said.is_empty() { "not set".to_owned() } else { said.join(" and ") }
        };
        let rule = match (removed.is_empty(), added.is_empty()) {
            (true, true) => return,
            (true, false) => Rule::ConstraintAdded,
            (false, true) => Rule::ConstraintRemoved,
            (false, false) => Rule::ConstraintChanged,
        };
        let change = format!("`{keyword}` is {}, and was {}", said(to), said(from));
        let values = |values: &[&Value]| {
            (!values.is_empty()).then(|| format!("values that do not obey `{keyword}` {}", said(values)))
        };
        self.differ(rule, path, change, values(&added), values(&removed));
    }
}

/// The most parts of a constraint that are said.
const MAX_SAID: usize = 5;

/// What is said of a keyword, without what says nothing.
fn set<'a>(shape: &Shape<'a>, keyword: &str) -> Schemas<'a> {
    let says_something = |value: &&Value| keyword != "uniqueItems" || **value != Value::Bool(false);
    shape.keyword(keyword).filter(says_something).collect()
}

/// The values of `some` that `others` has not.
fn only_in<'a>(some: &[&'a Value], others: &[&Value]) -> Vec<&'a Value> {
    // Most keywords are said once.
    if let ([one], [other]) = (some, others) {
        return if one == other { Vec::new() } else { vec![one] };
    }
    let others: HashSet<&Value> = others.iter().copied().collect();
    some.iter().copied().filter(|value| !others.contains(value)).collect()
}

/// Whether the keyword holds schemas: one that is known to, or one that is unknown and refers to some.
fn holds_schemas<'a>(keyword: &str, values: impl IntoIterator<Item = &'a &'a Value>) -> bool {
    HOLDING_SCHEMAS.contains(&keyword) || values.into_iter().any(|value| mentions_reference(value))
}

/// A reference stays as it is while the definition that it leads to changes.
fn mentions_reference(value: &Value) -> bool {
    match value {
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name == "$ref" || name == "$dynamicRef" || mentions_reference(value)),
        Value::Array(values) => values.iter().any(mentions_reference),
        _ => false,
    }
}

/// A limit, and whether the number itself is excluded.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
struct Bound {
    number: f64,
    /// Later in the order, and so a higher lower bound: `-1` below which, `1` above which it is.
    excluded: i8,
}

impl std::fmt::Display for Bound {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let number = self.number;
        match self.excluded {
            _ if number.is_infinite() => formatter.write_str("not limited"),
            0 => write!(formatter, "{number}"),
            1.. => write!(formatter, "more than {number}"),
            _ => write!(formatter, "less than {number}"),
        }
    }
}

/// The least and the greatest number.
fn bounds((shape, is_integer): (&Shape<'_>, bool)) -> (Bound, Bound) {
    if is_integer {
        let (least, greatest) = integer_range(|keyword| shape.keyword(keyword));
        let bound = |number: i128, unlimited: i128, infinity: f64| Bound {
            number: if number == unlimited { infinity } else { number as f64 },
            excluded: 0,
        };
        return (bound(least, i128::MIN, f64::NEG_INFINITY), bound(greatest, i128::MAX, f64::INFINITY));
    }
    let of = |keyword: &str, excluded: i8| {
        shape.keyword(keyword).filter_map(Value::as_f64).map(move |number| Bound { number, excluded })
    };
    let highest = of("minimum", 0).chain(of("exclusiveMinimum", 1)).fold(
        Bound { number: f64::NEG_INFINITY, excluded: 0 },
        |one, other| {
            if other > one { other } else { one }
        },
    );
    let lowest = of("maximum", 0).chain(of("exclusiveMaximum", -1)).fold(
        Bound { number: f64::INFINITY, excluded: 0 },
        |one, other| {
            if other < one { other } else { one }
        },
    );
    (highest, lowest)
}
