//! Limits, and constraints that can only be compared as a whole.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Comparison, shape::Shape};
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
        let count = |shape: &Shape<'a>, keyword: &str| shape.keyword(keyword).and_then(Value::as_u64);
        let (old_least, new_least) = (count(old, least).unwrap_or(0), count(new, least).unwrap_or(0));
        if old_least != new_least {
            let change = format!("it has at least {new_least} {units}, and had {old_least}");
            let fewer = format!("fewer than {} {units}", old_least.max(new_least));
            self.narrowed_or_widened(path, change, fewer, old_least < new_least);
        }
        let (old_greatest, new_greatest) = (count(old, greatest), count(new, greatest));
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
        let keywords: BTreeSet<&str> = old.keywords.keys().chain(new.keywords.keys()).copied().collect();
        for keyword in keywords {
            if COMPARED.contains(&keyword) || (keyword == "format" && !is_text) {
                continue;
            }
            let set =
                |shape: &Shape<'a>| shape.keyword(keyword).filter(|value| **value != Value::Bool(false));
            let values = |value: &Value| Some(format!("values that do not obey `{keyword}` {value}"));
            match (set(old), set(new)) {
                (None, Some(to)) => {
                    let change = format!("`{keyword}` is {to}, and was not set");
                    self.differ(Rule::ConstraintAdded, path, change, values(to), None);
                }
                (Some(from), None) => {
                    let change = format!("`{keyword}` is not set, and was {from}");
                    self.differ(Rule::ConstraintRemoved, path, change, None, values(from));
                }
                (Some(from), Some(to)) if from != to => {
                    let change = format!("`{keyword}` is {to}, and was {from}");
                    self.differ(Rule::ConstraintChanged, path, change, values(to), values(from));
                }
                _ => {}
            }
        }
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
        shape.keyword(keyword).and_then(Value::as_f64).map(|number| Bound { number, excluded })
    };
    let highest = |bounds: [Option<Bound>; 2]| {
        bounds.into_iter().flatten().fold(Bound { number: f64::NEG_INFINITY, excluded: 0 }, |one, other| {
            if other > one { other } else { one }
        })
    };
    let lowest = |bounds: [Option<Bound>; 2]| {
        bounds.into_iter().flatten().fold(Bound { number: f64::INFINITY, excluded: 0 }, |one, other| {
            if other < one { other } else { one }
        })
    };
    (
        highest([of("minimum", 0), of("exclusiveMinimum", 1)]),
        lowest([of("maximum", 0), of("exclusiveMaximum", -1)]),
    )
}
