//! The errors of decoding. They quote nothing of the body, because errors are logged and bodies hold secrets.

use std::fmt;

/// The limit of nesting, the same as that of `serde_json`.
#[cfg(any(feature = "cbor", feature = "msgpack"))]
pub(super) const MAX_DEPTH: usize = 128;

/// A body that could not be read.
#[derive(Debug)]
pub(crate) struct Malformed {
    /// The path of the invalid field, such as `user.address`; `None` if the body as a whole is invalid.
    pub(crate) field: Option<String>,
    pub(crate) source: Unreadable,
}

impl Malformed {
    #[cfg(any(feature = "cbor", feature = "msgpack"))]
    pub(super) fn left_over(bytes: usize) -> Self {
        let source = Unreadable::text(format!("{bytes} bytes are left over after the value"));
        Self { field: None, source }
    }

    pub(super) fn field_of(path: &serde_path_to_error::Path) -> Option<String> {
        let path = path.to_string();
        (path != ".").then_some(path)
    }
}

/// The reason why a body could not be read. Values that serde quotes from the body are left out. Messages of
/// a type's own `Deserialize` are kept.
#[derive(Debug)]
pub(crate) struct Unreadable(String);

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        let text = error.to_string();
        // Syntax errors quote nothing.
        if error.is_data() { Self::of_serde(&text) } else { Self(text) }
    }
}

impl Unreadable {
    /// A text that quotes nothing of the body.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A message of serde or of a type, which may quote the body.
    pub(super) fn of_serde(text: &str) -> Self {
        Self(without_quotes(text).unwrap_or_else(|| text.to_owned()))
    }
}

/// The text without the values that serde quotes; `None` if it is not one of the texts in which serde quotes.
fn without_quotes(text: &str) -> Option<String> {
    for beginning in ["invalid type: ", "invalid value: "] {
        if let Some(rest) = text.strip_prefix(beginning) {
            // "string \"..\", expected u64", "integer `300`, expected u8", "map, expected a string": the
            // expected type is not a secret.
            let (found, expected) = rest.rsplit_once(", expected ")?;
            let kind = found.split(['"', '`']).next().unwrap_or_default().trim_end();
            return Some(format!("{beginning}{kind}, expected {expected}"));
        }
    }
    for beginning in ["unknown field ", "unknown variant "] {
        if let Some(rest) = text.strip_prefix(beginning) {
            // The known names follow, between backticks as well.
            let known =
                ["`, expected ", "`, there are no "].iter().filter_map(|known| rest.find(known)).min()?;
            return Some(format!("{}{}", beginning.trim_end(), &rest[known + 1..]));
        }
    }
    None
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::{Deserialize, de::DeserializeOwned};

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only read by serde")]
    struct Known {
        a: u8,
    }

    #[derive(Debug, Deserialize)]
    enum Word {
        One,
        Two,
    }

    #[derive(Debug, Deserialize)]
    enum Nothing {}

    fn complaint<T: DeserializeOwned + fmt::Debug>(body: &str) -> String {
        Unreadable::from(serde_json::from_str::<T>(body).unwrap_err()).to_string()
    }

    #[test]
    fn an_error_names_the_problem_and_quotes_nothing_of_the_body() {
        let at = " at line 1 column";
        let said = [
            (complaint::<u64>(r#""secret""#), format!("invalid type: string, expected u64{at} 8")),
            (complaint::<u64>(r#""a, expected b""#), format!("invalid type: string, expected u64{at} 15")),
            (complaint::<u64>(r#""a`b\"c""#), format!("invalid type: string, expected u64{at} 8")),
            (complaint::<u8>("4711"), format!("invalid value: integer, expected u8{at} 4")),
            (complaint::<u8>("47.11"), format!("invalid type: floating point, expected u8{at} 5")),
            (complaint::<String>("true"), format!("invalid type: boolean, expected a string{at} 4")),
            (complaint::<String>("{}"), format!("invalid type: map, expected a string{at} 0")),
            (complaint::<u8>("null"), format!("invalid type: null, expected u8{at} 4")),
            (
                complaint::<BTreeMap<u8, u8>>(r#"{"secret":1}"#),
                "invalid value: expected key to be a number in quotes at line 1 column 2".into(),
            ),
            (complaint::<Known>(r#"{"secret":1}"#), format!("unknown field, expected `a`{at} 9")),
            (complaint::<Word>(r#""secret""#), format!("unknown variant, expected `One` or `Two`{at} 8")),
            (complaint::<Nothing>(r#""secret""#), format!("unknown variant, there are no variants{at} 8")),
            (complaint::<Known>("{}"), format!("missing field `a`{at} 2")),
            (complaint::<Known>("{secret"), format!("key must be a string{at} 2")),
        ];
        for (is, should) in said {
            assert_eq!(is, should);
        }
    }
}
