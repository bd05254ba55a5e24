//! A dead letter as a message that is sent again.

use amqp_rpc_transport::{Delivered, Headers, Properties};
use bytes::Bytes;
use smol_str::SmolStr;

use super::letter::{DEATHS, DELIVERY_COUNT, ERROR, Letter, REASON, SERVER, TIME, USER_ID};

/// Headers of the failure. They would stay if the message failed again in another way; and the broker dead-letters
/// nothing that seems to have been dead-lettered before.
const OF_FAILURE: [&str; 4] = [REASON, ERROR, TIME, SERVER];
/// Headers by which the message would reach further queues.
const COPIES: [&str; 2] = ["CC", "BCC"];

/// A message to a queue.
#[derive(Debug)]
pub(super) struct Again {
    pub(super) queue: String,
    pub(super) properties: Properties,
    pub(super) body: Bytes,
}

/// The letter as a message to the queue that it came from: `queue`, or one of its partitions. It keeps its properties,
/// but for
///
/// * the headers of its failure;
/// * `reply_to`, unless `keeps_reply_to`: no caller waits any more, and a server that has an address to reply to would
///   not keep the message if it fails again. The addresses of direct replies have gone with their connections;
/// * `user_id`, which only the user itself may send, and `expiration`.
pub(super) fn again(letter: &Delivered, queue: &str, keeps_reply_to: bool) -> Again {
    let view = Letter(letter);
    let partition = view.first_queue().filter(|first| is_partition(first, queue)).map(str::to_owned);
    let of_key = || view.routing_key()?.rsplit('.').next().filter(|last| is_partition_name(last));
    let partition = partition.or_else(|| Some(format!("{queue}.lock.{}", of_key()?)));
    let mut properties = letter.properties.clone();
    let mut headers = without_counts(properties.headers.take());
    headers = headers.into_iter().filter(|(name, _)| !OF_FAILURE.contains(&name.as_str())).collect();
    if let Some(user) = properties.user_id.take() {
        headers.insert(USER_ID, &*user);
    }
    let has_address = |address: &SmolStr| keeps_reply_to && !is_direct(address);
    let properties = Properties {
        headers: (!headers.is_empty()).then_some(headers),
        reply_to: properties.reply_to.filter(has_address),
        expiration: None,
        // By the queue's name no other property says which method it is for.
        kind: view.method().map(SmolStr::new),
        ..properties
    };
    Again { queue: partition.unwrap_or_else(|| queue.to_owned()), properties, body: letter.body.clone() }
}

/// The letter as a new one of its own queue, which the broker has not delivered yet.
pub(super) fn renewed(letter: &Delivered) -> (Properties, Bytes) {
    let mut properties = letter.properties.clone();
    let mut headers = properties.headers.take().unwrap_or_default();
    for name in [DELIVERY_COUNT].iter().chain(&COPIES) {
        headers.remove(name);
    }
    if let Some(user) = properties.user_id.take() {
        headers.insert(USER_ID, &*user);
    }
    (Properties { headers: Some(headers), ..properties }, letter.body.clone())
}

/// Without what the broker has counted and recorded, and without copies.
fn without_counts(headers: Option<Headers>) -> Headers {
    let is_sent = |name: &str| {
        let is_of_broker = name == DEATHS
            || name == DELIVERY_COUNT
            || name == "x-acquired-count"
            || name.starts_with("x-first-death-")
            || name.starts_with("x-last-death-");
        !is_of_broker && !COPIES.contains(&name)
    };
    headers.unwrap_or_default().into_iter().filter(|(name, _)| is_sent(name)).collect()
}

/// Whether `name` is a partition of `queue`, such as `clusters.lock.2-of-16`.
fn is_partition(name: &str, queue: &str) -> bool {
    let partition = name.strip_prefix(queue).and_then(|rest| rest.strip_prefix(".lock."));
    partition.is_some_and(is_partition_name)
}

/// Whether this is the name of a partition, such as `2-of-16`.
fn is_partition_name(text: &str) -> bool {
    let numbers = text.split_once("-of-").map(|(index, count)| (index.parse::<u16>(), count.parse::<u16>()));
    matches!(numbers, Some((Ok(index), Ok(count))) if index < count)
}

