//! The limits of numbers.

use serde_json::{Map, Number, Value};

use super::{
    super::{mismatch::Kind, path::Path},
    Checker,
};
use crate::schema::integer_range;

pub(super) fn check(
    checker: &mut Checker<'_>,
    keywords: &Map<String, Value>,
    number: &Number,
    path: Path<'_>,
) {
    let expected = match integer(number) {
        Some(integer) => of_integer(keywords, integer),
        None => of_double(keywords, number.as_f64().unwrap_or_default()),
    };
    if let Some(expected) = expected {
        checker.mismatch(path, Kind::Limit, expected, &Value::Number(number.clone()));
    }
}

fn integer(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

fn of_integer(keywords: &Map<String, Value>, integer: i128) -> Option<String> {
    let (least, greatest) = integer_range(|name| keywords.get(name));
    if integer < least {
        return Some(format!("{least} at least"));
    }
    if integer > greatest {
        return Some(format!("{greatest} at most"));
    }
    let divisor = keywords.get("multipleOf").and_then(Value::as_i64).filter(|divisor| *divisor > 0)?;
    (integer % i128::from(divisor) != 0).then(|| format!("a multiple of {divisor}"))
}

fn of_double(keywords: &Map<String, Value>, double: f64) -> Option<String> {
    let limit = |name: &str| keywords.get(name).and_then(Value::as_f64);
    let broken = [
        limit("minimum").filter(|limit| double < *limit).map(|limit| format!("{limit} at least")),
        limit("maximum").filter(|limit| double > *limit).map(|limit| format!("{limit} at most")),
        limit("exclusiveMinimum").filter(|limit| double <= *limit).map(|limit| format!("more than {limit}")),
        limit("exclusiveMaximum").filter(|limit| double >= *limit).map(|limit| format!("less than {limit}")),
    ];
    broken.into_iter().flatten().next()
}
