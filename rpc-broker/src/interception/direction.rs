//! The direction in which a method travels.

/// The direction in which a method travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From a client to the broker.
    FromClient,
    /// From the broker to a client.
    ToClient,
}
