//! The delivery tags of calls that came in one message.
//!
//! Each call of a coalesced message is settled by itself, by a tag of its own: that of the delivery and its place
//! there, in the upper half of the numbers, which no broker reaches.

const OF_PARTS: u64 = 1 << 63;
const INDEX_BITS: u32 = 16;

/// A part of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PartTag {
    /// The tag of the delivery.
    pub(crate) delivery: u64,
    pub(crate) index: u16,
}

impl PartTag {
    /// The tag that stands for it.
    pub(crate) fn tag(self) -> u64 {
        OF_PARTS | (self.delivery << INDEX_BITS) | u64::from(self.index)
    }

    /// The part that a tag stands for. `None` for the tag of a whole delivery.
    pub(crate) fn of(tag: u64) -> Option<Self> {
        let index = u16::try_from(tag & ((1 << INDEX_BITS) - 1)).expect("it has as many bits");
        (tag & OF_PARTS != 0).then_some(Self { delivery: (tag & !OF_PARTS) >> INDEX_BITS, index })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_known_by_its_tag_and_a_delivery_is_no_part() {
        for (delivery, index) in [(1, 0), (1, 1023), (u64::from(u32::MAX) << 8, u16::MAX)] {
            let part = PartTag { delivery, index };
            assert_eq!(PartTag::of(part.tag()), Some(part));
            assert_eq!(PartTag::of(delivery), None);
        }
    }
}
