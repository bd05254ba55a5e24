//! The dead letter: a message that failed, as it is kept in `{queue}.dead`.

use std::time::{SystemTime, UNIX_EPOCH};

use amqp_rpc_transport::{Delivered, HeaderValue, Headers, Properties};
use bytes::Bytes;
use smol_str::SmolStr;

use super::partition::is_of_queue;
use crate::secrets::SEAL;

/// The beginning of the names of the headers that say what happened.
const PREFIX: &str = "x-amqp-rpc-";
/// Why the message failed: a fault's code, or another word of docs/wire-protocol.md.
pub(crate) const REASON: &str = "x-amqp-rpc-reason";
/// The text of the failure.
const ERROR: &str = "x-amqp-rpc-error";
/// When it failed.
const TIME: &str = "x-amqp-rpc-time";
/// The name of the connection of the server that it failed on.
const SERVER: &str = "x-amqp-rpc-server";
/// The exchange that the message was published to.
const EXCHANGE: &str = "x-amqp-rpc-exchange";
/// The routing key that the message was published with.
const ROUTING_KEY: &str = "x-amqp-rpc-routing-key";
/// The user that published the message. The property is the server's user, or none.
const USER_ID: &str = "x-amqp-rpc-user-id";

/// The broker's count of the deliveries of a message on a quorum queue, the present one not included.
const DELIVERY_COUNT: &str = "x-delivery-count";
/// Why the broker dead-lettered a message for the first time.
const FIRST_DEATH_REASON: &str = "x-first-death-reason";
/// The broker's list of the queues that a message left without being acknowledged.
const DEATHS: &str = "x-death";
/// Headers that are not kept: further addresses, which would receive the letter too, and a count that belongs
/// to a delivery.
const NOT_KEPT: [&str; 3] = ["CC", "BCC", DELIVERY_COUNT];
/// Addresses that mean the consumer of the publisher's own channel: a publish with one closes the channel.
const OWN_DIRECT_REPLIES: [&str; 2] = ["amq.rabbitmq.reply-to", "amq.direct.reply-to"];

const PERSISTENT: u8 = 2;
/// The text is for people who look at the letter; the log has the whole of it.
const MAX_ERROR_BYTES: usize = 1024;
/// A seal is shorter, also if method, id and reply address have the 255 bytes that AMQP allows. A longer header may be
/// what the broker does not take.
const MAX_SEAL_BYTES: usize = 2048;

/// Returns how often the broker has delivered this message before, where it counts.
pub(crate) fn earlier_deliveries(delivered: &Delivered) -> Option<u64> {
    // On the first delivery the header can only come from the publisher.
    let headers = delivered.properties.headers.as_ref().filter(|_| delivered.redelivered)?;
    match headers.get(DELIVERY_COUNT)? {
        HeaderValue::Int(count) => u64::try_from(*count).ok(),
        _ => None,
    }
}

/// Returns whether the broker dead-lettered the message before. Rejected, it would not come to `{queue}.dead`:
/// the bindings compare its first death.
pub(crate) fn was_dead_lettered(properties: &Properties) -> bool {
    properties.headers.as_ref().is_some_and(|headers| headers.get(FIRST_DEATH_REASON).is_some())
}

/// Returns why a message last left a queue or one of its partitions, as the broker records it: `maxlen`, `expired`, `rejected`,
/// `delivery_limit`.
pub(crate) fn death_in<'d>(queue: &str, delivered: &'d Delivered) -> Option<&'d str> {
    let HeaderValue::List(deaths) = delivered.properties.headers.as_ref()?.get(DEATHS)? else { return None };
    // The latest comes first.
    deaths.iter().find_map(|death| match death {
        HeaderValue::Table(death) if death.text("queue").is_some_and(|left| is_of_queue(left, queue)) => {
            death.text("reason")
        }
        _ => None,
    })
}

/// A message as it was delivered, to be kept if it fails.
#[derive(Debug)]
pub(crate) struct OriginalMessage {
    exchange: SmolStr,
    routing_key: SmolStr,
    properties: Properties,
    body: Bytes,
}

/// What is known about a failure.
#[derive(Debug)]
pub(crate) struct LetterCause<'a> {
    pub(crate) reason: &'a str,
    pub(crate) error: Option<&'a str>,
    /// The full name of the method, where it is known.
    pub(crate) method: Option<&'a str>,
}

