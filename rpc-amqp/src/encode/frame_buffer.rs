//! Frames that wait to be written. Large bodies are not copied into them.

use std::{collections::VecDeque, io::IoSlice};

use bytes::{Buf, Bytes};

/// Frames that wait to be written: bytes of its own, and parts of bodies that it shares with those who published them.
#[derive(Debug, Default)]
pub(crate) struct FrameBuffer {
    /// All but the shared parts. What is appended follows everything that is in the buffer.
    pub(crate) bytes: Vec<u8>,
    /// How many of `bytes` are written.
    written: usize,
    shared: VecDeque<SharedPart>,
    shared_bytes: usize,
}

#[derive(Debug)]
struct SharedPart {
    /// So many of the buffer's own bytes are in front of it.
    at: usize,
    /// What is not written of it.
    part: Bytes,
}

impl FrameBuffer {
    /// Appends a part of a body without copying it. Its memory is kept until it is written.
    pub(super) fn share(&mut self, part: Bytes) {
        self.shared_bytes += part.len();
        self.shared.push_back(SharedPart { at: self.bytes.len(), part });
    }

    /// How many bytes are not written.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.written + self.shared_bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All that is not written, where it is in one piece.
    pub(crate) fn whole(&self) -> Option<&[u8]> {
        self.shared.is_empty().then(|| &self.bytes[self.written..])
    }

    /// The first pieces of what is not written, as many as there is room for.
    pub(crate) fn pieces<'a, 'b>(&'a self, room: &'b mut [IoSlice<'a>]) -> &'b [IoSlice<'a>] {
        let starts = std::iter::once(self.written).chain(self.shared.iter().map(|shared| shared.at));
        let shared = starts
            .zip(&self.shared)
            .flat_map(|(start, SharedPart { at, part })| [&self.bytes[start..*at], part]);
        let last = self.shared.back().map_or(self.written, |shared| shared.at);
        let all = shared.chain([&self.bytes[last..]]).filter(|piece| !piece.is_empty());
        let count = room.iter_mut().zip(all).map(|(slot, piece)| *slot = IoSlice::new(piece)).count();
        &room[..count]
    }

    /// The first so many bytes are written. Parts of bodies that are written are released.
    pub(crate) fn advance(&mut self, mut written: usize) {
        while let Some(SharedPart { at, part }) = self.shared.front_mut() {
            let own = written.min(*at - self.written);
            self.written += own;
            written -= own;
            let of_part = written.min(part.len());
            part.advance(of_part);
            written -= of_part;
            self.shared_bytes -= of_part;
            if !part.is_empty() {
                return;
            }
            self.shared.pop_front();
        }
        self.written += written;
        debug_assert!(self.written <= self.bytes.len(), "no more is written than there is");
    }

    /// Empties the buffer, and keeps at most so much memory for the next frames.
    pub(crate) fn reset(&mut self, kept_bytes: usize) {
        self.bytes.clear();
        self.bytes.shrink_to(kept_bytes);
        self.written = 0;
        self.shared.clear();
        self.shared_bytes = 0;
    }
}

#[cfg(test)]
impl FrameBuffer {
    /// All that is not written.
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        let mut room = vec![IoSlice::new(&[]); 2 * self.shared.len() + 1];
        self.pieces(&mut room).iter().flat_map(|piece| piece.to_vec()).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    proptest! {
        /// However much is written at a time, and however few pieces a write may have.
        #[test]
        fn everything_is_written_once_and_in_order(
            parts in vec((any::<bool>(), vec(any::<u8>(), 0..5)), 0..12), writes in vec(0..7usize, 1..8),
            room in 1..4usize, kept_bytes in 0..10usize,
        ) {
            let (mut buffer, mut expected) = (FrameBuffer::default(), Vec::new());
            for (is_shared, part) in &parts {
                expected.extend_from_slice(part);
                if *is_shared {
                    buffer.share(Bytes::copy_from_slice(part));
                } else {
                    buffer.bytes.extend_from_slice(part);
                }
            }
            prop_assert_eq!(buffer.to_vec(), &expected[..]);
            let mut written = Vec::new();
            for at_most in writes.iter().cycle() {
                prop_assert_eq!(buffer.len(), expected.len() - written.len());
                if buffer.is_empty() || writes.iter().all(|at_most| *at_most == 0) {
                    break;
                }
                let mut slots = vec![IoSlice::new(&[]); room];
                let pieces = buffer.pieces(&mut slots).iter().flat_map(|piece| piece.to_vec());
                let now: Vec<u8> = pieces.take(*at_most).collect();
                if let Some(whole) = buffer.whole() {
                    prop_assert!(whole.starts_with(&now));
                }
                prop_assert!(*at_most == 0 || !now.is_empty(), "a write makes progress");
                buffer.advance(now.len());
                written.extend(now);
            }
            prop_assert!(expected.starts_with(&written));
            buffer.reset(kept_bytes);
            prop_assert!(buffer.is_empty() && buffer.whole() == Some(&[][..]));
            buffer.bytes.push(7);
            prop_assert_eq!(buffer.to_vec(), [7]);
        }
    }

    #[test]
    fn a_body_is_released_when_it_is_written() {
        let (mut buffer, body) = (FrameBuffer::default(), Bytes::from(vec![1; 10]));
        buffer.share(body.slice(..6));
        buffer.share(body.slice(6..));
        buffer.advance(6);
        assert!(!body.is_unique(), "the second part is not written");
        buffer.advance(4);
        assert!(body.is_unique());
    }
}
