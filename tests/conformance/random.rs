//! Random scripts have equal transcripts on all brokers.
//!
//! A seed generates a script of random steps on few names, so that they collide. Some seeds are recorded like
//! any other script. With a RabbitMQ, more are run on it and on the embedded broker: always the same 20, for
//! a change must not fail because of what chance finds elsewhere. `CONFORMANCE_SEEDS=n` runs n new ones instead, as
//! `scripts/full.sh` does, and `CONFORMANCE_SEED` a single one again.

use std::env;

use amqp_rpc_broker::Like;

use super::{
    golden::{check, difference, run},
    test_broker::TestBroker,
};

const STEPS: usize = 60;
/// Run on both brokers by default. None of them is recorded.
const FIXED_SEEDS: std::ops::Range<u64> = 1_000..1_020;
const MAX_SHRINK_STEPS: usize = 150;

/// The random number generator `SplitMix64`: the same numbers on all platforms.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[(self.next() % choices.len() as u64) as usize]
    }

    /// Returns true once in `times` calls, on average.
    fn one_in(&mut self, times: u64) -> bool {
        self.next().is_multiple_of(times)
    }
}

const CONNECTIONS: &[&str] = &["a", "b"];
const QUEUES: &[&str] = &["q", "q", "p", "p", "limited", "strict", "dead", "single"];
const EXCHANGES: &[&str] = &["direct", "fan", "topic", "amq.topic"];
const KEYS: &[&str] = &["x", "x.y", "y"];
const PATTERNS: &[&str] = &["x", "x.*", "#.y", "*"];
/// The channel to publish, get and declare on.
const PUBLISHER: &str = "2";

/// Each queue has a separate channel of each connection for its consumers: the order in which several queues
/// deliver to one channel is not defined, and neither is the order of confirms and deliveries.
fn consumer_channel(queue: &str) -> u16 {
    match queue {
        "q" => 10,
        "p" => 11,
        "limited" => 12,
        "strict" => 13,
        "dead" => 14,
        _ => 15,
    }
}

fn declaration(queue: &str) -> String {
    let arguments = match queue {
        "limited" => " x-max-length=2 x-dead-letter-exchange=\"\" x-dead-letter-routing-key=dead",
        "strict" => " x-max-length=2 x-overflow=reject-publish",
        "p" => " x-dead-letter-exchange=\"\" x-dead-letter-routing-key=dead",
        "single" => " x-single-active-consumer=true",
        _ => "",
    };
    format!("queue.declare {queue}{arguments}")
}

fn script(seed: u64) -> String {
    let mut random = Random(seed);
    let mut lines = vec![
        "a/2 exchange.declare direct direct".to_owned(),
        "a/2 exchange.declare fan fanout".to_owned(),
        "a/2 exchange.declare topic topic".to_owned(),
        "b/2 confirm.select".to_owned(),
    ];
    for queue in ["q", "p", "dead", "limited", "strict", "single"] {
        lines.push(format!("a/2 {}", declaration(queue)));
    }
    lines.extend((0..STEPS).map(|number| step(&mut random, number)));
    lines.join("\n")
}

fn step(random: &mut Random, number: usize) -> String {
    let connection = random.of(CONNECTIONS);
    let queue = random.of(QUEUES);
    let consumer = format!("{connection}/{}", consumer_channel(queue));
    let publisher = format!("{connection}/{PUBLISHER}");
    match random.next() % 26 {
        0..=8 => publish(random, &publisher, queue, number),
        9..=11 => {
            // Now and then a tag that is in use, which ends the connection.
            let tag = if random.one_in(12) { 0 } else { number };
            format!("{consumer} basic.consume {queue} tag=t{tag}{}", optional(random, " no-ack"))
        }
        12 => format!("{consumer} basic.cancel t{}", random.next() as usize % (number + 1)),
        13 => format!("{consumer} basic.qos {}", random.of(&["0", "1", "2"])),
        14..=17 => settlement(random, &consumer),
        18 => settlement(random, &publisher),
        19 | 20 => format!("{publisher} basic.get {queue}{}", optional(random, " no-ack")),
        21 => format!("{publisher} {}", declaration(queue)),
        22 => {
            let (exchange, pattern) = (random.of(EXCHANGES), random.of(PATTERNS));
            let verb = if random.one_in(4) { "unbind" } else { "bind" };
            format!("{publisher} queue.{verb} {queue} {exchange} {pattern:?}")
        }
        23 if random.one_in(2) => format!("{publisher} queue.purge {queue}"),
        23 => format!("{publisher} queue.delete {queue}{}", optional(random, " if-unused")),
        24 => format!("{consumer} basic.recover requeue"),
        _ if random.one_in(2) => format!("{consumer} channel.close"),
        _ => format!("{publisher} queue.declare {queue} passive"),
    }
}

