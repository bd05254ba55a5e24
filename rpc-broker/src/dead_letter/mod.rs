//! Dead letters: the history in `x-death`, and the detection of cycles.
//!
//! As RabbitMQ's guide to dead letter exchanges describes it.

mod cc;

use amq_protocol::types::ShortString;

pub(crate) use cc::{routing_keys, without_bcc};

use crate::{
    message::Message,
    properties::{Table, Value},
};

/// The reason why a message is dead-lettered.
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

/// A message that is to be published to a dead-letter exchange.
#[derive(Debug)]
pub(crate) struct DeadLetter {
    pub(crate) exchange: ShortString,
    pub(crate) message: Message,
    pub(crate) reason: Reason,
}

/// Builds the message that is published to the dead-letter exchange `to`; `time` is in seconds since 1970.
///
/// Its `expiration` is removed, or it would expire again at once; the history keeps it. With
/// `x-dead-letter-routing-key`, the header `CC` is removed as well.
pub(crate) fn dead_letter(
    message: &Message,
    reason: Reason,
    queue: &str,
    time: u64,
    to: &ShortString,
    routing_key: Option<&ShortString>,
) -> Message {
    // The properties were checked when the message was published, so the headers can be read.
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

/// Builds one entry of the history.
fn death(message: &Message, headers: &Table, reason: Reason, queue: &str, time: u64) -> Table {
    let mut keys = vec![Value::text(message.routing_key.as_str())];
    keys.extend(["CC", "BCC"].iter().filter_map(|name| headers.get(name)?.as_array()).flatten());
    let expiration = message.properties.expiration().map(bytes::Bytes::copy_from_slice);
    let entries = [
        ("count", Value::I64(1)),
        ("reason", Value::text(reason.name())),
        ("queue", Value::text(queue)),
        ("time", Value::Timestamp(time)),
        ("exchange", Value::text(message.exchange.as_str())),
        ("routing-keys", Value::array(&keys)),
    ];
    let original = expiration.map(|expiration| ("original-expiration", Value::LongString(expiration)));
    entries.into_iter().chain(original).collect()
}

/// Puts the latest entry first. An entry for the same queue and reason is counted instead of repeated.
fn record(headers: &mut Table, latest: Table, exchange: &str, queue: &str, reason: Reason) {
    let history = match headers.get("x-death") {
        None => {
            headers.set("x-first-death-reason", Value::text(reason.name()));
            headers.set("x-first-death-queue", Value::text(queue));
            headers.set("x-first-death-exchange", Value::text(exchange));
            vec![latest]
        }
        // A value that is not an array is replaced.
        Some(value) => match value.as_array() {
            None => vec![latest],
            Some(deaths) => with_latest(deaths.iter().filter_map(Value::as_table).collect(), latest),
        },
    };
    let history: Vec<_> = history.iter().map(Value::table).collect();
    headers.set("x-death", Value::array(&history));
}

fn with_latest(deaths: Vec<Table>, latest: Table) -> Vec<Table> {
    let mut deaths = grouped(deaths);
    let mut first = match deaths.iter().position(|death| is_same(death, &latest)) {
        Some(index) => {
            let mut death = deaths.remove(index);
            let count = death.get("count").and_then(Value::as_integer).unwrap_or(0);
            death.set("count", Value::I64(count.saturating_add(1)));
            death
        }
        None => latest,
    };
    first.sort();
    deaths.insert(0, first);
    deaths
}

/// Keeps one entry for each queue and reason. RabbitMQ reverses the order each time, which readers of the
/// history see.
fn grouped(deaths: Vec<Table>) -> Vec<Table> {
    if deaths.len() == 1 {
        return deaths;
    }
    let mut grouped: Vec<Table> = Vec::new();
    for death in &deaths {
        if grouped.iter().any(|known| is_same(known, death)) {
            continue;
        }
        let mut death = death.clone();
        if death.get("count").is_none() {
            let count = deaths.iter().filter(|other| is_same(other, &death)).count();
            death.insert_first("count", Value::I64(i64::try_from(count).unwrap_or(i64::MAX)));
        }
        grouped.push(death);
    }
    grouped.reverse();
    grouped
}

fn is_same(one: &Table, other: &Table) -> bool {
    ["queue", "reason"].iter().all(|name| text(one, name) == text(other, name))
}

/// Returns whether the message was in this queue before and was not rejected since: it would be dead-lettered
/// in a cycle forever.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::properties::Properties;

    pub(super) fn message(headers: Option<&Table>) -> Message {
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
    fn the_history_is_written_as_rabbitmq_does() {
        let mut first = message(None);
        first.properties = Properties::parse(b"\x01\0\x0220"[..].into()).unwrap();
        let mut died = die(&first, Reason::Expired, "d1");
        let names = |message: &Message, index: usize| {
            let headers = message.properties.headers().unwrap().unwrap();
            let death = headers.get("x-death").unwrap().as_array().unwrap()[index].as_table().unwrap();
            death.iter().map(|(name, _)| String::from_utf8(name.to_vec()).unwrap()).collect::<Vec<_>>()
        };
        let unsorted =
            ["count", "reason", "queue", "time", "exchange", "routing-keys", "original-expiration"];
        assert_eq!(names(&died, 0), unsorted);
        assert_eq!(died.properties.expiration(), None);
        for queue in ["d2", "d3", "d4"] {
            died = die(&died, Reason::Expired, queue);
        }
        let queues: Vec<_> = deaths(&died).into_iter().map(|(queue, ..)| queue).collect();
        assert_eq!(queues, ["d4", "d2", "d1", "d3"]);
        assert_eq!(names(&died, 0), ["count", "exchange", "queue", "reason", "routing-keys", "time"]);
        assert_eq!(names(&died, 2), unsorted);
    }

    #[test]
    fn a_forged_history_does_no_harm() {
        let made_up = |history: Value| {
            let mut headers = Table::default();
            headers.set("x-death", history);
            die(&message(Some(&headers)), Reason::Rejected, "a")
        };
        let entry = |count: Option<i64>| {
            let count = count.map(|count| ("count", Value::I64(count)));
            Value::table(
                &[("queue", Value::text("a")), ("reason", Value::text("rejected"))]
                    .into_iter()
                    .chain(count)
                    .collect(),
            )
        };
        let counted = |count| vec![("a".to_owned(), "rejected".to_owned(), count)];
        assert_eq!(deaths(&made_up(Value::text("none"))), counted(1));
        assert_eq!(deaths(&made_up(Value::array(&[]))), counted(1));
        assert_eq!(deaths(&made_up(Value::array(&[Value::Void]))), counted(1));
        assert_eq!(deaths(&made_up(Value::array(&[entry(Some(i64::MAX))]))), counted(i64::MAX));
        assert_eq!(deaths(&made_up(Value::array(&[entry(None), entry(None)]))), counted(3));
    }

    #[test]
    fn only_a_path_without_rejection_is_a_cycle() {
        let expired = die(&die(&message(None), Reason::Expired, "a"), Reason::Expired, "b");
        assert!(is_cycle(&expired, "a") && is_cycle(&expired, "b") && !is_cycle(&expired, "c"));
        let rejected = die(&die(&message(None), Reason::Expired, "a"), Reason::Rejected, "b");
        assert!(!is_cycle(&rejected, "a"));
        let before = die(&die(&message(None), Reason::Rejected, "a"), Reason::Expired, "b");
        assert!(is_cycle(&before, "b") && !is_cycle(&before, "a"));
        assert!(!is_cycle(&message(None), "a"));
    }
}
