//! What is compared: one service, an echo of a number as JSON, served and called in five ways, and messages that nobody answers,
//! published in two.

mod best;
mod everyday;
mod extras;
mod one_way;
mod one_way_by_hand;
mod ours;
mod recorder;

use std::{collections::HashMap, future::Future};

use serde::{Deserialize, Serialize};

use crate::{
    Failure,
    options::{Part, Side},
    role::{answer_commands, serve_until_told},
};
pub(crate) use extras::Extra;
pub(crate) use ours::{EchoClient, UnservedClient};

/// Takes the requests of calls that do not use the default exchange; begins the names of everything else.
const EXCHANGE: &str = "throughput";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variant {
    /// This library.
    AmqpRpc,
    /// The best that is known with lapin by hand, in the same mode and with the same properties.
    Best,
    /// Lapin as people write it: a task per request, every write awaited, prefetch 256.
    Spawn,
    /// The same without tasks: one request after the other.
    Inline,
    /// The same with the tutorials' prefetch of one.
    Tutorial,
    /// Notifications, with this library.
    Notify,
    /// Notifications with lapin by hand.
    NotifyBest,
    /// Events, with this library.
    Event,
    /// Events with lapin by hand.
    EventBest,
}

impl Variant {
    /// Those that are answered.
    pub(crate) const CALLS: [Self; 5] =
        [Self::AmqpRpc, Self::Best, Self::Spawn, Self::Inline, Self::Tutorial];
    const ONE_WAY: [Self; 4] = [Self::Notify, Self::NotifyBest, Self::Event, Self::EventBest];

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Self::CALLS.into_iter().chain(Self::ONE_WAY)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AmqpRpc => "amqp-rpc",
            Self::Best => "best",
            Self::Spawn => "spawn",
            Self::Inline => "inline",
            Self::Tutorial => "tutorial",
            Self::Notify => "notify",
            Self::NotifyBest => "notify-best",
            Self::Event => "event",
            Self::EventBest => "event-best",
        }
    }

    fn is_event(self) -> bool {
        matches!(self, Self::Event | Self::EventBest)
    }

    pub(crate) fn queue(self) -> String {
        if Self::ONE_WAY.contains(&self) {
            one_way::queue(self)
        } else {
            format!("{EXCHANGE}.{}", self.name())
        }
    }

    pub(crate) fn exchange(self) -> String {
        if Self::ONE_WAY.contains(&self) { one_way::exchange(self) } else { EXCHANGE.into() }
    }

    pub(crate) fn named(name: &str) -> Result<Self, String> {
        let found = Self::all().find(|variant| variant.name() == name);
        found.ok_or_else(|| format!("no variant is called {name:?}; --help lists them"))
    }
}

/// The client of one variant; clones share a connection.
pub(crate) trait Caller: Clone + Send + Sync + 'static {
    /// Makes one call, which is answered with `n`; or sends one message, and says so itself when the broker has confirmed it.
    fn echo(&self, n: u64) -> impl Future<Output = Result<u64, Failure>> + Send;
}

/// Plays `part` until the standard input ends.
pub(crate) async fn play(part: &Part) -> Result<(), Failure> {
    match (part.side, part.variant) {
        (Side::Server, Variant::AmqpRpc) => serve_until_told(ours::start(part).await?).await,
        (Side::Server, Variant::Best) => serve_until_told(best::start(part).await?).await,
        (Side::Server, Variant::Spawn | Variant::Inline | Variant::Tutorial) => {
            serve_until_told(everyday::start(part).await?).await
        }
        (Side::Server, Variant::Notify | Variant::NotifyBest | Variant::Event | Variant::EventBest) => {
            serve_until_told(one_way::start(part).await?).await
        }
        (Side::Client, Variant::AmqpRpc) => answer_commands(ours::connect(part).await?).await,
        (Side::Client, Variant::Best) => answer_commands(best::connect(part).await?).await,
        (Side::Client, Variant::Spawn | Variant::Inline | Variant::Tutorial) => {
            answer_commands(everyday::connect(part).await?).await
        }
        (Side::Client, Variant::Notify | Variant::Event) => {
            answer_commands(one_way::connect(part).await?).await
        }
        (Side::Client, Variant::NotifyBest | Variant::EventBest) => {
            answer_commands(one_way_by_hand::connect(part).await?).await
        }
    }
}

/// What the variants by hand send; the generated request is its equal.
#[derive(Serialize, Deserialize)]
struct EchoRequest {
    n: u64,
}

/// The method behind the variants by hand; that of the trait is its equal.
async fn echo(request: EchoRequest) -> u64 {
    request.n
}

/// Who waits for which reply, as the variants by hand remember it.
type Waiting<Id> = std::sync::Mutex<HashMap<Id, tokio::sync::oneshot::Sender<Vec<u8>>>>;
