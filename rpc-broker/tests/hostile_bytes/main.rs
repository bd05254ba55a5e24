//! Hostile bytes end the connection they came on, and nothing else: no panic, no hang, no harm to other connections.
//!
//! `PROPTEST_CASES` sets how many connections are attacked per test, 256 by default.

mod arena;
mod conversation;
mod deep_tables;
mod mutation;
#[path = "../raw_client/mod.rs"]
mod raw_client;

use proptest::{collection::vec, prelude::*, test_runner::Config};

use crate::{
    arena::Arena,
    conversation::{conversation, in_frames},
    mutation::{Mutation, attack, method_frame},
};

/// A broken case is printed; the one that matters becomes a test of its own.
fn config() -> Config {
    Config { failure_persistence: None, max_shrink_iters: 2000, ..Config::default() }
}

/// The bytes of a conversation in pieces that are written one by one.
fn in_pieces(bytes: &[u8], cuts: &[prop::sample::Index]) -> Vec<Vec<u8>> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places.windows(2).map(|piece| bytes[piece[0]..piece[1]].to_vec()).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn arbitrary_bytes(bytes: Vec<u8>) {
        Arena::shared().attack_with(&[bytes])?;
    }

    #[test]
    fn arbitrary_bytes_after_the_protocol_header(bytes: Vec<u8>) {
        Arena::shared().attack_with(&[b"AMQP\0\0\x09\x01".to_vec(), bytes])?;
    }

    #[test]
    fn arbitrary_methods_on_an_open_channel(frames in vec(method_frame(), 1..20)) {
        let mut bytes = in_frames(&raw_client::handshake()).concat();
        bytes.extend(frames.concat());
        Arena::shared().attack_with(&[bytes])?;
    }

    /// What clients say in an order that makes no sense: every state meets every method.
    #[test]
    fn well_formed_frames_in_any_order(frames in conversation(), cuts: [prop::sample::Index; 3]) {
        Arena::shared().attack_with(&in_pieces(&in_frames(&frames).concat(), &cuts))?;
    }

    #[test]
    fn mutated_conversations(
        frames in conversation(),
        mutations in vec(any::<Mutation>(), 1..6),
        cuts: [prop::sample::Index; 3],
    ) {
        let bytes = attack(in_frames(&frames), mutations);
        Arena::shared().attack_with(&in_pieces(&bytes, &cuts))?;
    }
}
