//! Numbers that look random, and are the same for the same seed on every machine.

/// `SplitMix64`: small, without state worth mentioning, and good enough to choose values for people to look at.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `count`; 0 if there is none.
    pub(super) fn below(&mut self, count: usize) -> usize {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        usize::try_from(self.next() % count.max(1)).unwrap_or_default()
    }
}

/// How a value is chosen where several are allowed.
#[derive(Clone, Debug)]
pub(super) enum Choice {
    /// The first one: for a body that people fill in.
    First,
    /// One of them.
    Any(Random),
}

impl Choice {
    /// The index of one of `count`.
    pub(super) fn pick(&mut self, count: usize) -> usize {
        match self {
            Self::First => 0,
            Self::Any(random) => random.below(count),
        }
    }

    pub(super) fn is_first(&self) -> bool {
        matches!(self, Self::First)
    }

    /// Numbers for what has no first choice.
    pub(super) fn random(&mut self) -> Random {
        match self {
            Self::First => Random::new(0),
            Self::Any(random) => Random::new(random.next()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_seed() {
        // The published values of `SplitMix64`.
        let mut random = Random::new(0);
        assert_eq!([random.next(), random.next()], [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4]);
        let mut random = Random::new(7);
        let mut counts = [0; 5];
        for _ in 0..1_000 {
            counts[random.below(5)] += 1;
        }
        assert!(counts.iter().all(|count| (140..260).contains(count)), "{counts:?}");
        assert_eq!(random.below(0), 0);
    }
}
