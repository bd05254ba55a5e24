//! Deliveries as plain data.

use std::time::Instant;

use smol_str::SmolStr;

use super::{Properties, Refusal};

/// A message that the broker delivered.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// The delivery tag: it identifies the delivery on its channel.
    pub tag: u64,
    /// Whether the broker has delivered it before.
    pub redelivered: bool,
    /// The exchange that it was published to.
    pub exchange: SmolStr,
    /// The routing key that it was published with.
    pub routing_key: SmolStr,
    /// Its properties.
    pub properties: Properties,
    /// Its body.
    pub body: bytes::Bytes,
    /// Set when properties that cannot be read, or a body that is too large, were left out.
    pub refusal: Option<Refusal>,
    /// When this side received it. It may wait for its consumer long after that.
    pub received_at: Instant,
}
