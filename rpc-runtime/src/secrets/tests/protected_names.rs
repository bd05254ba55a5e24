//! What is refused under protected names, in which form the members come.

use std::collections::BTreeMap;

use super::*;

/// A request whose parameter should have been a `Secret`.
#[derive(Debug, Serialize, Deserialize)]
struct Legacy {
    password: String,
}

/// That of a method that is `bare`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct Bare<T> {
    value: T,
}

const NAMELESS: &str = "its members have no names, so it is not known which are secret";

fn protecting() -> Secrets {
    keyring().protect_names(LEGACY_NAMES).into()
}

fn token() -> String {
    keyring().encrypt(&Secret::from("x")).expect("it has a key")
}

fn refused(outcome: Result<(), String>) -> String {
    outcome.expect_err("it is in the clear")
}

#[test]
fn members_with_protected_names_must_be_encrypted() {
    let (secrets, token) = (protecting(), token());
    let check = |body: serde_json::Value| {
        let body = Bytes::from(body.to_string());
        assert_eq!(
            secrets.check_json(&body),
            secrets.check_names::<serde_json::Value>(&AnyCodec::JSON, &body)
        );
        secrets.check_json(&body)
    };
    for fine in [
        json!({"password": token, "other": "plain"}),
        json!({"password": null}),
        json!({"secret_values": {"a": token, "b": [token]}}),
        json!({"user": {"password": "below the top"}}),
        json!(["password"]),
        json!("password"),
    ] {
        assert_eq!(check(fine.clone()), Ok(()), "{fine}");
    }
    for (name, value) in [
        ("password", json!("hunter2")),
        ("passphrase", json!("")),
        ("admin_password", json!(4711)),
        ("database_user_password", json!(true)),
        ("secret_values", json!({"a": token, "b": "hunter2"})),
        ("secret_values", json!([token, ["hunter2"]])),
    ] {
        let refused = check(json!({ name: value })).unwrap_err();
        assert_eq!(refused, format!("`{name}` must be encrypted"));
    }
    let image = Bytes::from_static(b"\x89PNG");
    assert_eq!(secrets.check_json(&image), Ok(()));
    secrets.check_names::<Legacy>(&AnyCodec::JSON, &image).expect_err("a typed body has members");
}