impl OriginalMessage {
    pub(crate) fn of(delivered: &Delivered) -> Self {
        let Delivered { exchange, routing_key, properties, body, .. } = delivered.clone();
        Self { exchange, routing_key, properties, body }
    }

    /// Properties and body of the message as it is published to its queue again, where it reaches its method by its
    /// `type`. `None` if it names its user, whom only that user's connection may name.
    pub(crate) fn again(&self, method: &str) -> Option<(Properties, Bytes)> {
        let Self { properties, body, .. } = self;
        if properties.user_id.is_some() {
            return None;
        }
        let mut properties = properties.clone();
        let headers = properties.headers.take().unwrap_or_default().into_iter();
        properties.headers = Some(headers.filter(|(name, _)| !NOT_KEPT.contains(&name.as_str())).collect());
        properties.kind =
            properties.kind.filter(|kind| !kind.is_empty()).or_else(|| Some(SmolStr::new(method)));
        Some((properties, body.clone()))
    }

    /// Properties and body of the dead letter. Published to the queue again, it reaches its method by its
    /// `type`.
    pub(crate) fn into_letter(self, cause: LetterCause<'_>, server: &str) -> (Properties, Bytes) {
        let Self { exchange, routing_key, mut properties, body } = self;
        let mut headers = properties.headers.take().unwrap_or_default();
        headers = headers.into_iter().filter(|(name, _)| !NOT_KEPT.contains(&name.as_str())).collect();
        // A letter that was sent again, by the queue's name, still tells where it came from at first.
        if !exchange.is_empty() || headers.text(ROUTING_KEY).is_none() {
            headers.insert(EXCHANGE, exchange.as_str());
            headers.insert(ROUTING_KEY, routing_key.as_str());
        }
        headers.insert(REASON, cause.reason);
        if let Some(error) = cause.error {
            headers.insert(ERROR, shortened(error));
        }
        headers.insert(SERVER, server);
        if let Ok(now) = SystemTime::now().duration_since(UNIX_EPOCH) {
            headers.insert(TIME, HeaderValue::Timestamp(now.as_secs()));
        }
        if let Some(user_id) = properties.user_id.take() {
            headers.insert(USER_ID, &*user_id);
        }
        properties = Properties {
            headers: Some(headers),
            delivery_mode: Some(PERSISTENT),
            expiration: None,
            reply_to: properties.reply_to.filter(|address| !OWN_DIRECT_REPLIES.contains(&address.as_str())),
            kind: properties.kind.filter(|kind| !kind.is_empty()).or_else(|| cause.method.map(SmolStr::new)),
            ..properties
        };
        (properties, body)
    }
}

/// Leaves only the headers that say what happened, and the seal, without which the secrets of the message cannot be
/// read. Returns whether there were others.
pub(crate) fn drop_sent_headers(letter: &mut Properties) -> bool {
    let headers = letter.headers.take().unwrap_or_default();
    let all = headers.len();
    let ours: Headers = headers.into_iter().filter(is_kept).collect();
    let has_dropped = ours.len() < all;
    letter.headers = Some(ours);
    has_dropped
}

fn is_kept((name, value): &(String, HeaderValue)) -> bool {
    let is_seal = || name == SEAL && matches!(value, HeaderValue::Text(seal) if seal.len() <= MAX_SEAL_BYTES);
    name.starts_with(PREFIX) || is_seal()
}

