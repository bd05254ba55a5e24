//! Malformed bodies: deep nesting, wrong lengths, noise.

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Shape, User, all, describing, user};
use crate::codec::AnyCodec;

/// Nests as deep as its body.
#[derive(Debug, Serialize, Deserialize)]
struct Nested(Vec<Self>);

#[test]
fn deep_nesting_is_an_error() {
    let hostile = |codec: &AnyCodec| -> Vec<Vec<u8>> {
        match codec.content_type() {
            "application/json" => vec![b"[".repeat(200_000)],
            // Arrays of one, maps whose values nest.
            "application/msgpack" => vec![vec![0x91; 200_000], [0x81, 0xa1, b'a'].repeat(70_000)],
            // Arrays of one, of any length, maps, tags.
            _ => vec![
                vec![0x81; 200_000],
                vec![0x9f; 200_000],
                [0xa1, 0x61, b'a'].repeat(70_000),
                vec![0xc1; 200_000],
            ],
        }
    };
    for codec in describing() {
        for body in hostile(&codec) {
            assert!(codec.decode::<Nested>(&body).is_err(), "{codec:?}");
            assert!(codec.decode::<serde_json::Value>(&body).is_err(), "{codec:?}");
            assert!(codec.decode::<serde::de::IgnoredAny>(&body).is_err(), "{codec:?}");
        }
        let deep = codec.encode(&(0..40).fold(Nested(vec![]), |inner, _| Nested(vec![inner]))).unwrap();
        assert!(codec.decode::<Nested>(&deep).is_ok(), "{codec:?}");
    }
}

#[test]
#[cfg(all(feature = "msgpack", feature = "cbor"))]
fn a_length_that_lies_allocates_nothing() {
    // Headers of text, bytes, array and map of nearly 4 GiB, without content. Allocating them would exhaust
    // the memory.
    let claims: [(AnyCodec, [u8; 4]); 2] = [
        (crate::codec::MessagePack.into(), [0xdb, 0xc6, 0xdd, 0xdf]),
        (crate::codec::Cbor.into(), [0x7a, 0x5a, 0x9a, 0xba]),
    ];
    for (codec, markers) in claims {
        for marker in markers {
            let body = [marker, 0xff, 0xff, 0xff, 0xf0];
            assert!(codec.decode::<String>(&body).is_err());
            assert!(codec.decode::<Vec<u64>>(&body).is_err());
            assert!(codec.decode::<Vec<User>>(&body).is_err());
            assert!(codec.decode::<std::collections::BTreeMap<String, u64>>(&body).is_err());
            assert!(codec.decode::<std::collections::HashMap<u64, [u64; 32]>>(&body).is_err());
            assert!(codec.decode::<serde_json::Value>(&body).is_err());
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(body: Vec<u8>) {
        for codec in all() {
            let _ = codec.decode::<User>(&body);
            let _ = codec.decode::<Vec<Shape>>(&body);
            let _ = codec.decode::<serde_json::Value>(&body);
        }
    }

    #[test]
    fn a_body_that_is_nearly_right_never_panics(
        place: prop::sample::Index, byte: u8, cut: prop::sample::Index,
    ) {
        for codec in all() {
            let whole = codec.encode(&user()).unwrap().to_vec();
            let end = cut.index(whole.len());
            prop_assert!(codec.decode::<User>(&whole[..end]).is_err());
            let mut body = whole;
            let place = place.index(body.len());
            body[place] = byte;
            let _ = codec.decode::<User>(&body);
            // A truncated body may be valid.
            let _ = codec.decode::<User>(&body[..end]);
        }
    }
}
