//! Properties of every codec.

mod hostile;

use std::{collections::BTreeMap, fmt::Debug, net::IpAddr, time::SystemTime};

use proptest::prelude::*;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::{AnyCodec, Codec, CodecError, Decoding, Encodable, Encoding, for_content_type};

/// A custom codec.
#[derive(Debug)]
struct Postcard;

impl Codec for Postcard {
    fn content_type(&self) -> &'static str {
        "application/x-postcard"
    }

    fn encode(&self, value: Encodable<'_>) -> Result<Vec<u8>, CodecError> {
        Ok(postcard::to_allocvec(&value)?)
    }

    fn decode(&self, body: &[u8], value: Decoding<'_>) -> Result<(), CodecError> {
        let mut reader = postcard::Deserializer::from_bytes(body);
        value.read(&mut reader)?;
        match reader.finalize()? {
            [] => Ok(()),
            rest => Err(format!("{} bytes are left over", rest.len()).into()),
        }
    }
}

/// MessagePack as a custom codec: self-describing, unlike postcard.
#[cfg(feature = "msgpack")]
#[derive(Debug)]
struct OwnMessagePack;

#[cfg(feature = "msgpack")]
impl Codec for OwnMessagePack {
    fn content_type(&self) -> &'static str {
        "application/msgpack"
    }

    fn encode(&self, value: Encodable<'_>) -> Result<Vec<u8>, CodecError> {
        Ok(rmp_serde::to_vec_named(&value)?)
    }

    fn decode(&self, body: &[u8], value: Decoding<'_>) -> Result<(), CodecError> {
        let mut reader = rmp_serde::Deserializer::new(body);
        reader.set_max_depth(100);
        value.read(&mut reader)?;
        match reader.into_inner() {
            [] => Ok(()),
            _ => Err("bytes are left over".into()),
        }
    }
}

/// The codecs with a self-describing format.
fn describing() -> Vec<AnyCodec> {
    let own: &[AnyCodec] = &[
        #[cfg(feature = "msgpack")]
        OwnMessagePack.into(),
    ];
    [AnyCodec::BUILT_IN, own].concat()
}

fn all() -> Vec<AnyCodec> {
    let mut codecs = describing();
    codecs.push(Postcard.into());
    codecs
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct User {
    name: String,
    ages: Vec<u8>,
    nick: Option<String>,
    shape: Shape,
    address: IpAddr,
    scores: BTreeMap<String, f64>,
    pair: (i64, char),
    nothing: (),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Empty,
    Circle(u32),
    Line(i8, i8),
    Named { width: u64 },
}

fn user() -> User {
    User {
        name: "Ada".into(),
        ages: vec![1, 255],
        nick: None,
        shape: Shape::Named { width: u64::MAX },
        address: IpAddr::from([127, 0, 0, 1]),
        scores: BTreeMap::from([("a".into(), 0.5)]),
        pair: (i64::MIN, 'ß'),
        nothing: (),
    }
}

/// The error of a body, and the invalid field.
fn complaint<T: DeserializeOwned + Debug>(codec: &AnyCodec, body: &[u8]) -> (String, Option<String>) {
    let malformed = codec.decode::<T>(body).unwrap_err();
    (malformed.source.to_string(), malformed.field)
}

#[test]
fn a_codec_reads_what_it_writes() {
    for codec in all() {
        let body = codec.encode(&user()).unwrap();
        assert_eq!(codec.decode::<User>(&body).unwrap(), user(), "{codec:?}");
        for shape in [Shape::Empty, Shape::Circle(7), Shape::Line(-1, 1)] {
            let body = codec.encode(&shape).unwrap();
            assert_eq!(codec.decode::<Shape>(&body).unwrap(), shape, "{codec:?}");
        }
    }
}

#[test]
fn dates_and_uuids_travel_as_their_types_say() {
    // A UUID is text in human-readable formats, and sixteen bytes in others.
    let written = (Uuid::from_u128(0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c), SystemTime::now());
    for codec in all() {
        let body = codec.encode(&written).unwrap();
        assert_eq!(codec.decode::<(Uuid, SystemTime)>(&body).unwrap(), written, "{codec:?}");
        let shows_text = body.windows(8).any(|part| part == b"0af76519");
        assert_eq!(shows_text, codec.content_type() == "application/json", "{codec:?}");
    }
}

#[test]
#[cfg(feature = "msgpack")]
fn lists_are_read_as_tuples_and_keys_may_be_tuples() {
    let codec = AnyCodec::from(super::MessagePack);
    let list = codec.encode(&vec![1u8, 2]).unwrap();
    assert_eq!(codec.decode::<(u8, u8)>(&list).unwrap(), (1, 2));
    let board = BTreeMap::from([((1u8, 2u8), "queen".to_owned())]);
    let body = codec.encode(&board).unwrap();
    assert_eq!(codec.decode::<BTreeMap<(u8, u8), String>>(&body).unwrap(), board);
    assert!(AnyCodec::JSON.encode(&board).is_err(), "keys of JSON are text");
}

#[test]
#[cfg(feature = "msgpack")]
fn unsupported_values_fail_at_the_sender_and_extensions_fail_at_the_reader() {
    /// A type without a representation.
    struct Unwritable;
    impl Serialize for Unwritable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("a handle does not travel"))
        }
    }
    for codec in describing() {
        assert!(codec.encode(&Unwritable).unwrap_err().to_string().contains("does not travel"), "{codec:?}");
    }
    // The timestamp of MessagePack: extension -1 with four bytes.
    let codec = AnyCodec::from(super::MessagePack);
    let timestamp = [0xd6, 0xff, 0, 0, 0, 1];
    assert!(codec.decode::<u64>(&timestamp).is_err());
    assert!(codec.decode::<String>(&timestamp).is_err());
}

