//! The form of what is printed.

use clap::ValueEnum;
use serde_json::Value;

/// The form of what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// JSON on one line. Default where stdout is no terminal.
    Json,
    /// JSON with indentation.
    Pretty,
    /// Tables, and values as JSON with indentation. Default on a terminal.
    Table,
}

impl Form {
    /// The JSON of a value in this form.
    pub(crate) fn text_of(self, value: &Value) -> String {
        match self {
            Self::Json => value.to_string(),
            Self::Pretty | Self::Table => format!("{value:#}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_one_line_and_the_others_are_indented() {
        let value = json!({"n": 1});
        assert_eq!(Form::Json.text_of(&value), r#"{"n":1}"#);
        assert_eq!(Form::Pretty.text_of(&value), "{\n  \"n\": 1\n}");
        assert_eq!(Form::Table.text_of(&value), Form::Pretty.text_of(&value));
    }
}