fn publish(random: &mut Random, channel: &str, queue: &str, number: usize) -> String {
    let mandatory = optional(random, " mandatory");
    if random.one_in(3) {
        let (exchange, key) = (random.of(EXCHANGES), random.of(KEYS));
        return format!("{channel} basic.publish {exchange} {key} \"{number}\"{mandatory}");
    }
    format!("{channel} basic.publish \"\" {queue} \"{number}\"{mandatory}")
}

fn settlement(random: &mut Random, channel: &str) -> String {
    let verb = random.of(&["basic.ack", "basic.nack", "basic.nack", "basic.reject"]);
    let requeue = if verb == "basic.ack" { "" } else { optional(random, " requeue") };
    if verb == "basic.reject" || random.one_in(4) {
        return format!("{channel} {verb} {}{requeue}", 1 + random.next() % 3);
    }
    format!("{channel} {verb} 0 multiple{requeue}")
}

fn optional(random: &mut Random, arguments: &'static str) -> &'static str {
    if random.one_in(2) { arguments } else { "" }
}

/// Generates a test for each recorded seed.
macro_rules! recorded {
    ($($name:ident = $seed:literal,)+) => {
        $(
            #[tokio::test]
            async fn $name() {
                check(&format!("random/seed_{}", $seed), &script($seed)).await;
            }
        )+
    };
}

recorded! {
    seed_0 = 0,
    seed_1 = 1,
    seed_2 = 2,
    seed_3 = 3,
    seed_4 = 4,
    seed_5 = 5,
    seed_6 = 6,
    seed_7 = 7,
    seed_8 = 8,
    seed_9 = 9,
    seed_10 = 10,
    seed_11 = 11,
    seed_12 = 12,
    seed_13 = 13,
    seed_14 = 14,
    seed_15 = 15,
    seed_16 = 16,
    seed_17 = 17,
    seed_18 = 18,
    seed_19 = 19,
    seed_20 = 20,
    seed_21 = 21,
    seed_22 = 22,
    seed_23 = 23,
}

#[tokio::test]
async fn more_random_scripts_have_equal_transcripts_on_both_brokers() {
    if env::var_os("AMQP_URL").is_none() {
        return; // There is nothing to compare with. The recorded seeds are run in any case.
    }
    for seed in seeds() {
        if differs(&script(seed)).await.is_some() {
            let script = shrunk(script(seed)).await;
            let shown = differs(&script).await.unwrap_or_else(|| "not every time".to_owned());
            panic!("seed {seed} differs (- RabbitMQ, + embedded):\n{shown}\n\nthe script:\n{script}");
        }
    }
}

fn seeds() -> Vec<u64> {
    let number = |variable| env::var(variable).ok().and_then(|number| number.parse().ok());
    if let Some(seed) = number("CONFORMANCE_SEED") {
        return vec![seed];
    }
    let Some(count) = number("CONFORMANCE_SEEDS") else { return FIXED_SEEDS.collect() };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is after 1970");
    let first = now.as_nanos() as u64 >> 10;
    (0..count).map(|offset| first.wrapping_add(offset)).collect()
}

async fn differs(script: &str) -> Option<String> {
    let rabbitmq = run(TestBroker::rabbitmq().await.expect("AMQP_URL is set"), script).await;
    let embedded = run(TestBroker::embedded(Like::default()).await, script).await;
    (rabbitmq != embedded).then(|| difference(&rabbitmq, &embedded))
}

/// Removes as many lines as possible while the transcripts still differ.
async fn shrunk(script: String) -> String {
    let mut lines: Vec<_> = script.lines().map(str::to_owned).collect();
    let mut runs = 0;
    let mut size = lines.len() / 2;
    while size > 0 && runs < MAX_SHRINK_STEPS {
        let mut start = 0;
        while start < lines.len() && runs < MAX_SHRINK_STEPS {
            let mut fewer = lines.clone();
            fewer.drain(start..(start + size).min(lines.len()));
            runs += 1;
            if differs(&fewer.join("\n")).await.is_some() {
                lines = fewer;
            } else {
                start += size;
            }
        }
        size /= 2;
    }
    lines.join("\n")
}
