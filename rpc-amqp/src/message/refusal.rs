//! The reason why a delivery is incomplete.

use std::fmt;

/// The reason why properties or the body of a delivery were left out when it was parsed.
///
/// The delivery still has to be acknowledged or rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its headers are nested too deep to be parsed safely.
    TooDeep,
    /// A property, or the name of a header, exchange or routing key, is not UTF-8.
    NotUtf8,
    /// Its properties are incomplete, or have a type that AMQP does not define.
    Malformed,
    /// Its body is larger than the limit, and was discarded.
    TooLarge {
        /// The size of the body in bytes.
        size: u64,
        /// The limit in bytes.
        limit: usize,
    },
}

impl Refusal {
    /// Returns whether the message violates the protocol, rather than being merely large.
    pub fn is_malformed(self) -> bool {
        !matches!(self, Self::TooLarge { .. })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooDeep => f.write_str("the headers are nested too deep"),
            Self::NotUtf8 => f.write_str("a property or the name of a header is not UTF-8"),
            Self::Malformed => f.write_str("the properties are malformed"),
            Self::TooLarge { size, limit } => write!(f, "the body has {size} bytes, the limit is {limit}"),
        }
    }
}

impl std::error::Error for Refusal {}
