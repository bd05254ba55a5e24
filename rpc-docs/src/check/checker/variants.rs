//! `anyOf` and `oneOf`: which variant was meant.

use serde_json::Value;

use super::{
    super::{
        mismatch::{Kind, Mismatch},
        path::Path,
    },
    Checker,
};

/// The most variants that a message lists.
const MAX_LISTED: usize = 10;

/// Nothing where a variant fits. Else what is wrong with the one that was meant, if one stands out: a message about each
/// variant would help nobody.
pub(super) fn check(checker: &mut Checker<'_>, schemas: &[Value], value: &Value, path: Path<'_>) {
    let mut best: Option<(Distance, Vec<Mismatch>)> = None;
    let mut is_unique = true;
    let here = path.to_string();
    for schema in schemas {
        let found = checker.apart(|checker| checker.value(schema, value, path));
        if found.is_empty() {
            return;
        }
        let distance = Distance::of(&found, &here);
        match &best {
            Some((least, _)) if *least < distance => {}
            Some((least, _)) if *least == distance => is_unique = false,
            _ => (best, is_unique) = (Some((distance, found)), true),
        }
    }
    match best {
        Some((Distance { wrong_here: false, .. }, found)) if is_unique => checker.extend(found),
        Some(_) => {
            let mut expected: Vec<_> = Vec::new();
            for schema in schemas {
                let text = name(schema).unwrap_or_else(|| checker.expected(schema));
                if !expected.contains(&text) {
                    expected.push(text);
                }
            }
            if expected.len() > MAX_LISTED {
                expected.truncate(MAX_LISTED);
                expected.push("…".to_owned());
            }
            checker.mismatch(path, Kind::Other, expected.join(" or "), value);
        }
        // No variants at all.
        None => {}
    }
}

/// How far a value is from a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Distance {
    /// The value itself is of another type, or another constant.
    wrong_here: bool,
    /// How many members and values have another type or constant, or are missing.
    others: usize,
}

impl Distance {
    fn of(found: &[Mismatch], here: &str) -> Self {
        let wrong_here = found.iter().any(|mismatch| mismatch.kind == Kind::Other && mismatch.path == here);
        let others = found.iter().filter(|mismatch| mismatch.kind != Kind::Limit).count();
        Self { wrong_here, others }
    }
}

/// What a variant is called: its constant, the constant of its tag, or its only member.
fn name(schema: &Value) -> Option<String> {
    if let Some(constant) = schema.get("const") {
        return Some(constant.to_string());
    }
    if let Some(Value::Array(values)) = schema.get("enum")
        && let [value] = values.as_slice()
    {
        return Some(value.to_string());
    }
    let properties = schema.get("properties")?.as_object()?;
    let tag = properties.iter().find_map(|(name, schema)| {
        schema.get("const").map(|constant| format!("an object with {name} {constant}"))
    });
    tag.or_else(|| {
        let mut names = properties.keys();
        match (names.next(), names.next()) {
            (Some(name), None) => Some(format!("an object with {name}")),
            _ => None,
        }
    })
}