fn is_direct(address: &str) -> bool {
    ["amq.rabbitmq.reply-to", "amq.direct.reply-to"].iter().any(|direct| address.starts_with(direct))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use amqp_rpc_transport::HeaderValue;

    use super::{
        super::letter::{EXCHANGE, ROUTING_KEY},
        *,
    };

    fn letter(headers: &[(&str, &str)], properties: Properties) -> Delivered {
        Delivered {
            tag: 1,
            redelivered: true,
            exchange: SmolStr::default(),
            routing_key: "jobs.dead".into(),
            properties: Properties { headers: Some(headers.iter().copied().collect()), ..properties },
            body: Bytes::from_static(b"{}"),
            refusal: None,
            received_at: Instant::now(),
        }
    }

    #[test]
    fn a_message_that_is_sent_again_says_nothing_of_its_failure() {
        let mut dead = letter(
            &[
                (REASON, "internal"),
                (ERROR, "on purpose"),
                (SERVER, "worker"),
                (EXCHANGE, "amqp-rpc"),
                (ROUTING_KEY, "jobs.run"),
                ("tenant", "a"),
                ("CC", "other"),
                ("x-first-death-reason", "rejected"),
                ("x-last-death-queue", "jobs"),
            ],
            Properties {
                message_id: Some("job 17".into()),
                reply_to: Some("replies".into()),
                user_id: Some("ada".into()),
                delivery_mode: Some(2),
                kind: Some("jobs.run".into()),
                ..Properties::default()
            },
        );
        let headers = dead.properties.headers.as_mut().unwrap();
        headers.insert(DEATHS, HeaderValue::List(Vec::new()));
        headers.insert(DELIVERY_COUNT, 3);
        headers.insert(TIME, HeaderValue::Timestamp(7));
        let Again { queue, properties, body } = again(&dead, "jobs", false);
        assert_eq!((queue.as_str(), &body[..]), ("jobs", &b"{}"[..]));
        assert_eq!(properties.headers.unwrap().names(), ["tenant", EXCHANGE, ROUTING_KEY, USER_ID]);
        assert_eq!((properties.reply_to, properties.user_id), (None, None));
        assert_eq!(properties.message_id.as_deref(), Some("job 17"));
        assert_eq!((properties.delivery_mode, properties.kind.as_deref()), (Some(2), Some("jobs.run")));
        assert_eq!(again(&dead, "jobs", true).properties.reply_to.as_deref(), Some("replies"));
        dead.properties.reply_to = Some("amq.rabbitmq.reply-to.g1".into());
        assert_eq!(
            again(&dead, "jobs", true).properties.reply_to,
            None,
            "it closes the channel, or reaches no one"
        );
    }

    #[test]
    fn a_request_of_a_partition_goes_back_to_it() {
        for (headers, queue) in [
            ([(ROUTING_KEY, "clusters.stop.2-of-16")], "clusters.lock.2-of-16"),
            ([(ROUTING_KEY, "clusters.lock.2-of-16")], "clusters.lock.2-of-16"),
            ([("x-first-death-queue", "clusters.lock.3-of-16")], "clusters.lock.3-of-16"),
            ([(ROUTING_KEY, "clusters.stop.16-of-16")], "clusters"),
            ([("x-first-death-queue", "others.lock.3-of-16")], "clusters"),
            ([(ROUTING_KEY, "clusters.list")], "clusters"),
        ] {
            let dead = letter(&headers, Properties::default());
            assert_eq!(again(&dead, "clusters", false).queue, queue, "{headers:?}");
        }
    }

    #[test]
    fn a_letter_without_a_type_gets_that_of_its_routing_key() {
        for kind in [None, Some(SmolStr::default())] {
            let dead = letter(&[(ROUTING_KEY, "jobs.run")], Properties { kind, ..Properties::default() });
            assert_eq!(again(&dead, "jobs", false).properties.kind.as_deref(), Some("jobs.run"));
        }
    }
}
