//! Strings: of a pattern, of a format, or words.

use serde_json::{Map, Value};

use super::{
    format,
    pattern::{Pattern, Repetitions},
    random::{Choice, Random},
};

/// Longer strings are not made up.
const MAX_CHARS: usize = 64 * 1024;
/// A text of a pattern is searched so often until its length fits.
const ATTEMPTS: usize = 128;

const WORDS: [&str; 8] = ["alder", "birch", "cedar", "elm", "hazel", "maple", "oak", "willow"];

/// A string that all of these schemas allow.
pub(super) fn text(schemas: &[&Map<String, Value>], choice: &mut Choice) -> Result<String, String> {
    let numbers =
        |keyword: &str| schemas.iter().filter_map(|one| one.get(keyword)?.as_u64()).collect::<Vec<_>>();
    let texts =
        |keyword: &str| schemas.iter().filter_map(|one| one.get(keyword)?.as_str()).collect::<Vec<_>>();
    let as_usize = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let shortest = numbers("minLength").into_iter().max().map_or(0, as_usize);
    let longest = numbers("maxLength").into_iter().min().map_or(MAX_CHARS, as_usize).min(MAX_CHARS);
    if shortest > longest {
        return Err(format!("no string of at least {shortest} characters is made up"));
    }
    if let Some(pattern) = texts("pattern").first() {
        return of_pattern(&Pattern::parse(pattern)?, shortest, longest, &mut choice.random());
    }
    let of_format = texts("format").into_iter().find_map(|name| format::sample(name, choice));
    match of_format.filter(|text| (shortest..=longest).contains(&text.chars().count())) {
        Some(text) => Ok(text),
        None => Ok(fitted(
            if choice.is_first() { "text" } else { WORDS[choice.pick(WORDS.len())] },
            shortest,
            longest,
        )),
    }
}

fn of_pattern(
    pattern: &Pattern,
    shortest: usize,
    longest: usize,
    random: &mut Random,
) -> Result<String, String> {
    for attempt in 0..ATTEMPTS {
        // At first any number of repetitions, then so many that the text may just be long enough.
        let more = match attempt.checked_sub(ATTEMPTS / 4) {
            None => Repetitions::UpTo(shortest),
            Some(fewer) => Repetitions::Exactly(shortest.saturating_sub(fewer)),
        };
        if let Ok(text) = pattern.text(random, more, longest)
            && text.chars().count() >= shortest
        {
            return Ok(text);
        }
    }
    Err(format!("no text of the pattern was found that has {shortest} to {longest} characters"))
}

/// The word, repeated or cut until it fits.
fn fitted(word: &str, shortest: usize, longest: usize) -> String {
    let length = word.chars().count().clamp(shortest, longest);
    word.chars().cycle().take(length).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn strings_keep_their_limits() {
        for (schema, shortest, longest) in [
            (json!({ "maxLength": 2 }), 0, 2),
            (json!({ "maxLength": 0 }), 0, 0),
            (json!({ "minLength": 100 }), 100, 100),
            (json!({ "pattern": "^[a-z]+$", "minLength": 20, "maxLength": 25 }), 20, 25),
            (json!({ "pattern": "^[a-z]+$", "minLength": 1_000, "maxLength": 1_000 }), 1_000, 1_000),
            (json!({ "format": "uuid" }), 36, 36),
            (json!({ "format": "uuid", "maxLength": 5 }), 0, 5),
        ] {
            let schemas = [schema.as_object().unwrap()];
            let choices = (0..30).map(|seed| Choice::Any(Random::new(seed)));
            for mut choice in choices.chain([Choice::First]) {
                let made = text(&schemas, &mut choice).unwrap();
                assert!((shortest..=longest).contains(&made.chars().count()), "{made:?}: {schema}");
            }
        }
        for none in [json!({ "minLength": 1_000_000_000_000_u64 }), json!({ "minLength": 2, "maxLength": 1 })]
        {
            assert!(text(&[none.as_object().unwrap()], &mut Choice::First).is_err(), "{none}");
        }
    }
}