#[test]
fn a_request_of_named_parameters_without_names_is_refused() {
    let secrets = protecting();
    let check = |body: &'static str| secrets.check_names::<Legacy>(&AnyCodec::JSON, &body.into());
    for body in [r#"["hunter2"]"#, "[]", r#"[{"password":null}]"#, "null", r#""password""#] {
        assert_eq!(refused(check(body)), NAMELESS, "{body}");
    }
    let escaped = check(r#"{"passw\u006frd":"hunter2"}"#);
    assert_eq!(refused(escaped), "`password` must be encrypted");
    let twice = Bytes::from(format!(r#"{{"password":"{}","password":"hunter2"}}"#, token()));
    assert_eq!(
        refused(secrets.check_names::<Legacy>(&AnyCodec::JSON, &twice)),
        "`password` must be encrypted"
    );
    assert_eq!(check(""), Ok(()), "of a method without parameters");
    assert_eq!(check(r#"{"password":null}"#), Ok(()));
}

#[test]
fn an_untyped_object_that_cannot_be_read_is_refused() {
    let secrets = protecting();
    let check = |body: String| secrets.check_json(&body.into());
    let nested = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for value in ["1e999", r#""\ud800""#, &nested, r#""hunter2"#] {
        for before in ["", " \n", "\u{feff}"] {
            let refused = refused(check(format!(r#"{before}{{"password":{value}}}"#)));
            assert!(refused.starts_with("it begins as an object, but is not JSON"), "{refused}");
        }
    }
    assert_eq!(check(format!(r#"{{"other":{nested},"n":1e999,"password":"{}"}}"#, token())), Ok(()));
    assert_eq!(check("[1e999".into()), Ok(()));
}

#[test]
fn a_bare_struct_needs_names_too_and_other_bare_values_do_not() {
    let secrets = protecting();
    let list = Bytes::from_static(br#"["a"]"#);
    assert_eq!(secrets.check_names::<Bare<Vec<String>>>(&AnyCodec::JSON, &list), Ok(()));
    assert_eq!(secrets.check_names::<Bare<(String,)>>(&AnyCodec::JSON, &list), Ok(()));
    assert_eq!(refused(secrets.check_names::<Bare<Legacy>>(&AnyCodec::JSON, &list)), NAMELESS);
    assert_eq!(refused(secrets.check_names::<Bare<Option<Legacy>>>(&AnyCodec::JSON, &list)), NAMELESS);
    let map = Bytes::from_static(br#"{"password":"hunter2"}"#);
    let refused = refused(secrets.check_names::<Bare<BTreeMap<String, String>>>(&AnyCodec::JSON, &map));
    assert_eq!(refused, "`password` must be encrypted");
}

#[cfg(feature = "msgpack")]
#[test]
fn a_member_of_message_pack_is_not_hidden_by_the_type_of_its_key() {
    let (secrets, codec) = (protecting(), crate::codec::MessagePack.into());
    let check = |key: &[u8], value: &str| {
        let mut body = vec![0x81];
        body.extend_from_slice(key);
        body.push(0xa0 | u8::try_from(value.len()).expect("it is short"));
        body.extend_from_slice(value.as_bytes());
        let body = Bytes::from(body);
        codec_reads(&codec, &body);
        refused(secrets.check_names::<Legacy>(&codec, &body))
    };
    assert_eq!(check(b"\xa8password", "hunter2"), "`password` must be encrypted");
    assert_eq!(check(b"\xc4\x08password", "hunter2"), "`password` must be encrypted");
    assert_eq!(check(b"\x00", "hunter2"), NAMELESS);
    let list = codec.encode(&["hunter2"]).expect("it can be written");
    codec_reads(&codec, &list);
    assert_eq!(refused(secrets.check_names::<Legacy>(&codec, &list)), NAMELESS);
    let numbers = codec.encode(&BTreeMap::from([(1_u8, "a")])).expect("it can be written");
    assert_eq!(secrets.check_names::<Bare<BTreeMap<u8, String>>>(&codec, &numbers), Ok(()));
}

#[cfg(feature = "cbor")]
#[test]
fn a_member_of_cbor_is_not_hidden_by_the_type_of_its_key() {
    let (secrets, codec) = (protecting(), crate::codec::Cbor.into());
    // Keys: a text, a text in two parts, bytes, the number of the field, and a tagged text.
    for (key, expected) in [
        (&b"\x68password"[..], "`password` must be encrypted"),
        (b"\x7f\x64pass\x64word\xff", "`password` must be encrypted"),
        (b"\x48password", "`password` must be encrypted"),
        (b"\x00", NAMELESS),
        (b"\xc6\x68password", NAMELESS),
    ] {
        let body = Bytes::from([b"\xa1", key, b"\x67hunter2"].concat());
        assert_eq!(refused(secrets.check_names::<Legacy>(&codec, &body)), expected, "{key:x?}");
    }
    let list = codec.encode(&["hunter2"]).expect("it can be written");
    assert_eq!(refused(secrets.check_names::<Legacy>(&codec, &list)), NAMELESS);
    let encrypted = codec.encode(&Legacy { password: token() }).expect("it can be written");
    assert_eq!(secrets.check_names::<Legacy>(&codec, &encrypted), Ok(()));
}

/// Without the check, the body would be taken.
#[cfg(feature = "msgpack")]
fn codec_reads(codec: &AnyCodec, body: &Bytes) {
    let legacy = codec.decode::<Legacy>(body).expect("serde reads it");
    assert_eq!(legacy.password, "hunter2");
}
