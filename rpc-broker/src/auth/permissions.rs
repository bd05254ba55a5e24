//! Permissions of a user in a virtual host: patterns of names, as in RabbitMQ.

use regex_lite::Regex;

/// The queues and exchanges that a user may configure, write to and read from, as patterns of their names.
///
/// A pattern is a regular expression that is searched in the name, so anchor it: `^fib$`. The empty pattern
/// matches no name. The default exchange is called `amq.default`. Declaring needs configure, publishing needs
/// write on the exchange, consuming needs read on the queue, binding needs write on the queue and read on the
/// exchange; RabbitMQ's guide to access control lists all operations.
#[derive(Clone, Debug)]
pub struct Permissions {
    configure: Pattern,
    write: Pattern,
    read: Pattern,
}

/// The error for a pattern that is not a regular expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` is not a regular expression: {reason}")]
pub struct InvalidPattern {
    pattern: String,
    reason: String,
}

impl Permissions {
    /// Creates permissions from three patterns.
    ///
    /// # Errors
    ///
    /// When a pattern is not a regular expression.
    ///
    /// ```
    /// use amqp_rpc_broker::Permissions;
    ///
    /// // A client that may publish to one exchange, and nothing else.
    /// assert!(Permissions::new("^$", "^rpc$", "^$").is_ok());
    /// assert!(Permissions::new("(", "", "").is_err());
    /// ```
    pub fn new(configure: &str, write: &str, read: &str) -> Result<Self, InvalidPattern> {
        Ok(Self {
            configure: Pattern::parse(configure)?,
            write: Pattern::parse(write)?,
            read: Pattern::parse(read)?,
        })
    }

    /// Allows everything.
    #[must_use]
    pub fn all() -> Self {
        Self { configure: Pattern::All, write: Pattern::All, read: Pattern::All }
    }

    /// Allows only to connect, and what needs no permission: passive declarations (except in the likeness of
    /// RabbitMQ 4.3) and direct replies (except in that of LavinMQ).
    #[must_use]
    pub fn none() -> Self {
        Self { configure: Pattern::Nothing, write: Pattern::Nothing, read: Pattern::Nothing }
    }

    pub(crate) fn may_configure(&self, name: &str) -> bool {
        self.configure.matches(name)
    }

    pub(crate) fn may_write(&self, name: &str) -> bool {
        self.write.matches(name)
    }

    pub(crate) fn may_read(&self, name: &str) -> bool {
        self.read.matches(name)
    }
}

/// A pattern. The common ones need no regular expression, because each publish checks one.
#[derive(Clone, Debug)]
enum Pattern {
    All,
    Nothing,
    Search(Regex),
}

impl Pattern {
    fn parse(pattern: &str) -> Result<Self, InvalidPattern> {
        match pattern {
            ".*" => Ok(Self::All),
            "" | "^$" => Ok(Self::Nothing),
            _ => Regex::new(pattern)
                .map(Self::Search)
                .map_err(|reason| InvalidPattern { pattern: pattern.to_owned(), reason: reason.to_string() }),
        }
    }

    fn matches(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Nothing => false,
            Self::Search(regex) => regex.is_match(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_searched_in_the_name() {
        let permissions = Permissions::new("fib", "^fib$", "").unwrap();
        assert!(permissions.may_configure("a.fib.b") && !permissions.may_configure("sum"));
        assert!(permissions.may_write("fib") && !permissions.may_write("fib2"));
        assert!(!permissions.may_read("fib"));
    }

    #[test]
    fn what_is_no_regular_expression_is_refused_by_name() {
        let error = Permissions::new(".*", "[", ".*").unwrap_err();
        assert!(error.to_string().starts_with("`[` is not a regular expression: "), "{error}");
    }
}
