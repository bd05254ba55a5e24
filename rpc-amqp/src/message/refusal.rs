//! Why a message was taken from the broker without what it holds.

use std::fmt;

/// What the guard on inbound frames found in a message. What could harm was left behind; the message still has to be settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its headers are nested deeper than any reader should follow.
    TooDeep,
    /// A name or an identifier in it is not UTF-8.
    NotUtf8,
    /// Its properties break off, or hold what AMQP does not know.
    Malformed,
    /// Its body was left on the wire: it is larger than the limit. Both in bytes.
    TooLarge { size: u64, limit: usize },
}

impl Refusal {
    /// Whether the message is not what any honest peer sends, rather than merely large.
    pub fn is_hostile(self) -> bool {
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
