//! The publisher confirms that a test holds back.

use tokio::sync::watch;

use crate::ids::ChannelRef;

/// The order in which held confirms are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseOrder {
    /// In the order of the publishes.
    InOrder,
    /// The last one first.
    Reversed,
    /// Shuffled. The same seed gives the same order.
    Shuffled(u64),
}

/// The holds of a virtual host. Confirms go to the newest one.
#[derive(Debug, Default)]
pub(in crate::vhost) struct HeldConfirms {
    last: u64,
    holds: Vec<Hold>,
}

/// The confirms that one guard holds back.
#[derive(Debug)]
struct Hold {
    id: u64,
    confirms: Vec<HeldConfirm>,
    count: watch::Sender<usize>,
}

/// The outcome of a publish.
#[derive(Clone, Copy, Debug)]
pub(in crate::vhost) struct HeldConfirm {
    pub(in crate::vhost) at: ChannelRef,
    pub(in crate::vhost) number: u64,
    pub(in crate::vhost) accepted: bool,
}

/// A new hold.
#[derive(Debug)]
pub(crate) struct NewHold {
    pub(crate) id: u64,
    /// The number of held confirms.
    pub(crate) count: watch::Receiver<usize>,
}

impl HeldConfirms {
    /// Holds confirms from now on.
    pub(in crate::vhost) fn start(&mut self) -> NewHold {
        self.last += 1;
        let id = self.last;
        let (sender, count) = watch::channel(0);
        self.holds.push(Hold { id, confirms: Vec::new(), count: sender });
        NewHold { id, count }
    }

    /// Holds a confirm; returns false when there is no hold.
    pub(in crate::vhost) fn hold(&mut self, at: ChannelRef, number: u64, accepted: bool) -> bool {
        let Some(hold) = self.holds.last_mut() else { return false };
        hold.confirms.push(HeldConfirm { at, number, accepted });
        hold.count.send_replace(hold.confirms.len());
        true
    }

    /// Ends a hold and returns its confirms, in the order in which they are to be sent.
    pub(in crate::vhost) fn end(&mut self, id: u64, order: ReleaseOrder) -> Vec<HeldConfirm> {
        let Some(index) = self.holds.iter().position(|hold| hold.id == id) else { return Vec::new() };
        let mut confirms = self.holds.remove(index).confirms;
        match order {
            ReleaseOrder::InOrder => {}
            ReleaseOrder::Reversed => confirms.reverse(),
            ReleaseOrder::Shuffled(seed) => shuffle(&mut confirms, seed),
        }
        confirms
    }

    /// Drops the held confirms of a channel that has ended.
    pub(in crate::vhost) fn drop_channel(&mut self, at: ChannelRef) {
        for hold in &mut self.holds {
            hold.confirms.retain(|confirm| confirm.at != at);
            hold.count.send_replace(hold.confirms.len());
        }
    }
}

/// Fisher–Yates shuffle with random numbers of `SplitMix64`: small, and the same on all platforms.
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
    fn a_shuffle_keeps_all_items_and_is_repeatable() {
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