fn shortened(text: &str) -> &str {
    let mut end = MAX_ERROR_BYTES.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn delivered(headers: Headers) -> Delivered {
        Delivered {
            tag: 1,
            redelivered: true,
            exchange: "amqp-rpc".into(),
            routing_key: "jobs.fails".into(),
            properties: Properties {
                headers: Some(headers),
                delivery_mode: Some(1),
                expiration: Some("100".into()),
                reply_to: Some("amq.rabbitmq.reply-to".into()),
                message_id: Some("job 17".into()),
                user_id: Some("ada".into()),
                app_id: Some("shop".into()),
                ..Properties::default()
            },
            body: Bytes::from_static(b"body"),
            refusal: None,
            received_at: Instant::now(),
        }
    }

    fn letter_of(delivered: &Delivered) -> Properties {
        let cause =
            LetterCause { reason: "internal", error: Some(&"é".repeat(600)), method: Some("jobs.fails") };
        let (properties, body) = OriginalMessage::of(delivered).into_letter(cause, "worker (pid 1)");
        assert_eq!(body, delivered.body);
        properties
    }

    #[test]
    fn a_letter_keeps_the_message_and_says_what_happened() {
        let sent = [("tenant", "a"), ("CC", "other"), ("x-delivery-count", "3")].into_iter().collect();
        let letter = letter_of(&delivered(sent));
        let headers = letter.headers.clone().unwrap();
        assert_eq!(headers.text("tenant"), Some("a"));
        assert!(headers.get("CC").is_none() && headers.get("x-delivery-count").is_none());
        for (name, value) in [
            (REASON, "internal"),
            (SERVER, "worker (pid 1)"),
            (EXCHANGE, "amqp-rpc"),
            (ROUTING_KEY, "jobs.fails"),
            (USER_ID, "ada"),
        ] {
            assert_eq!(headers.text(name), Some(value), "{name}");
        }
        assert_eq!(headers.text(ERROR).map(str::len), Some(1024));
        assert!(matches!(headers.get(TIME), Some(HeaderValue::Timestamp(_))));
        assert_eq!((letter.delivery_mode, letter.expiration), (Some(2), None));
        assert_eq!((letter.reply_to, letter.user_id), (None, None), "the broker would close the channel");
        assert_eq!(letter.kind.as_deref(), Some("jobs.fails"), "it is found by its type later");
        assert_eq!(letter.message_id.as_deref(), Some("job 17"));
        assert_eq!(letter.app_id.as_deref(), Some("shop"));
    }

    #[test]
    fn a_letter_that_was_sent_again_still_tells_its_first_address() {
        let first = letter_of(&delivered(Headers::new()));
        let again = Delivered {
            exchange: SmolStr::default(),
            routing_key: "jobs".into(),
            ..delivered(first.headers.unwrap())
        };
        let headers = letter_of(&again).headers.unwrap();
        assert_eq!(headers.text(EXCHANGE), Some("amqp-rpc"));
        assert_eq!(headers.text(ROUTING_KEY), Some("jobs.fails"));
    }

    #[test]
    fn a_letter_without_the_sent_headers_keeps_its_seal() {
        let sent = |seal: &str| [("tenant", "a"), (SEAL, seal)].into_iter().collect();
        let mut letter = letter_of(&delivered(sent("token")));
        assert!(drop_sent_headers(&mut letter));
        let headers = letter.headers.as_ref().unwrap();
        assert_eq!((headers.text(SEAL), headers.text("tenant")), (Some("token"), None));
        assert!(!drop_sent_headers(&mut letter), "nothing is left to drop");
        let mut letter = letter_of(&delivered(sent(&"x".repeat(2049))));
        assert!(drop_sent_headers(&mut letter));
        assert_eq!(letter.headers.unwrap().text(SEAL), None, "it may be why the letter was not taken");
    }

    #[test]
    fn the_latest_death_in_a_queue_is_found_among_others() {
        let death = |queue: &str, reason: &str| {
            HeaderValue::Table([("queue", queue), ("reason", reason)].into_iter().collect())
        };
        let deaths = [death("delay", "expired"), death("desk", "maxlen"), death("desk", "expired")];
        let headers = [("x-death", HeaderValue::List(deaths.to_vec()))].into_iter().collect();
        let delivered = delivered(headers);
        assert_eq!(death_in("desk", &delivered), Some("maxlen"));
        assert_eq!(death_in("fib", &delivered), None);
    }

    #[test]
    fn only_the_broker_s_count_of_a_redelivery_counts() {
        let counted = |redelivered, count: HeaderValue| {
            let headers = [("x-delivery-count", count)].into_iter().collect();
            earlier_deliveries(&Delivered { redelivered, ..delivered(headers) })
        };
        assert_eq!(counted(true, HeaderValue::Int(20)), Some(20));
        assert_eq!(counted(false, HeaderValue::Int(20)), None, "the publisher's");
        assert_eq!(counted(true, HeaderValue::Int(-1)), None);
        assert_eq!(counted(true, HeaderValue::Text("20".into())), None);
        assert_eq!(earlier_deliveries(&delivered(Headers::new())), None);
    }
}
