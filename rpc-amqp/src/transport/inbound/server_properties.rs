//! Reads the broker's product and version from the server properties of `connection.start`.

use super::fields::FieldReader;
use crate::broker::Broker;

/// The longest product and version that are read. Brokers' own have less than 20 bytes.
const MAX_BYTES: usize = 64;

/// Reads which broker sent `table`, which is a table with its length. A broker that does not state its
/// product as a string is [`Broker::Other`].
pub(super) fn read_broker(table: &[u8]) -> Broker {
    let Ok(entries) = FieldReader(table).long_bytes() else { return Broker::Other };
    let mut entries = FieldReader(entries);
    let (mut product, mut version) = ("", "");
    while !entries.0.is_empty() {
        let Ok((key, value)) = entries.string_entry() else { return Broker::Other };
        let Some(value) = value.filter(|value| value.len() <= MAX_BYTES) else { continue };
        let Ok(value) = std::str::from_utf8(value) else { continue };
        match key {
            b"product" => product = value,
            b"version" => version = value,
            _ => {}
        }
    }
    Broker::from_properties(product, version)
}
