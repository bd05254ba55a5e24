//! Confirms that a fault keeps back, and the order in which they come after all.

use amq_protocol::protocol::{AMQPClass, basic};
use tokio::sync::watch;

use crate::{ids::ChannelRef, vhost::Vhost};

/// The order in which withheld confirms come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// As they were withheld.
    InOrder,
    /// The last one first.
    Reversed,
    /// Shuffled; the same number gives the same order.
    Shuffled(u64),
}

/// What is withheld, by who asked for it.
#[derive(Debug, Default)]
pub(super) struct Withholding {
    last: u64,
    all: Vec<Withheld>,
}

#[derive(Debug)]
struct Withheld {
    id: u64,
    outcomes: Vec<Outcome>,
    count: watch::Sender<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Outcome {
    at: ChannelRef,
    number: u64,
    accepted: bool,
}

impl Vhost {
    /// Withholds confirms from now on; returns by which number to release them, and how many they are.
    pub(crate) fn withhold_confirms(&mut self) -> (u64, watch::Receiver<usize>) {
        self.withholding.last += 1;
        let id = self.withholding.last;
        let (count, counted) = watch::channel(0);
        self.withholding.all.push(Withheld { id, outcomes: Vec::new(), count });
        (id, counted)
    }

    /// Keeps the outcome of a publish back when that is asked for.
    pub(super) fn withhold(&mut self, at: ChannelRef, number: u64, accepted: bool) -> bool {
        let Some(withheld) = self.withholding.all.last_mut() else { return false };
        withheld.outcomes.push(Outcome { at, number, accepted });
        withheld.count.send_replace(withheld.outcomes.len());
        true
    }

    /// Tells what was withheld, one by one, and goes on as usual.
    pub(crate) fn release_confirms(&mut self, id: u64, release: Release) {
        let Some(index) = self.withholding.all.iter().position(|withheld| withheld.id == id) else { return };
        let mut outcomes = self.withholding.all.remove(index).outcomes;
        match release {
            Release::InOrder => {}
            Release::Reversed => outcomes.reverse(),
            Release::Shuffled(seed) => shuffle(&mut outcomes, seed),
        }
        for Outcome { at, number: delivery_tag, accepted } in outcomes {
            let method = if accepted {
                basic::AMQPMethod::Ack(basic::Ack { delivery_tag, multiple: false })
            } else {
                basic::AMQPMethod::Nack(basic::Nack { delivery_tag, multiple: false, requeue: false })
            };
            self.reply(at, AMQPClass::Basic(method));
        }
    }

    /// A channel has ended: its publishes are not confirmed any more.
    pub(super) fn forget_withheld(&mut self, at: ChannelRef) {
        for withheld in &mut self.withholding.all {
            withheld.outcomes.retain(|outcome| outcome.at != at);
            withheld.count.send_replace(withheld.outcomes.len());
        }
    }
}

/// Fisher and Yates's shuffle with numbers of Steele's `SplitMix64`: small, and the same everywhere.
fn shuffle<T>(items: &mut [T], mut seed: u64) {
    for last in (1..items.len()).rev() {
        seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        let choices = last as u64 + 1;
        items.swap(last, usize::try_from(mixed % choices).expect("it is at most `last`"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shuffle_keeps_everything_and_repeats_itself() {
        let shuffled = |seed| {
            let mut items: Vec<u32> = (0..20).collect();
            shuffle(&mut items, seed);
            items
        };
        assert_eq!(shuffled(1), shuffled(1));
        assert_ne!(shuffled(1), shuffled(2));
        let mut sorted = shuffled(3);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..20).collect::<Vec<_>>());
    }
}
