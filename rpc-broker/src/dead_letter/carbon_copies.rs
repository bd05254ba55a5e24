//! Further routing keys that a message brings along in its headers, and the ones that its receivers are not told.

use amq_protocol::types::ShortString;

use crate::{message::Message, properties::Value};

/// All keys that a message is routed by: its own, and those in its headers `CC` and `BCC`.
///
/// # Errors
///
/// With the sentence for the publisher, when one of these headers is no array.
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
        // What is too long or no text is the key of no binding.
        let more = more.iter().filter_map(Value::as_long_string);
        let more = more.filter_map(|key| ShortString::try_new(std::str::from_utf8(key).ok()?).ok());
        keys.extend(more);
    }
    Ok(keys)
}

/// The message as consumers see it: they are not told who got a blind copy.
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
    fn carbon_copies_are_further_keys_and_blind_ones_are_hidden() {
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
