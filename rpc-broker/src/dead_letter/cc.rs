//! The headers `CC` and `BCC`: additional routing keys of a message.

use amq_protocol::types::ShortString;

use crate::{message::Message, properties::Value};

/// Returns all routing keys of a message: its own, and those in its headers `CC` and `BCC`.
///
/// # Errors
///
/// The reply text for the publisher, when one of these headers is not an array.
pub(crate) fn routing_keys(message: &Message) -> Result<Vec<ShortString>, String> {
    let mut keys = vec![message.routing_key.clone()];
    let Some(headers) = message.properties.headers().ok().flatten() else { return Ok(keys) };
    for name in ["CC", "BCC"] {
        let Some(value) = headers.get(name) else { continue };
        let Some(more) = value.as_array() else {
            return Err(format!(
                "invalid message: {{unacceptable_type_in_header,\"{name}\",{}}}",
                value.type_name()
            ));
        };
        // No binding has a key that is too long or not a string.
        let more = more.iter().filter_map(Value::as_long_string);
        let more = more.filter_map(|key| ShortString::try_new(std::str::from_utf8(key).ok()?).ok());
        keys.extend(more);
    }
    Ok(keys)
}

/// Removes the header `BCC`: consumers do not see it.
pub(crate) fn without_bcc(message: Message) -> Message {
    let Ok(Some(mut headers)) = message.properties.headers() else { return message };
    if headers.remove("BCC").is_none() {
        return message;
    }
    Message { properties: message.properties.with_headers(Some(&headers)), ..message }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::message, *};
    use crate::properties::Table;

    #[test]
    fn cc_and_bcc_are_additional_keys_and_bcc_is_removed() {
        let mut headers = Table::default();
        headers.set("CC", Value::array(&[Value::text("one")]));
        headers.set("BCC", Value::array(&[Value::text("two")]));
        let copied = message(Some(&headers));
        let keys = routing_keys(&copied).unwrap();
        assert_eq!(keys.iter().map(ShortString::as_str).collect::<Vec<_>>(), ["key", "one", "two"]);
        let seen = without_bcc(copied).properties.headers().unwrap().unwrap();
        assert!(seen.get("CC").is_some() && seen.get("BCC").is_none());

        headers.set("CC", Value::text("one"));
        assert_eq!(
            routing_keys(&message(Some(&headers))).unwrap_err(),
            "invalid message: {unacceptable_type_in_header,\"CC\",longstr}"
        );
    }
}
