//! Correlation ids: a call's number in a form that others cannot forge.

use std::hash::{BuildHasher, RandomState};

use amqp_rpc_transport::COALESCED_ID_PREFIX;
use smol_str::SmolStr;
use uuid::Uuid;

/// The number of a call: the key of the pending table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CallNumber(pub(crate) u64);

/// Makes and checks the correlation ids of one link.
///
/// An id has the shape of a random UUID: 64 bits are the call's number, 58 bits a keyed hash of it. A peer
/// that has seen ids cannot make another: the key is random and never leaves the process.
pub(crate) struct CorrelationIds {
    hasher: RandomState,
    /// The keys of two hashers of a thread are neighbours; this makes what they hash differ as well.
    mask: u64,
}

const NUMBER_HIGH: u32 = 4;
const HASH_BITS: u32 = 58;

impl CorrelationIds {
    pub(crate) fn new() -> Self {
        Self { hasher: RandomState::new(), mask: RandomState::new().hash_one(Uuid::new_v4().as_u128()) }
    }

    pub(crate) fn id(&self, number: CallNumber) -> SmolStr {
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        self.uuid(number).hyphenated().encode_lower(&mut text).into()
    }

    /// The call that `id` belongs to, if this link made it.
    pub(crate) fn number(&self, id: &str) -> Option<CallNumber> {
        let id = Uuid::try_parse(id).ok()?;
        let (high, low) = id.as_u64_pair();
        let upper = (high >> 16 << 12) | (high & 0xfff);
        let number = CallNumber((upper << NUMBER_HIGH) | (low >> HASH_BITS & 0xf));
        (self.uuid(number) == id).then_some(number)
    }

    /// The first call of the message that `id` belongs to, if this link made it.
    pub(crate) fn number_of_first(&self, id: &str) -> Option<CallNumber> {
        self.number(id.strip_prefix(COALESCED_ID_PREFIX)?)
    }

    fn uuid(&self, number: CallNumber) -> Uuid {
        const VERSION_4: u64 = 0x4000;
        const VARIANT: u64 = 0b10 << 62;
        let hash = self.hasher.hash_one(number.0 ^ self.mask) >> (64 - HASH_BITS);
        let upper = number.0 >> NUMBER_HIGH;
        let high = (upper >> 12 << 16) | VERSION_4 | (upper & 0xfff);
        let low = VARIANT | ((number.0 & 0xf) << HASH_BITS) | hash;
        Uuid::from_u64_pair(high, low)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_number_comes_back_from_a_valid_uuid(number: u64) {
            let ids = CorrelationIds::new();
            let id = ids.id(CallNumber(number));
            let uuid = Uuid::parse_str(&id).unwrap();
            prop_assert_eq!(uuid.get_version_num(), 4);
            prop_assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
            prop_assert_eq!(ids.number(&id), Some(CallNumber(number)));
        }

        #[test]
        fn an_id_of_another_epoch_is_not_ours(number: u64) {
            let id = CorrelationIds::new().id(CallNumber(number));
            prop_assert_eq!(CorrelationIds::new().number(&id), None);
        }

        #[test]
        fn an_id_made_from_a_seen_one_is_not_ours(number: u64, flip in 0..128u32) {
            let ids = CorrelationIds::new();
            let seen = Uuid::parse_str(&ids.id(CallNumber(number))).unwrap();
            let forged = Uuid::from_u128(seen.as_u128() ^ (1 << flip));
            prop_assert_eq!(ids.number(&forged.to_string()), None);
        }

        #[test]
        fn arbitrary_text_is_not_ours(text: String) {
            prop_assert_eq!(CorrelationIds::new().number(&text), None);
        }
    }
}
