//! The partition of a lock's keys.

use std::{fmt, num::NonZero};

use crate::contract::{LockDef, LockScope, MethodDef};

/// One of the partitions that the keys of locks in a cluster are distributed over. Shown as in the names of queues:
/// `3-of-16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Partition {
    /// From 0.
    index: u16,
    count: u16,
}

impl Partition {
    /// The partition of a key.
    pub(crate) fn of_key(key: &str, count: u16) -> Self {
        let count = count.max(1);
        let index = u16::try_from(crc32(key.as_bytes()) % u32::from(count)).expect("it is below `count`");
        Self { index, count }
    }

    /// How many partitions the lock has.
    pub(crate) fn count(self) -> u16 {
        self.count
    }

    /// All partitions of a lock.
    pub(crate) fn all(count: u16) -> impl Iterator<Item = Self> + Clone {
        let count = count.max(1);
        (0..count).map(move |index| Self { index, count })
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-of-{}", self.index, self.count)
    }
}

/// A number that is greater each time that the broker hands a partition over.
pub(crate) type FencingToken = NonZero<u64>;

/// The lock of a method whose requests come through partitions.
// Of the constant that a request's method is, this is known at compile time: a method without it pays nothing.
#[inline]
pub(crate) fn cluster_lock(method: &MethodDef) -> Option<LockDef> {
    match method.lock {
        Some(lock) if matches!(lock.scope, LockScope::Cluster) => Some(lock),
        _ => None,
    }
}

/// Where a call came from, as far as its lock is concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CallOrigin {
    /// From a client in the same process, which knows no partitions.
    #[default]
    InProcess,
    /// From a queue that is no partition.
    Queue,
    Partition(Partition),
}

/// The CRC-32 of gzip, zlib and Ethernet (ISO 3309), which every language has: `zlib.crc32` in Python and Node.
fn crc32(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xEDB8_8320;
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (POLYNOMIAL * (crc & 1)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_crc_32_of_zlib() {
        // The check value of the algorithm, and others from Python's `zlib.crc32`.
        for (text, crc) in [("123456789", 0xCBF4_3926), ("", 0), ("a", 0xE8B7_BE43), ("ä", 0x70B5_F183)] {
            assert_eq!(crc32(text.as_bytes()), crc, "{text}");
        }
    }

    #[test]
    fn each_key_has_one_partition_and_many_keys_have_all() {
        let partitions: Vec<_> = Partition::all(16).collect();
        let mut keys = vec![0; 16];
        for key in 0..10_000 {
            let partition = Partition::of_key(&key.to_string(), 16);
            assert_eq!(partition, Partition::of_key(&key.to_string(), 16));
            keys[partitions.iter().position(|one| *one == partition).unwrap()] += 1;
        }
        assert!(keys.iter().all(|keys| (500..750).contains(keys)), "{keys:?}");
        assert_eq!(Partition::of_key("any", 1), Partition::all(1).next().unwrap());
        assert_eq!(partitions[3].to_string(), "3-of-16");
    }
}
