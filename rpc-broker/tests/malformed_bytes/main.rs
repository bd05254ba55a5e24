//! Malformed bytes end their connection and nothing else: the broker neither panics nor hangs, and serves other
//! connections.
//!
//! `PROPTEST_CASES` sets the number of connections per test, 256 by default.

mod deep_tables;
mod fuzz_target;
mod mutation;
mod nested_tables;
#[path = "../raw_client/mod.rs"]
mod raw_client;
mod requests;

use proptest::{collection::vec, prelude::*, test_runner::Config};

use crate::{
    fuzz_target::FuzzTarget,
    mutation::{Mutation, method_frame, mutated},
    requests::{in_frames, requests},
};

/// A failing case is printed and not stored: it becomes a separate test.
fn config() -> Config {
    Config { failure_persistence: None, max_shrink_iters: 2000, ..Config::default() }
}

/// Splits the bytes into pieces that are written one by one.
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
        FuzzTarget::shared().feed(&[bytes])?;
    }

    #[test]
    fn arbitrary_bytes_after_the_protocol_header(bytes: Vec<u8>) {
        FuzzTarget::shared().feed(&[b"AMQP\0\0\x09\x01".to_vec(), bytes])?;
    }

    #[test]
    fn arbitrary_methods_on_an_open_channel(frames in vec(method_frame(), 1..20)) {
        let mut bytes = in_frames(&raw_client::handshake()).concat();
        bytes.extend(frames.concat());
        FuzzTarget::shared().feed(&[bytes])?;
    }

    /// Valid frames in any order: every state receives every method.
    #[test]
    fn well_formed_frames_in_any_order(frames in requests(), cuts: [prop::sample::Index; 3]) {
        FuzzTarget::shared().feed(&in_pieces(&in_frames(&frames).concat(), &cuts))?;
    }

    #[test]
    fn mutated_requests(
        frames in requests(),
        mutations in vec(any::<Mutation>(), 1..6),
        cuts: [prop::sample::Index; 3],
    ) {
        let bytes = mutated(in_frames(&frames), mutations);
        FuzzTarget::shared().feed(&in_pieces(&bytes, &cuts))?;
    }
}
