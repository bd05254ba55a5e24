//! A counter that the broker keeps for all programs: a number in a queue.
//!
//! The queue has a single active consumer, which is the lock of the counter. It holds one persistent message, whose
//! body is the number. To increment it, a program consumes the queue on a channel of its own:
//!
//! 1. It publishes a probe to the queue, and waits until the probe is delivered to it: only the active consumer
//!    receives anything.
//! 2. It publishes a second probe. What the last active consumer has written is before that, so that all numbers are
//!    known when the second probe comes.
//! 3. It publishes a number above the highest, persistent, and waits for the publisher confirm.
//! 4. Only now it acknowledges the numbers that it has received, and closes the channel. The broker requeues the new
//!    number, in its order, before the next consumer is active.
//!
//! A program that is lost at any step leaves the highest number in the queue. Probes expire.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lapin::options::BasicConsumeOptions;
use uuid::Uuid;

use crate::{
    connection::Connection,
    consume::Consumer,
    encode::{BodySource, Message, PropertySource, write_ack},
    error::BrokerError,
    message::{ConfirmOutcome, Delivered, Properties},
    message_channel::MessageChannel,
    topology::on_new_connection,
};

/// The property `type` of probes.
const PROBE: &str = "amqp-rpc.probe";
/// In milliseconds: the most that RabbitMQ accepts.
const MAX_EXPIRATION: u128 = 4_294_967_295;
const PERSISTENT: u8 = 2;

impl Connection {
    /// Increments the counter in `queue`, and returns its new number, which is higher than all before. The queue must
    /// have been declared with `x-single-active-consumer`.
    ///
    /// The number is at least the time, in milliseconds since 1970. So it also grows when the queue was deleted,
    /// purged, or lost its last numbers, unless the counter was incremented more than once a millisecond on average,
    /// or the clocks of the programs differ by more than the time in between.
    ///
    /// Once many channels of this connection have been refused, it makes one of its own for each attempt.
    ///
    /// Waits while other programs increment it. Dropped, it closes its channel; the counter is as it was, or
    /// incremented.
    ///
    /// # Errors
    /// When the broker refuses an operation, the connection was lost, or the queue has the highest number that there
    /// is. The counter may have been incremented.
    pub async fn increment_counter(&self, queue: &str) -> Result<u64, BrokerError> {
        if self.has_leaked_too_many_channels() {
            return on_new_connection(self, async |other| other.increment_on_new_channel(queue).await)
                .await?;
        }
        let incremented = self.increment_on_new_channel(queue).await;
        if incremented.as_ref().is_err_and(BrokerError::is_channel_error) {
            self.count_leaked_channel();
        }
        incremented
    }

    async fn increment_on_new_channel(&self, queue: &str) -> Result<u64, BrokerError> {
        let channel = self.open_confirming().await?;
        let number = increment(&channel, queue, &expiration(self.attempt_timeout())).await?;
        let _ = channel.lapin().close(200, "counter incremented".into()).await;
        Ok(number)
    }
}

async fn increment(
    channel: &MessageChannel,
    queue: &str,
    probe_expiration: &str,
) -> Result<u64, BrokerError> {
    let mut consumer = Consumer::start(channel, queue, BasicConsumeOptions::default()).await?;
    let mut received = Received::default();
    // The first says that this consumer is the active one, the second that it has received everything.
    for _ in 0..2 {
        let probe = Uuid::new_v4().to_string();
        publish_probe(channel, queue, &probe, probe_expiration)?;
        received.read_until(&mut consumer, &probe).await?;
    }
    let next = number_above(received.highest, milliseconds_since_1970())?;
    match channel.publish_and_wait(&message(queue, &number_properties(), next.to_string().as_bytes())).await?
    {
        ConfirmOutcome::Acked => {}
        ConfirmOutcome::Nacked => return Err(refused("the broker did not accept the new number")),
    }
    for tag in received.done {
        let id = channel.channel.id();
        let acked = channel.channel.outbound().settle(id, tag, |out| write_ack(out, id, tag, false));
        acked.map_err(|refused| channel.error_of(refused))?;
    }
    Ok(next)
}

/// What the active consumer of a counter has received.
#[derive(Debug, Default)]
struct Received {
    highest: Option<u64>,
    /// The deliveries that have no further use. The probes of other programs are not among them.
    done: Vec<u64>,
}

impl Received {
    async fn read_until(&mut self, consumer: &mut Consumer, probe: &str) -> Result<(), BrokerError> {
        loop {
            let Some(delivered) = consumer.next().await else {
                return Err(refused("the broker cancelled the consumer of the counter"));
            };
            if self.read(&*delivered?, probe) {
                return Ok(());
            }
        }
    }

