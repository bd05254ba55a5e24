//! Displays an error with its sources on one line.

use std::{error::Error, fmt};

/// Displays `error` and its sources, separated by colons. A source that the text before it ends with is not
/// repeated: errors tell the broker's own words themselves.
pub fn chain(error: &dyn Error) -> Chain<'_> {
    Chain(error)
}

/// The result of [`chain`].
#[derive(Debug)]
pub struct Chain<'a>(&'a dyn Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.0.to_string();
        let mut source = self.0.source();
        while let Some(error) = source {
            let next = error.to_string();
            if !text.ends_with(&next) {
                text.push_str(": ");
                text.push_str(&next);
            }
            source = error.source();
        }
        f.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{BrokerError, ConnectError};

    #[test]
    fn an_error_tells_the_broker_s_words_once() {
        let source = BrokerError::new(Some(504), "CHANNEL_ERROR - too many");
        let refused = ConnectError::Refused { what: "channel", source };
        let text = "the broker refused the channel: CHANNEL_ERROR - too many";
        assert_eq!(refused.to_string(), text);
        assert_eq!(chain(&refused).to_string(), text);
    }
}
