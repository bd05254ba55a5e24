//! The chaos: one task that breaks one thing after the other, chosen at random.

mod bad_messages;
mod embedded;
mod embedded_faults;
mod node;
mod queue;
mod rabbitmq;
mod target;

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

pub(crate) use target::Target;

use bad_messages::BadMessages;

use crate::{
    ledgers::journal::Journal,
    random::Rng,
    servers::{Servers, Stop},
};

/// How often each disturbance was made.
pub(crate) type Tally = BTreeMap<String, u64>;

pub(crate) struct Chaos<'a> {
    target: &'a mut Target,
    servers: &'a Servers,
    journal: &'a Journal,
    rng: Rng,
    bad_messages: BadMessages,
    tally: Tally,
}

#[derive(Clone, Copy)]
enum Disturbance {
    Server,
    BadMessages,
    /// One of the broker's own faults.
    Broker,
}

const MIX: &[(u64, Disturbance)] =
    &[(3, Disturbance::Server), (2, Disturbance::BadMessages), (9, Disturbance::Broker)];

impl<'a> Chaos<'a> {
    pub(crate) fn of(target: &'a mut Target, servers: &'a Servers, journal: &'a Journal, rng: Rng) -> Self {
        Self { target, servers, journal, rng, bad_messages: BadMessages::default(), tally: Tally::new() }
    }

    /// Disturbs until `end`, then undoes every fault. Returns the disturbances, and how many bad messages may
    /// be dead letters.
    pub(crate) async fn run(mut self, end: Instant) -> (Tally, u64) {
        loop {
            let pause = self.rng.millis(100, 900);
            tokio::time::sleep_until((Instant::now() + pause).min(end)).await;
            if Instant::now() >= end {
                break;
            }
            let done = match self.rng.weighted(MIX) {
                Disturbance::Server => self.disturb_server(),
                Disturbance::BadMessages => self.send_bad_messages().await,
                Disturbance::Broker => self.target.disturb(&mut self.rng, self.journal).await,
            };
            self.note(&done);
        }
        self.target.calm().await;
        (self.tally, self.bad_messages.sent())
    }

    fn disturb_server(&mut self) -> String {
        let server = self.rng.below(self.servers.len() as u64) as usize;
        let pause = self.rng.millis(0, 300);
        let (stop, text) = match self.rng.one_in(2) {
            true => (Stop::Kill(pause), "server killed"),
            false => (Stop::ShutDown(pause), "server shut down"),
        };
        self.servers.stop(server, stop);
        text.to_owned()
    }

    async fn send_bad_messages(&mut self) -> String {
        let replies = self.target.reply_queues().await;
        let uri = self.target.uri();
        match self.bad_messages.send_burst(&uri, &replies, &mut self.rng).await {
            Ok(()) => "bad messages".to_owned(),
            // Their connection is disturbed like any other.
            Err(_) => "bad messages, interrupted".to_owned(),
        }
    }

    fn note(&mut self, what: &str) {
        self.journal.note(what);
        *self.tally.entry(what.to_owned()).or_default() += 1;
    }
}

/// The time limit of one disturbance.
const MAX_DURATION: Duration = Duration::from_secs(60);
