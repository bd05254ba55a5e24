//! Values and their texts, in both directions.

use std::fmt::Debug;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{error::TextError, *};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Sum {
    a: i64,
    b: i64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct One<T> {
    value: T,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Nothing {}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Newtype(i64);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Optional {
    a: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<i64>,
    c: i64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Pair<A, B> {
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<A>,
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<B>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Skipped {
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<i64>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Plain,
    Data(i64),
    More { n: i64 },
    Pair(i64, i64),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Endless(Option<Box<Endless>>);

fn written<T: Serialize>(value: &T) -> Result<String, TextError> {
    serialize::to_text(value, Some(",")).map(|body| String::from_utf8(body).unwrap())
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, TextError> {
    T::deserialize(deserialize::Deserializer::new(text.as_bytes(), Some(",")))
}

fn same<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T, text: &str) {
    assert_eq!(written(&value).unwrap(), text);
    assert_eq!(read::<T>(text).unwrap(), value);
}

#[test]
fn a_value_is_its_text() {
    same(30_u64, "30");
    same(-5_i8, "-5");
    same(u64::MAX, "18446744073709551615");
    same(i128::MIN, "-170141183460469231731687303715884105728");
    same(1.5_f64, "1.5");
    same(30.0_f32, "30.0");
    same(1e300_f64, "1e300");
    same(true, "true");
    same('ä', "ä");
    same("a, b".to_owned(), "a, b");
    same(String::new(), "");
    same((), "");
    same(Nothing {}, "");
    same(Newtype(7), "7");
    same(Some(7), "7");
    same(None::<i64>, "");
    same(Kind::Plain, "Plain");
}

#[test]
fn values_have_a_separator_between_them() {
    same(Sum { a: 2, b: 40 }, "2,40");
    same((-5, 3), "-5,3");
    same((1.5, "text".to_owned(), true), "1.5,text,true");
    same(vec![1, 2, 3], "1,2,3");
    same(Vec::<i64>::new(), "");
    same([Kind::Plain, Kind::Plain], "Plain,Plain");
    same(Optional { a: None, b: None, c: 3 }, ",,3");
    same(Optional { a: Some(1), b: Some(2), c: 3 }, "1,2,3");
}

#[test]
fn a_value_that_is_skipped_keeps_its_place() {
    same(Pair { a: Some(7), b: None::<i64> }, "7,");
    same(Pair { a: None::<i64>, b: Some(7) }, ",7");
    same(Pair { a: None::<i64>, b: None::<i64> }, ",");
    same(Pair { a: Some(One { value: 7 }), b: None::<i64> }, "7,");
    same(Skipped { value: None }, "");
    same(One { value: Skipped { value: None } }, "");
    same((Skipped { value: None }, 7), ",7");
    // They could not be read: each of two values has no separator.
    assert!(written(&Pair { a: Some("a,b"), b: None::<i64> }).is_err());
    same(Pair { a: Some([7]), b: None::<i64> }, "7,");
    assert!(written(&Pair { a: Some(vec![7]), b: None::<i64> }).is_err());
    assert!(written(&Pair { a: None::<i64>, b: Some(vec![7]) }).is_err());
}

#[test]
fn without_a_separator_a_value_that_is_skipped_has_no_place_beside_another() {
    fn alone<T: Serialize>(value: &T) -> Result<Vec<u8>, TextError> {
        serialize::to_text(value, None)
    }
    for (a, b) in [(Some(7), None), (None, Some(7)), (None::<i64>, None::<i64>)] {
        let error = alone(&Pair { a, b }).unwrap_err().to_string();
        assert!(error.contains("in values"), "{error}");
    }
    assert_eq!(alone(&Skipped { value: None }), Ok(Vec::new()));
    assert_eq!(alone(&Skipped { value: Some(7) }), Ok(b"7".to_vec()));
}

#[test]
fn what_has_one_value_is_that_value() {
    same(One { value: "a, b".to_owned() }, "a, b");
    same(One { value: vec![1, 2] }, "1,2");
    same(One { value: (1, 2) }, "1,2");
    same(One { value: One { value: Sum { a: 2, b: 40 } } }, "2,40");
    same(Some(Sum { a: 2, b: 40 }), "2,40");
    same(vec![One { value: 1 }, One { value: 2 }], "1,2");
}

#[test]
fn bytes_are_bytes() {
    let raw = serialize::to_text(&bytes::Bytes::from_static(b"\xff\x00"), Some(",")).unwrap();
    assert_eq!(raw, b"\xff\x00");
    let read = bytes::Bytes::deserialize(deserialize::Deserializer::new(&raw, Some(","))).unwrap();
    assert_eq!(read, raw);
    assert!(String::deserialize(deserialize::Deserializer::new(&raw, Some(","))).is_err());
}

#[test]
fn what_could_not_be_read_back_is_not_written() {
    let refused = |result: Result<String, TextError>, why: &str| {
        let error = result.unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    };
    refused(written(&("a,b", 1)), "separator");
    refused(written(&vec!["a,b"]), "separator");
    refused(written(&vec![""]), "empty");
    refused(written(&Some("")), "empty");
    refused(written(&((1, 2), 3)), "in values");
    refused(written(&vec![Sum { a: 1, b: 2 }]), "in values");
    refused(written(&Kind::Data(1)), "variant");
    refused(written(&Kind::More { n: 1 }), "variant");
    refused(written(&Kind::Pair(1, 2)), "variant");
    refused(written(&json!({"n": 1})), "map");
    let one = serialize::to_text(&Sum { a: 1, b: 2 }, None);
    assert!(one.unwrap_err().to_string().contains("in values"), "there is no separator");
}

#[test]
fn what_is_not_of_the_type_is_refused() {
    for (error, text) in [
        (read::<i64>("x").map(drop), "x"),
        (read::<i64>("").map(drop), ""),
        (read::<u8>("256").map(drop), "256"),
        (read::<u8>("-1").map(drop), "-1"),
        (read::<bool>("yes").map(drop), "yes"),
        (read::<char>("ab").map(drop), "ab"),
        (read::<()>("30").map(drop), "30"),
        (read::<Nothing>("30").map(drop), "30"),
        (read::<Sum>("2").map(drop), "2"),
        (read::<Sum>("2,3,4").map(drop), "2,3,4"),
        (read::<Sum>("").map(drop), ""),
        (read::<(i64, i64)>("2,").map(drop), "2,"),
        (read::<Vec<Vec<i64>>>("1,2").map(drop), "1,2"),
        (read::<Vec<i64>>("1,").map(drop), "1,"),
        (read::<Kind>("Other").map(drop), "Other"),
        (read::<Kind>("Data").map(drop), "Data"),
        (read::<std::collections::BTreeMap<String, i64>>("a").map(drop), "a"),
    ] {
        assert!(error.is_err(), "{text:?} is read");
    }
    assert!(Sum::deserialize(deserialize::Deserializer::new(b"1,2", None)).is_err());
}

#[test]
fn a_type_that_contains_itself_ends() {
    assert!(read::<Endless>("x").unwrap_err().to_string().contains("nested"));
}

#[test]
fn what_other_languages_write_is_read() {
    assert!(read::<bool>("True").unwrap());
    assert!(!read::<bool>("False").unwrap());
    assert_eq!(read::<Sum>(" 2, 40\n").unwrap(), Sum { a: 2, b: 40 });
    assert_eq!(read::<u64>("+30\r\n").unwrap(), 30);
    for nothing in ["None", "null", "nil"] {
        read::<()>(nothing).unwrap();
    }
}

#[test]
fn an_untyped_value_is_a_number_or_a_text() {
    for (text, value) in [
        ("30", json!(30)),
        ("-7", json!(-7)),
        ("18446744073709551615", json!(u64::MAX)),
        ("1.5", json!(1.5)),
        ("007", json!("007")),
        ("1e5", json!("1e5")),
        ("1.5.2", json!("1.5.2")),
        ("2,40", json!("2,40")),
        ("", json!("")),
    ] {
        assert_eq!(read::<Value>(text).unwrap(), value);
    }
    assert_eq!(written(&json!([2, "x", null])).unwrap(), "2,x,");
}
