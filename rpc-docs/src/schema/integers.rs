//! The integers that a schema allows.

use serde_json::Value;

/// The least and the greatest integer that the limits and the format of a schema allow. Where nothing says one, it
/// is that of `i128`.
///
/// `keyword` has what the schema says of a keyword, and all of it where that is more than one value.
pub(crate) fn integer_range<'a, I: IntoIterator<Item = &'a Value>>(
    keyword: impl Fn(&str) -> I,
) -> (i128, i128) {
    let (mut least, mut greatest) = (i128::MIN, i128::MAX);
    for format in keyword("format") {
        let of_format = of_format(format.as_str());
        (least, greatest) = (least.max(of_format.0), greatest.min(of_format.1));
    }
    // A number with a fraction, or beyond 64 bits, is read as a double: rounded inwards.
    let bounds = |name: &str, round: fn(f64) -> f64| {
        keyword(name).into_iter().filter_map(move |value| {
            let Value::Number(number) = value else { return None };
            number
                .as_i64()
                .map(i128::from)
                .or_else(|| number.as_u64().map(i128::from))
                .or_else(|| number.as_f64().map(|double| round(double) as i128))
        })
    };
    for minimum in bounds("minimum", f64::ceil) {
        least = least.max(minimum);
    }
    for maximum in bounds("maximum", f64::floor) {
        greatest = greatest.min(maximum);
    }
    for exclusive in bounds("exclusiveMinimum", f64::floor) {
        least = least.max(exclusive.saturating_add(1));
    }
    for exclusive in bounds("exclusiveMaximum", f64::ceil) {
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
