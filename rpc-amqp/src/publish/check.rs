//! Says without a connection whether a message could be published.

use crate::{encode, message::Properties};

/// The frames of a connection where neither side asks for others: RabbitMQ's and LavinMQ's default.
const DEFAULT_FRAME_MAX: usize = 128 * 1024;

/// Checks that AMQP can carry the names and properties of a message, on a connection with frames of 128 KiB.
///
/// # Errors
/// Those of publishing it.
pub fn check_encodable(
    exchange: &str,
    routing_key: &str,
    properties: &Properties,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    encode::check_short("exchange", exchange)?;
    encode::check_short("routing key", routing_key)?;
    encode::write_properties(&mut Vec::new(), properties, encode::max_header_bytes(DEFAULT_FRAME_MAX))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Headers;

    #[test]
    fn names_and_headers_are_refused_as_by_a_publisher() {
        let long = "x".repeat(256);
        let header = |name: &str, value: &str| Properties {
            headers: Some(Headers::from_iter([(name, value.to_owned())])),
            ..Properties::default()
        };
        let refused = |exchange: &str, routing_key: &str, properties: &Properties| {
            check_encodable(exchange, routing_key, properties).map_err(|error| error.to_string()).err()
        };
        assert_eq!(refused("x", "k", &header("token", "t")), None);
        let too_long = |what| Some(format!("the {what} is longer than AMQP's 255 bytes"));
        assert_eq!(refused(&long, "k", &Properties::default()), too_long("exchange"));
        assert_eq!(refused("x", &long, &Properties::default()), too_long("routing key"));
        assert_eq!(refused("x", "k", &header(&long, "t")), too_long("name of a header"));
        assert_eq!(
            refused("x", "k", &header("token", &"x".repeat(128 * 1024))).as_deref(),
            Some("the headers have more than the 128000 bytes that fit into a frame")
        );
    }
}
