//! Integers and other numbers within the limits of schemas.

use serde_json::{Map, Number, Value};

use super::random::Choice;
use crate::schema::integer_range;

/// Numbers are chosen from so many near zero, or near the limit that is nearest to it: people read them.
const SPREAD: i128 = 100;

/// An integer that all of these schemas allow.
pub(super) fn integer(schemas: &[&Map<String, Value>], choice: &mut Choice) -> Result<Value, String> {
    let said = |keyword: &str| schemas.iter().filter_map(|one| one.get(keyword)).collect::<Vec<_>>();
    let (least, greatest) = integer_range(said);
    // What JSON numbers are read into.
    let (least, greatest) = (least.max(i64::MIN.into()), greatest.min(u64::MAX.into()));
    if least > greatest {
        return Err(format!("no integer is at least {least} and at most {greatest}"));
    }
    let step = said("multipleOf").into_iter().find_map(Value::as_f64).unwrap_or(1.0);
    let step = if step >= 1.0 && step.fract() == 0.0 { step as i128 } else { 1 };
    let nearest = 0.clamp(least, greatest);
    // Multiples of the step, counted from the one that is nearest to zero.
    let (first, direction) = if nearest == greatest && nearest < 0 {
        (nearest.div_euclid(step), -1)
    } else {
        (-(-nearest).div_euclid(step), 1)
    };
    let room =
        if direction > 0 { greatest.div_euclid(step) - first } else { first + (-least).div_euclid(step) };
    if room < 0 {
        return Err(format!("no multiple of {step} is at least {least} and at most {greatest}"));
    }
    let count = usize::try_from(room.min(SPREAD) + 1).unwrap_or(1);
    let number = (first + direction * choice.pick(count) as i128) * step;
    i64::try_from(number)
        .map(Value::from)
        .or_else(|_| u64::try_from(number).map(Value::from))
        .map_err(|_| format!("{number} does not fit into 64 bits"))
}

/// A number, with a fraction perhaps, that all of these schemas allow.
pub(super) fn number(schemas: &[&Map<String, Value>], choice: &mut Choice) -> Result<Value, String> {
    let said =
        |keyword: &str| schemas.iter().filter_map(|one| one.get(keyword)?.as_f64()).collect::<Vec<_>>();
    let least =
        [said("minimum"), said("exclusiveMinimum")].concat().into_iter().fold(f64::NEG_INFINITY, f64::max);
    let greatest =
        [said("maximum"), said("exclusiveMaximum")].concat().into_iter().fold(f64::INFINITY, f64::min);
    if least > greatest {
        return Err(format!("no number is at least {least} and at most {greatest}"));
    }
    let is_allowed = |number: f64| {
        (least..=greatest).contains(&number)
            && said("exclusiveMinimum").iter().all(|limit| number > *limit)
            && said("exclusiveMaximum").iter().all(|limit| number < *limit)
    };
    let found = match said("multipleOf").into_iter().find(|step| *step > 0.0) {
        Some(step) => multiple(step, least, greatest, choice),
        None => between(least, greatest, choice),
    };
    // An end that is excluded: the middle is not, unless nothing is left; nor is what lies beyond a single end.
    let middle = least + (greatest - least) / 2.0;
    let candidates = [found, middle, least + 1.0, greatest - 1.0];
    let allowed = candidates.into_iter().find(|number| number.is_finite() && is_allowed(*number));
    let allowed = allowed.ok_or_else(|| format!("no number between {least} and {greatest} was found"))?;
    Number::from_f64(allowed).map(Value::Number).ok_or_else(|| format!("JSON has no {allowed}"))
}

fn between(least: f64, greatest: f64, choice: &mut Choice) -> f64 {
    let steps = choice.pick(SPREAD as usize) as f64;
    match (least.is_finite(), greatest.is_finite()) {
        (true, true) if choice.is_first() && least <= 0.0 && greatest >= 0.0 => 0.0,
        (true, true) => least + (greatest - least) * (steps / SPREAD as f64),
        (true, false) => least.max(0.0) + steps / 4.0,
        (false, true) => greatest.min(0.0) - steps / 4.0,
        (false, false) => steps / 4.0,
    }
}

fn multiple(step: f64, least: f64, greatest: f64, choice: &mut Choice) -> f64 {
    let nearest = 0_f64.clamp(least, greatest);
    let first = if nearest < 0.0 { (nearest / step).floor() } else { (nearest / step).ceil() };
    let far = if nearest < 0.0 { first - least / step } else { greatest / step - first };
    let count = far.clamp(0.0, SPREAD as f64) as usize + 1;
    let steps = choice.pick(count) as f64;
    (if nearest < 0.0 { first - steps } else { first + steps }) * step
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{
        super::random::{Choice, Random},
        *,
    };

    type Make = fn(&[&Map<String, Value>], &mut Choice) -> Result<Value, String>;

    fn made(schema: &Value, make: Make) -> Vec<Value> {
        let keywords = schema.as_object().unwrap();
        let mut choices = vec![Choice::First];
        choices.extend((0..50).map(|seed| Choice::Any(Random::new(seed))));
        choices.iter_mut().map(|choice| make(&[keywords], choice).unwrap()).collect()
    }

    #[test]
    fn integers_keep_their_limits() {
        for (schema, least, greatest, step) in [
            (json!({}), i128::from(i64::MIN), i128::from(u64::MAX), 1),
            (json!({ "format": "uint8" }), 0, 255, 1),
            (json!({ "minimum": 5, "maximum": 7 }), 5, 7, 1),
            (json!({ "exclusiveMinimum": 5, "exclusiveMaximum": 7 }), 6, 6, 1),
            (json!({ "maximum": -5, "minimum": -100, "multipleOf": 3 }), -100, -5, 3),
            (json!({ "minimum": 1, "multipleOf": 7 }), 1, i128::from(u64::MAX), 7),
            (json!({ "minimum": u64::MAX }), i128::from(u64::MAX), i128::from(u64::MAX), 1),
            (
                json!({ "minimum": i64::MIN, "maximum": i64::MIN }),
                i128::from(i64::MIN),
                i128::from(i64::MIN),
                1,
            ),
        ] {
            for value in made(&schema, integer) {
                let number: i128 = value.to_string().parse().unwrap();
                assert!((least..=greatest).contains(&number) && number % step == 0, "{number}: {schema}");
            }
        }
        let none = json!({ "minimum": 1, "maximum": 2, "multipleOf": 5 });
        assert!(integer(&[none.as_object().unwrap()], &mut Choice::First).is_err());
    }

    #[test]
    fn numbers_keep_their_limits() {
        for (schema, least, greatest) in [
            (json!({}), f64::MIN, f64::MAX),
            (json!({ "minimum": 0.5, "maximum": 1.5 }), 0.5, 1.5),
            (json!({ "exclusiveMinimum": 0, "maximum": 1 }), f64::MIN_POSITIVE, 1.0),
            (json!({ "exclusiveMaximum": -3 }), f64::MIN, -3.0_f64.next_up()),
            (json!({ "minimum": 0.1, "multipleOf": 0.25 }), 0.25, f64::MAX),
        ] {
            for value in made(&schema, number) {
                assert!((least..=greatest).contains(&value.as_f64().unwrap()), "{value}: {schema}");
            }
        }
        let none = json!({ "minimum": 2, "maximum": 1 });
        assert!(number(&[none.as_object().unwrap()], &mut Choice::First).is_err());
    }
}
