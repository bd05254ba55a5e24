//! What happens to a message on its way to a dead-letter exchange: its history in `x-death`, and when it goes in circles.
//!
//! As RabbitMQ's guide to dead letter exchanges describes it.

use amq_protocol::types::ShortString;

use crate::{
    message::Message,
    properties::{Table, Value},
};

/// Why a message left its queue without being taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Expired,
    Rejected,
    MaxLength,
    DeliveryLimit,
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Rejected => "rejected",
            Self::MaxLength => "maxlen",
            Self::DeliveryLimit => "delivery_limit",
        }
    }
}

/// The message as it is published to the dead-letter exchange `to`, at this time in seconds since 1970.
///
/// Its `expiration` is removed, or it would expire again at once; the history keeps it. With a routing key of its own for dead letters, a
/// queue also ends the message's `CC`.
pub(crate) fn dead_letter(
    message: &Message,
    reason: Reason,
    queue: &str,
    time: u64,
    to: &ShortString,
    routing_key: Option<&ShortString>,
) -> Message {
    // Properties were checked when they came, so that their headers can be read.
    let mut headers = message.properties.headers().ok().flatten().unwrap_or_default();
    let death = death(message, &headers, reason, queue, time);
    record(&mut headers, death, message.exchange.as_str(), queue, reason);
    if routing_key.is_some() {
        headers.remove("CC");
    }
    Message {
        exchange: to.clone(),
        routing_key: routing_key.unwrap_or(&message.routing_key).clone(),
        properties: message.properties.without_expiration().with_headers(Some(&headers)),
        body: message.body.clone(),
    }
}

/// One entry of the history.
fn death(message: &Message, headers: &Table, reason: Reason, queue: &str, time: u64) -> Table {
    let mut keys = vec![Value::text(message.routing_key.as_str())];
    keys.extend(["CC", "BCC"].iter().filter_map(|name| headers.get(name)?.as_array()).flatten());
    let mut death = Table::default();
    death.set("count", Value::I64(1));
    death.set("reason", Value::text(reason.name()));
    death.set("queue", Value::text(queue));
    death.set("time", Value::Timestamp(time));
    death.set("exchange", Value::text(message.exchange.as_str()));
    death.set("routing-keys", Value::array(&keys));
    if let Some(expiration) = message.properties.expiration() {
        death.set("original-expiration", Value::LongString(bytes::Bytes::copy_from_slice(expiration)));
    }
    death
}

/// Puts the latest death first. One of the same queue and reason is counted instead of repeated.
fn record(headers: &mut Table, latest: Table, exchange: &str, queue: &str, reason: Reason) {
    let Some(mut deaths) = headers.get("x-death").and_then(Value::as_array) else {
        let first = headers.get("x-death").is_none();
        headers.set("x-death", Value::array(&[Value::table(&latest)]));
        if first {
            headers.set("x-first-death-reason", Value::text(reason.name()));
            headers.set("x-first-death-queue", Value::text(queue));
            headers.set("x-first-death-exchange", Value::text(exchange));
        }
        headers.sort();
        return;
    };
    let same = deaths.iter().position(|death| {
        death.as_table().is_some_and(|death| {
            text(&death, "queue") == Some(queue.as_bytes())
                && text(&death, "reason") == Some(reason.name().as_bytes())
        })
    });
    let mut first = match same.and_then(|index| deaths.remove(index).as_table()) {
        Some(mut death) => {
            let count = death.get("count").and_then(Value::as_integer).unwrap_or(0);
            death.set("count", Value::I64(count + 1));
            death
        }
        None => latest,
    };
    first.sort();
    deaths.insert(0, Value::table(&first));
    headers.set("x-death", Value::array(&deaths));
    headers.sort();
}

/// Whether the message was in this queue already and nobody has rejected it since: it would go round for ever.
pub(crate) fn is_cycle(message: &Message, queue: &str) -> bool {
    let headers = message.properties.headers().ok().flatten();
    let Some(deaths) = headers.as_ref().and_then(|headers| headers.get("x-death")?.as_array()) else {
        return false;
    };
    let deaths: Vec<_> = deaths.iter().map(Value::as_table).collect();
    let there = |death: &Option<Table>| {
        death.as_ref().is_some_and(|death| text(death, "queue") == Some(queue.as_bytes()))
    };
    let Some(last_visit) = deaths.iter().position(there) else { return false };
    deaths[..=last_visit]
        .iter()
        .all(|death| death.as_ref().is_some_and(|death| text(death, "reason") != Some(b"rejected")))
}

fn text<'a>(death: &'a Table, name: &str) -> Option<&'a [u8]> {
    death.get(name)?.as_long_string().map(|text| &text[..])
}

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
    use super::*;
    use crate::properties::Properties;

    fn message(headers: Option<&Table>) -> Message {
        Message {
            routing_key: "key".into(),
            properties: Properties::default().with_headers(headers),
            ..Message::default()
        }
    }

    fn die(message: &Message, reason: Reason, queue: &str) -> Message {
        dead_letter(message, reason, queue, 7, &"dlx".into(), None)
    }

    fn deaths(message: &Message) -> Vec<(String, String, i64)> {
        let headers = message.properties.headers().unwrap().unwrap();
        let deaths = headers.get("x-death").unwrap().as_array().unwrap();
        let deaths = deaths.iter().map(|death| death.as_table().unwrap());
        let string = |table: &Table, name| String::from_utf8(text(table, name).unwrap().to_vec()).unwrap();
        deaths
            .map(|death| {
                let count = death.get("count").unwrap().as_integer().unwrap();
                (string(&death, "queue"), string(&death, "reason"), count)
            })
            .collect()
    }

    #[test]
    fn the_latest_death_is_first_and_the_same_one_is_counted() {
        let once = die(&message(None), Reason::Rejected, "a");
        let twice = die(&once, Reason::Expired, "b");
        let thrice = die(&twice, Reason::Rejected, "a");
        assert_eq!(deaths(&thrice), [("a".into(), "rejected".into(), 2), ("b".into(), "expired".into(), 1)]);
        let headers = thrice.properties.headers().unwrap().unwrap();
        assert_eq!(text(&headers, "x-first-death-queue"), Some(&b"a"[..]));
        assert_eq!(text(&headers, "x-first-death-reason"), Some(&b"rejected"[..]));
    }

    #[test]
    fn only_a_round_without_rejection_is_a_cycle() {
        let expired = die(&die(&message(None), Reason::Expired, "a"), Reason::Expired, "b");
        assert!(is_cycle(&expired, "a") && is_cycle(&expired, "b") && !is_cycle(&expired, "c"));
        let rejected = die(&die(&message(None), Reason::Expired, "a"), Reason::Rejected, "b");
        assert!(!is_cycle(&rejected, "a"));
        let before = die(&die(&message(None), Reason::Rejected, "a"), Reason::Expired, "b");
        assert!(is_cycle(&before, "b") && !is_cycle(&before, "a"));
        assert!(!is_cycle(&message(None), "a"));
    }

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