#[test]
fn no_body_names_code_to_run() {
    // A pickle, such as b"cos\nsystem\n", has a content type that is not supported.
    for content_type in ["application/x-python-serialize", "application/x-python-pickle"] {
        assert!(super::for_content_type(Some(content_type), &all()).is_err());
    }
}

#[test]
fn a_member_that_is_not_known_is_ignored_and_one_that_is_missing_is_named() {
    #[derive(Debug, Serialize)]
    struct More {
        n: u64,
        more: Vec<Shape>,
    }
    #[derive(Debug, Deserialize)]
    struct Less {
        n: u64,
    }
    for codec in describing() {
        let body = codec.encode(&More { n: 7, more: vec![Shape::Line(1, 2)] }).unwrap();
        assert_eq!(codec.decode::<Less>(&body).unwrap().n, 7, "{codec:?}");
        let empty = codec.encode(&BTreeMap::<String, u8>::new()).unwrap();
        let (said, _) = complaint::<Less>(&codec, &empty);
        assert!(said.starts_with("missing field `n`"), "{codec:?}: {said}");
    }
}

#[test]
fn the_field_to_blame_is_named_and_what_it_holds_is_not() {
    #[derive(Serialize)]
    struct Wrong {
        users: Vec<BTreeMap<&'static str, &'static str>>,
    }
    #[derive(Debug, Deserialize)]
    struct Right {
        #[allow(dead_code, reason = "only read by serde")]
        users: Vec<BTreeMap<String, u64>>,
    }
    for codec in describing() {
        let wrong = Wrong { users: vec![BTreeMap::new(), BTreeMap::from([("age", "secret")])] };
        let body = codec.encode(&wrong).unwrap();
        let (said, field) = complaint::<Right>(&codec, &body);
        assert_eq!(field.as_deref(), Some("users[1].age"), "{codec:?}");
        // A custom codec has its own error messages.
        assert!(codec.is_custom() || said.starts_with("invalid type: string"), "{codec:?}: {said}");
        assert!(!said.contains("secret"), "{codec:?}: {said}");
    }
}

#[test]
fn what_serde_quotes_of_a_body_is_in_no_complaint() {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Known {
        #[allow(dead_code, reason = "only read by serde")]
        a: u8,
    }
    for codec in describing() {
        let text = codec.encode(&"4711").unwrap();
        let number = codec.encode(&4711u64).unwrap();
        let small = codec.encode(&97u8).unwrap();
        let map = codec.encode(&BTreeMap::from([("4711", 1)])).unwrap();
        let said = [
            complaint::<u64>(&codec, &text),
            complaint::<u8>(&codec, &number),
            complaint::<String>(&codec, &number),
            complaint::<String>(&codec, &small),
            complaint::<Vec<String>>(&codec, &small),
            complaint::<IpAddr>(&codec, &text),
            complaint::<Shape>(&codec, &text),
            complaint::<Shape>(&codec, &number),
            complaint::<Known>(&codec, &map),
            complaint::<BTreeMap<u64, u64>>(&codec, &text),
        ];
        for (said, _) in said {
            assert!(!said.contains("4711") && !said.contains("97"), "{codec:?}: {said}");
        }
    }
}

#[test]
fn what_follows_the_value_is_an_error() {
    for codec in all() {
        let mut body = codec.encode(&"text").unwrap().to_vec();
        body.push(b'1');
        assert!(codec.decode::<String>(&body).is_err(), "{codec:?}");
        body.pop();
        assert!(codec.decode::<String>(&body).is_ok(), "{codec:?}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(numbers: Vec<u64>, signed: i64, text: String) {
        let value = (numbers, signed, text);
        for codec in all() {
            let body = codec.encode(&value).unwrap();
            prop_assert_eq!(codec.decode::<(Vec<u64>, i64, String)>(&body).unwrap(), value.clone());
        }
    }
    #[test]
    fn any_content_type_is_supported_or_not(content_type: String) {
        let _ = for_content_type(Some(&content_type), &[]);
        let _ = Encoding::of(Some(&content_type));
    }
}
