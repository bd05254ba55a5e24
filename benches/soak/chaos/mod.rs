//! What is broken, and when: one task that does one thing after the other, as its dice say.

mod bad_messages;
mod embedded;
mod node;
mod rabbitmq;
mod target;

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

pub(crate) use target::Target;

use bad_messages::BadMessages;

use crate::{
    dice::Dice,
    journal::Journal,
    servers::{Fate, Servers},
};

/// How often each thing was done.
pub(crate) type Tally = BTreeMap<String, u64>;

pub(crate) struct Chaos<'a> {
    target: &'a mut Target,
    servers: &'a Servers,
    journal: &'a Journal,
    dice: Dice,
    bad_messages: BadMessages,
    tally: Tally,
}

#[derive(Clone, Copy)]
enum Disturbance {
    Server,
    BadMessages,
    /// Whatever the broker at hand can do.
    Broker,
}

const MIX: &[(u64, Disturbance)] =
    &[(3, Disturbance::Server), (2, Disturbance::BadMessages), (9, Disturbance::Broker)];

impl<'a> Chaos<'a> {
    pub(crate) fn of(target: &'a mut Target, servers: &'a Servers, journal: &'a Journal, dice: Dice) -> Self {
        Self { target, servers, journal, dice, bad_messages: BadMessages::default(), tally: Tally::new() }
    }

    /// Disturbs until `end`, then sets everything right again. Returns what it did, and how many bad messages may be dead letters.
    pub(crate) async fn run(mut self, end: Instant) -> (Tally, u64) {
        loop {
            let pause = self.dice.millis(100, 900);
            tokio::time::sleep_until((Instant::now() + pause).min(end)).await;
            if Instant::now() >= end {
                break;
            }
            let done = match self.dice.weighted(MIX) {
                Disturbance::Server => self.disturb_server(),
                Disturbance::BadMessages => self.send_bad_messages().await,
                Disturbance::Broker => self.target.disturb(&mut self.dice, self.journal).await,
            };
            self.note(&done);
        }
        self.target.calm().await;
        (self.tally, self.bad_messages.sent())
    }

    fn disturb_server(&mut self) -> String {
        let server = self.dice.below(self.servers.len() as u64) as usize;
        let pause = self.dice.millis(0, 300);
        let (fate, text) = match self.dice.one_in(2) {
            true => (Fate::Killed(pause), "server killed"),
            false => (Fate::ShutDown(pause), "server shut down"),
        };
        self.servers.meet(server, fate);
        text.to_owned()
    }

    async fn send_bad_messages(&mut self) -> String {
        let replies = self.target.reply_queues().await;
        let uri = self.target.uri();
        match self.bad_messages.send_burst(&uri, &replies, &mut self.dice).await {
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

/// No single disturbance takes longer.
const BOUND: Duration = Duration::from_secs(60);
