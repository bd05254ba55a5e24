//! How a peer's call ended, as its program prints it.

use serde_json::Value;

/// What the framework's client returned or raised.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    Value(Value),
    Error {
        /// The class or the code of the error; null where it has none.
        kind: Value,
        message: String,
        /// The rest, which differs between frameworks.
        more: Value,
    },
    TimedOut,
}

impl Outcome {
    /// Reads the one line that `call` prints.
    pub(super) fn parse(printed: &str) -> Self {
        let not_an_outcome = || -> ! { panic!("not one line with an outcome: {printed}") };
        let Ok(Value::Object(mut line)) = serde_json::from_str(printed) else { not_an_outcome() };
        if let Some(value) = line.remove("value") {
            Self::Value(value)
        } else if let Some(Value::Object(mut error)) = line.remove("error") {
            let kind = error.remove("kind").unwrap_or_default();
            let message = error.remove("message");
            let message = message.and_then(|message| message.as_str().map(str::to_owned)).unwrap_or_default();
            Self::Error { kind, message, more: Value::Object(error) }
        } else if line.get("timeout") == Some(&Value::Bool(true)) {
            Self::TimedOut
        } else {
            not_an_outcome()
        }
    }

    /// Whether it is an error of this kind whose message contains `text`.
    pub(crate) fn is_error(&self, expected: &str, text: &str) -> bool {
        matches!(self, Self::Error { kind, message, .. } if kind == expected && message.contains(text))
    }
}
