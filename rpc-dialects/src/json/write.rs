//! Writing envelopes around JSON that is written already.

/// The text as a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text is always JSON")
}

/// An object with these members, whose values are JSON.
pub(crate) fn object<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let members = members.into_iter().map(|(name, value)| format!("{}:{value}", quoted(name)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// An array of these values, which are JSON.
pub(crate) fn array<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    format!("[{}]", values.into_iter().collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_and_values_are_taken_as_they_are() {
        assert_eq!(object([("n\"", "30"), ("list", "[1]")]), r#"{"n\"":30,"list":[1]}"#);
        assert_eq!(object([]), "{}");
        assert_eq!(array(["30", "{}"]), "[30,{}]");
    }
}
