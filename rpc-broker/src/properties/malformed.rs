//! The errors of properties and tables.

/// The reason why bytes are not properties, or not a table.
///
/// RabbitMQ (3.10.8) closes the connection with 541 and the text `INTERNAL_ERROR`, without a method, when a
/// published message has such properties. It decodes headers, nested ones included, before it routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("a field ends after its container does")]
    Truncated,
    #[error("there are bytes after the last field")]
    Leftover,
    #[error("no value has the type {0}")]
    UnknownType(u8),
    #[error("a number is not finite")]
    NotFinite,
}