    /// Returns whether the message is the probe.
    fn read(&mut self, delivered: &Delivered, probe: &str) -> bool {
        let is_probe = delivered.properties.kind.as_deref() == Some(PROBE);
        if is_probe && delivered.properties.message_id.as_deref() != Some(probe) {
            return false;
        }
        self.done.push(delivered.tag);
        if is_probe {
            return true;
        }
        // A message that is no number was not published by a program that counts.
        let number = std::str::from_utf8(&delivered.body).ok().and_then(|text| text.parse().ok());
        self.highest = self.highest.max(number);
        false
    }
}

fn publish_probe(
    channel: &MessageChannel,
    queue: &str,
    probe: &str,
    expiration: &str,
) -> Result<(), BrokerError> {
    let properties = Properties {
        kind: Some(PROBE.into()),
        message_id: Some(probe.into()),
        expiration: Some(expiration.into()),
        ..Properties::default()
    };
    let queued = channel.channel.publish_confirmed(&message(queue, &properties, b""), false);
    // Its delivery says more than its publisher confirm.
    queued.map(drop).map_err(|refused| channel.error_of(refused))
}

fn number_properties() -> Properties {
    Properties {
        content_type: Some("text/plain".into()),
        delivery_mode: Some(PERSISTENT),
        ..Properties::default()
    }
}

fn message<'m>(queue: &'m str, properties: &'m Properties, body: &'m [u8]) -> Message<'m> {
    let properties = PropertySource::Plain(properties);
    Message { exchange: "", routing_key: queue, mandatory: false, properties, body: BodySource::Copied(body) }
}

/// How long a probe is kept, in milliseconds: as long as an attempt may take that waits for it.
fn expiration(attempt: Duration) -> String {
    attempt.as_millis().clamp(1, MAX_EXPIRATION).to_string()
}

/// The next number of a counter with this highest one.
///
/// # Errors
/// When there is none: a number that does not grow is no fencing token.
fn number_above(highest: Option<u64>, now: u64) -> Result<u64, BrokerError> {
    let Some(highest) = highest else { return Ok(now) };
    let next =
        highest.checked_add(1).ok_or_else(|| refused("the counter has the highest number that there is"))?;
    Ok(next.max(now))
}

fn milliseconds_since_1970() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
}

fn refused(why: &str) -> BrokerError {
    BrokerError::new(None, why)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use bytes::Bytes;

    use super::*;

    fn delivered(tag: u64, properties: Properties, body: &'static str) -> Delivered {
        let (exchange, routing_key, body) = ("".into(), "q".into(), Bytes::from_static(body.as_bytes()));
        let (redelivered, refusal, received_at) = (false, None, Instant::now());
        Delivered { tag, redelivered, exchange, routing_key, properties, body, refusal, received_at }
    }

    fn probe(tag: u64, id: &str) -> Delivered {
        let properties =
            Properties { kind: Some(PROBE.into()), message_id: Some(id.into()), ..Properties::default() };
        delivered(tag, properties, "")
    }

    #[test]
    fn a_probe_is_kept_as_long_as_an_attempt_may_take() {
        assert_eq!(expiration(Duration::from_secs(90)), "90000");
        assert_eq!(expiration(Duration::ZERO), "1");
        assert_eq!(expiration(Duration::MAX), "4294967295");
    }

    #[test]
    fn the_next_number_is_above_the_highest_and_not_before_the_present_time() {
        assert_eq!(number_above(None, 1000).unwrap(), 1000);
        // As after a purge, or beside a number that no program of this library has written.
        assert_eq!(number_above(Some(7), 1000).unwrap(), 1000);
        assert_eq!(number_above(Some(1000), 1000).unwrap(), 1001);
        assert_eq!(number_above(Some(5000), 1000).unwrap(), 5001, "the clock of another program is ahead");
        assert_eq!(number_above(Some(u64::MAX - 1), 1000).unwrap(), u64::MAX);
        assert!(number_above(Some(u64::MAX), 1000).is_err());
    }

    #[test]
    fn the_highest_number_before_the_own_probe_counts_and_the_probes_of_others_stay() {
        let mut received = Received::default();
        for (tag, body) in [(1, "7"), (2, "12"), (3, "no number"), (4, "9")] {
            assert!(!received.read(&delivered(tag, number_properties(), body), "mine"));
        }
        assert!(!received.read(&probe(5, "of another"), "mine"));
        assert!(received.read(&probe(6, "mine"), "mine"));
        assert_eq!(received.highest, Some(12));
        assert_eq!(received.done, [1, 2, 3, 4, 6]);
    }
}
