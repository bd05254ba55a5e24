//! Mutates frames: flipped bits, wrong lengths, truncated, swapped, repeated and inserted frames.

use proptest::sample::select;
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::nested_tables::{METHODS_WITH_A_TABLE, with_nested_values};

/// A change to a sequence of frames.
#[derive(Clone, Debug)]
pub(crate) enum Mutation {
    FlipBit(Index, Index, u8),
    /// The frame, and the length in its header.
    SetLength(Index, u32),
    SetChannel(Index, u16),
    SetKind(Index, u8),
    SetEnd(Index, u8),
    /// The frame, and the length that is left of it.
    Cut(Index, Index),
    Drop(Index),
    Repeat(Index),
    Swap(Index, Index),
    Insert(Index, Vec<u8>),
}

impl Arbitrary for Mutation {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        let index = any::<Index>;
        prop_oneof![
            6 => (index(), index(), 0u8..8).prop_map(|(frame, byte, bit)| Self::FlipBit(frame, byte, bit)),
            2 => (index(), prop_oneof![0u32..300, any::<u32>()]).prop_map(|(frame, length)| Self::SetLength(frame, length)),
            2 => (index(), prop_oneof![0u16..3, any::<u16>()]).prop_map(|(frame, channel)| Self::SetChannel(frame, channel)),
            1 => (index(), prop_oneof![0u8..10, any::<u8>()]).prop_map(|(frame, kind)| Self::SetKind(frame, kind)),
            1 => (index(), any::<u8>()).prop_map(|(frame, end)| Self::SetEnd(frame, end)),
            2 => (index(), index()).prop_map(|(frame, rest)| Self::Cut(frame, rest)),
            2 => index().prop_map(Self::Drop),
            2 => index().prop_map(Self::Repeat),
            2 => (index(), index()).prop_map(|(one, other)| Self::Swap(one, other)),
            1 => (index(), vec(any::<u8>(), 0..60)).prop_map(|(place, bytes)| Self::Insert(place, bytes)),
            2 => (index(), method_frame()).prop_map(|(place, frame)| Self::Insert(place, frame)),
        ]
        .boxed()
    }
}

/// Generates a method frame with valid length and frame end, and arbitrary arguments: random, or nested
/// tables.
pub(crate) fn method_frame() -> impl Strategy<Value = Vec<u8>> {
    let class = prop_oneof![select(&[10u16, 20, 30, 40, 50, 60, 85, 90][..]), any::<u16>()];
    let method = prop_oneof![8 => (1u16..13).prop_map(|tens| tens * 10), 1 => any::<u16>()];
    let arguments = vec(prop_oneof![Just(0), Just(1), any::<u8>(), select(&b"FAStx"[..])], 0..80);
    let any_arguments = (class, method, arguments).prop_map(|(class, method, arguments)| {
        [&class.to_be_bytes()[..], &method.to_be_bytes(), &arguments].concat()
    });
    let tables = (select(METHODS_WITH_A_TABLE), any::<bool>(), 0usize..3000)
        .prop_map(|(method, as_tables, levels)| with_nested_values(method, as_tables, levels));
    let channel = prop_oneof![3 => Just(1u16), 1 => Just(0)];
    (channel, prop_oneof![9 => any_arguments, 1 => tables])
        .prop_map(|(channel, payload)| framed(1, channel, &payload))
}

pub(crate) fn framed(kind: u8, channel: u16, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("payloads here are short");
    [&[kind][..], &channel.to_be_bytes(), &length.to_be_bytes(), payload, &[0xCE]].concat()
}

/// Applies the mutations; returns the bytes of all frames.
pub(crate) fn mutated(mut frames: Vec<Vec<u8>>, mutations: Vec<Mutation>) -> Vec<u8> {
    for mutation in mutations {
        if frames.is_empty() {
            break;
        }
        apply(&mut frames, mutation);
    }
    frames.concat()
}

fn apply(frames: &mut Vec<Vec<u8>>, mutation: Mutation) {
    let count = frames.len();
    match mutation {
        Mutation::FlipBit(frame, byte, bit) => {
            let frame = &mut frames[frame.index(count)];
            if !frame.is_empty() {
                let place = byte.index(frame.len());
                frame[place] ^= 1 << bit;
            }
        }
        Mutation::SetLength(frame, length) => {
            overwrite(&mut frames[frame.index(count)], 3, &length.to_be_bytes());
        }
        Mutation::SetChannel(frame, channel) => {
            overwrite(&mut frames[frame.index(count)], 1, &channel.to_be_bytes());
        }
        Mutation::SetKind(frame, kind) => overwrite(&mut frames[frame.index(count)], 0, &[kind]),
        Mutation::SetEnd(frame, end) => {
            if let Some(last) = frames[frame.index(count)].last_mut() {
                *last = end;
            }
        }
        Mutation::Cut(frame, rest) => {
            let frame = &mut frames[frame.index(count)];
            frame.truncate(rest.index(frame.len() + 1));
        }
        Mutation::Drop(frame) => {
            frames.remove(frame.index(count));
        }
        Mutation::Repeat(frame) => {
            let place = frame.index(count);
            frames.insert(place, frames[place].clone());
        }
        Mutation::Swap(one, other) => frames.swap(one.index(count), other.index(count)),
        Mutation::Insert(place, bytes) => frames.insert(place.index(count + 1), bytes),
    }
}

fn overwrite(frame: &mut [u8], place: usize, bytes: &[u8]) {
    if let Some(target) = frame.get_mut(place..place + bytes.len()) {
        target.copy_from_slice(bytes);
    }
}
