//! The integers that a schema allows.

use serde_json::Value;

/// The least and the greatest integer that the limits and the format of a schema allow. Where nothing says one, it
/// is that of `i128`.
pub(crate) fn integer_range<'a>(keyword: impl Fn(&str) -> Option<&'a Value>) -> (i128, i128) {
    let (mut least, mut greatest) = of_format(keyword("format").and_then(Value::as_str));
    // A number with a fraction, or beyond 64 bits, is read as a double: rounded inwards.
    let bound = |name: &str, round: fn(f64) -> f64| match keyword(name) {
        Some(Value::Number(number)) => number
            .as_i64()
            .map(i128::from)
            .or_else(|| number.as_u64().map(i128::from))
            .or_else(|| number.as_f64().map(|double| round(double) as i128)),
        _ => None,
    };
    if let Some(minimum) = bound("minimum", f64::ceil) {
        least = least.max(minimum);
    }
    if let Some(maximum) = bound("maximum", f64::floor) {
        greatest = greatest.min(maximum);
    }
    if let Some(exclusive) = bound("exclusiveMinimum", f64::floor) {
        least = least.max(exclusive.saturating_add(1));
    }
    if let Some(exclusive) = bound("exclusiveMaximum", f64::ceil) {
        greatest = greatest.min(exclusive.saturating_sub(1));
    }
    (least, greatest)
}

/// The formats of Rust's integers, and OpenAPI's.
fn of_format(format: Option<&str>) -> (i128, i128) {
    match format {
        Some("int8") => (i8::MIN.into(), i8::MAX.into()),
        Some("int16") => (i16::MIN.into(), i16::MAX.into()),
        Some("int32") => (i32::MIN.into(), i32::MAX.into()),
        Some("int64" | "int") => (i64::MIN.into(), i64::MAX.into()),
        Some("uint8") => (0, u8::MAX.into()),
        Some("uint16") => (0, u16::MAX.into()),
        Some("uint32") => (0, u32::MAX.into()),
        Some("uint64" | "uint") => (0, u64::MAX.into()),
        Some("uint128") => (0, i128::MAX),
        _ => (i128::MIN, i128::MAX),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn limits_and_formats_both_count() {
        let range = |schema: Value| integer_range(|keyword| schema.get(keyword));
        assert_eq!(range(json!({ "format": "uint8" })), (0, 255));
        assert_eq!(range(json!({ "format": "uint8", "maximum": 90, "minimum": -3 })), (0, 90));
        assert_eq!(range(json!({ "exclusiveMinimum": 0, "exclusiveMaximum": 10 })), (1, 9));
        assert_eq!(range(json!({ "minimum": 0.5, "maximum": 9.5 })), (1, 9));
        assert_eq!(range(json!({ "exclusiveMinimum": 0.5, "exclusiveMaximum": 9.5 })), (1, 9));
        assert_eq!(range(json!({ "minimum": "0" })), (i128::MIN, i128::MAX));
        assert_eq!(range(json!({ "maximum": u64::MAX })).1, i128::from(u64::MAX));
    }
}
