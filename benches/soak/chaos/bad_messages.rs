//! Malformed messages, written byte by byte: to services and subscribers, and to clients as forged replies.

use std::time::Duration;

use crate::{
    Failure,
    random::Rng,
    raw_peer::{RawPeer, long, short},
};

/// The time limit of a burst.
const MAX_DURATION: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
pub(crate) struct BadMessages {
    sent: u64,
}

impl BadMessages {
    /// How many were sent to queues of services and groups: the most that can be dead letters.
    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// Sends some of every kind over a new connection.
    pub(super) async fn send_burst(
        &mut self,
        uri: &str,
        replies: &[String],
        rng: &mut Rng,
    ) -> Result<(), Failure> {
        tokio::time::timeout(MAX_DURATION, self.send(uri, replies, rng)).await?
    }

    async fn send(&mut self, uri: &str, replies: &[String], rng: &mut Rng) -> Result<(), Failure> {
        let mut peer = RawPeer::connect(uri).await?;
        for _ in 0..10 {
            let (exchange, key) = destination(rng);
            let (properties, body) = (properties(rng), body(rng));
            // Counted before it is written: it may arrive although writing fails. Twice, because a reply to a
            // service's queue is another bad request.
            self.sent += 2;
            peer.publish(exchange, key.as_bytes(), &properties, &body).await?;
        }
        for queue in replies {
            let (properties, body) = (properties(rng), body(rng));
            peer.publish("", queue.as_bytes(), &properties, &body).await?;
        }
        peer.close().await
    }
}

fn destination(rng: &mut Rng) -> (&'static str, String) {
    let (queue, exchange, service, methods) = match rng.below(5) {
        0 => ("vault", "amqp-rpc", "vault", ["plain", "again", "once"]),
        1 => ("post", "amqp-rpc", "post", ["note", "note_again", "note_once"]),
        2 => (
            "news.events.audit",
            "amqp-rpc.events",
            "news",
            ["reported.eu.de", "reported_again", "reported_once.us.ny"],
        ),
        _ => ("work", "amqp-rpc", "work", ["plain", "again", "once"]),
    };
    if rng.one_in(3) {
        return ("", queue.to_owned());
    }
    (exchange, format!("{service}.{}", methods[rng.below(3) as usize]))
}

fn body(rng: &mut Rng) -> Vec<u8> {
    match rng.below(8) {
        0 => Vec::new(),
        1 => b"{\"key\":".to_vec(),
        2 => b"{\"key\":\"one\",\"micros\":0}".to_vec(),
        3 => vec![b'['; 5000],
        4 => (0..rng.below(300)).map(|_| rng.next_u64() as u8).collect(),
        // Good parameters of a call that no caller made.
        _ => format!("{{\"key\":{},\"micros\":0}}", u64::MAX).into_bytes(),
    }
}

/// Flags, then the values in the order of the flags.
fn properties(rng: &mut Rng) -> Vec<u8> {
    const HEADERS: u16 = 1 << 13;
    const CORRELATION_ID: u16 = 1 << 10;
    const REPLY_TO: u16 = 1 << 9;
    const EXPIRATION: u16 = 1 << 8;
    const TYPE: u16 = 1 << 5;
    let (mut flags, mut values) = (EXPIRATION, Vec::new());
    match rng.below(6) {
        0 => {
            flags |= HEADERS;
            values.extend(long(&nested([2, 31, 33, 200, 5000][rng.below(5) as usize])));
        }
        1 => {
            flags |= HEADERS;
            values.extend(long(b"\x02\xff\xfeV"));
        }
        _ => {}
    }
    if !rng.one_in(3) {
        flags |= CORRELATION_ID;
        let random = format!("{:08x}-1234-4123-8123-{:012x}", rng.below(1 << 32), rng.below(1 << 48));
        values.extend(match rng.below(4) {
            0 => short(b"\xff\xfe\xfd"),
            1 => short(b"some id"),
            _ => short(random.as_bytes()),
        });
    }
    if !rng.one_in(3) {
        flags |= REPLY_TO;
        values.extend(match rng.below(5) {
            0 => short(b"no such queue"),
            1 => short(b"work"),
            2 => short(b"\xc3\x28"),
            3 => short(b"amq.rabbitmq.reply-to.forged"),
            _ => short(b"amq.rabbitmq.reply-to.g1h2AA5yZXBseUA1NjQ0MTI3OQ.AAAA"),
        });
    }
    // Some make the broker close their servers' connections one after the other: the expiration ends that
    // after a second.
    values.extend(short(b"1000"));
    if rng.one_in(3) {
        flags |= TYPE;
        values.extend(match rng.below(3) {
            0 => short(b"work.nothing"),
            1 => short(b"result"),
            _ => short(b"\xff"),
        });
    }
    [&flags.to_be_bytes()[..], &values].concat()
}

/// Lists in lists, under one header.
fn nested(levels: u32) -> Vec<u8> {
    let mut entry = short(b"deep");
    for level in (0..levels).rev() {
        entry.push(b'A');
        entry.extend_from_slice(&(5 * level).to_be_bytes());
    }
    entry
}
