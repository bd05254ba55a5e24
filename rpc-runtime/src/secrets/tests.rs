use std::time::{Duration, SystemTime, UNIX_EPOCH};

use amqp_rpc_contract::{Headers, Secret};
use bytes::Bytes;
use fernet::Fernet;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::*;
use crate::codec::AnyCodec;

mod protected_names;

const KEY: &str = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
/// Of the specification's `verify.json`: "hello", written on 26 October 1985.
const OLD_TOKEN: &str =
    "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
const METHOD: &str = "users.create";

#[derive(Debug, Serialize, Deserialize)]
struct Create {
    name: String,
    password: Secret<String>,
}

fn keyring() -> Keyring {
    Keyring::new(KEY).expect("it is a key")
}

fn create(password: &str) -> Create {
    Create { name: "ada".into(), password: Secret::from(password) }
}

fn encode(scope: &MessageScope, codec: &AnyCodec, password: &str) -> Result<Bytes, String> {
    scope.run(|| codec.encode(&create(password))).map_err(|error| error.to_string())
}

fn decode(scope: &MessageScope, codec: &AnyCodec, body: &[u8]) -> Result<String, String> {
    let decoded = scope.run(|| codec.decode::<Create>(body));
    let decoded = decoded.map_err(|malformed| malformed.source.to_string())?;
    Ok(decoded.password.expose_secret().clone())
}

fn reply(secrets: &Secrets, method: &'static str, id: &str) -> MessageScope {
    secrets.of_reply(method, || Some(id.into()))
}

/// What a request is refused with that is written by `writer` and read by `reader`.
fn between(writer: &MessageScope, reader: &MessageScope) -> Result<String, String> {
    decode(reader, &AnyCodec::JSON, &encode(writer, &AnyCodec::JSON, "hunter2")?)
}

#[test]
fn a_secret_comes_back_with_any_codec() {
    let secrets = Secrets::from(keyring());
    let codecs: Vec<AnyCodec> = vec![
        crate::codec::Json.into(),
        #[cfg(feature = "msgpack")]
        crate::codec::MessagePack.into(),
        #[cfg(feature = "cbor")]
        crate::codec::Cbor.into(),
    ];
    for codec in &codecs {
        for password in ["hunter2", "", "{\"amqp-rpc\":1}\n", "\u{1f512}\n\"quoted\""] {
            let body = encode(&secrets.of_request(METHOD), codec, password).expect("it can be written");
            assert!(!body.windows(7).any(|bytes| bytes == b"hunter2"));
            assert_eq!(decode(&secrets.of_request(METHOD), codec, &body).as_deref(), Ok(password));
        }
    }
}

#[test]
fn a_token_of_another_message_is_refused() {
    let secrets = Secrets::from(keyring());
    let (request, other_request) = (secrets.of_request(METHOD), secrets.of_request("users.delete"));
    let (first, second) = (reply(&secrets, METHOD, "1"), reply(&secrets, METHOD, "2"));
    assert_eq!(between(&request, &request).as_deref(), Ok("hunter2"));
    assert_eq!(between(&first, &first).as_deref(), Ok("hunter2"));
    for (writer, reader, complaint) in [
        (&request, &other_request, "a secret was encrypted for another method"),
        (&reply(&secrets, "users.delete", "1"), &first, "a secret was encrypted for another method"),
        (&first, &second, "a secret was encrypted for another call"),
        (&first, &request, "a secret was encrypted for another part of a call"),
        (&request, &first, "a secret was encrypted for another part of a call"),
    ] {
        let refused = between(writer, reader).unwrap_err();
        assert!(refused.starts_with(complaint), "{refused}");
    }
}

#[test]
fn without_a_keyring_nothing_is_written_or_read() {
    let (none, some) = (Secrets::NONE, Secrets::from(keyring()));
    for [writer, reader] in [[&none, &some], [&some, &none]] {
        let refused = between(&writer.of_request(METHOD), &reader.of_request(METHOD)).unwrap_err();
        assert!(refused.starts_with("a secret travels only with a keyring"), "{refused}");
    }
}

#[test]
fn a_message_without_a_keyring_does_not_use_the_keys_of_the_codec_around_it() {
    let (none, some) = (Secrets::NONE.of_request(METHOD), Secrets::from(keyring()).of_request(METHOD));
    let refused = some.run(|| encode(&none, &AnyCodec::JSON, "hunter2")).unwrap_err();
    assert!(refused.starts_with("a secret travels only with a keyring"), "{refused}");
}

#[test]
fn without_encryption_a_secret_travels_as_it_is_only_if_both_sides_say_so() {
    let plain = Secrets::from(Keyring::without_encryption().write_bare());
    let body = encode(&plain.of_request(METHOD), &AnyCodec::JSON, "hunter2").expect("it can be written");
    assert_eq!(body, r#"{"name":"ada","password":"hunter2"}"#);
    assert_eq!(decode(&plain.of_request(METHOD), &AnyCodec::JSON, &body).as_deref(), Ok("hunter2"));
    let strict = Secrets::from(keyring().accept_bare());
    let refused = decode(&strict.of_request(METHOD), &AnyCodec::JSON, &body).unwrap_err();
    assert!(refused.starts_with("a secret is not encrypted with any of the keys"), "{refused}");
}

#[test]
fn keys_are_rotated_without_a_refused_token() {
    let new = Keyring::generate_key();
    let rings = [vec![KEY], vec![KEY, &new], vec![&new, KEY], vec![&new]];
    let secrets = rings.map(|keys| Secrets::from(Keyring::of_keys(keys).expect("they are keys")));
    let requests: Vec<_> = secrets.iter().map(|secrets| secrets.of_request(METHOD)).collect();
    for step in requests.windows(2) {
        assert_eq!(between(&step[0], &step[1]).as_deref(), Ok("hunter2"));
        assert_eq!(between(&step[1], &step[0]).as_deref(), Ok("hunter2"));
    }
    between(&requests[0], &requests[3]).expect_err("the old key is gone");
}

#[test]
fn bare_tokens_are_read_and_written_only_if_the_keyring_says_so() {
    let bound = Secrets::from(keyring()).of_request(METHOD);
    let accepting = Secrets::from(keyring().accept_bare()).of_request(METHOD);
    let writing = Secrets::from(keyring().write_bare()).of_request(METHOD);
    let refused = between(&writing, &bound).unwrap_err();
    assert!(refused.starts_with("a secret is not bound to its method"), "{refused}");
    assert_eq!(between(&writing, &accepting).as_deref(), Ok("hunter2"));
    assert_eq!(between(&bound, &accepting).as_deref(), Ok("hunter2"));
    let forged = encode(&writing, &AnyCodec::JSON, "{\"amqp-rpc\": 1, \"part\": ...").unwrap_err();
    assert!(forged.starts_with("a secret begins as the label"), "{forged}");
}

#[test]
fn a_keyring_that_requires_seals_refuses_tokens_of_requests_without_one() {
    let strict = Secrets::from(keyring().accept_bare().require_seals());
    let bare = Secrets::from(keyring().write_bare());
    let refused = between(&bare.of_request(METHOD), &strict.of_request(METHOD)).unwrap_err();
    assert!(refused.starts_with("a secret's request is not sealed"), "{refused}");
    let label = br#"{"amqp-rpc":1,"part":"request","method":"users.create"}"#;
    let unsealed = keyring().encrypt_labelled(&[label, &b"\n"[..]].concat(), br#""hunter2""#);
    let body = json!({"name": "ada", "password": unsealed}).to_string();
    let read = |secrets: &Secrets| decode(&secrets.of_request(METHOD), &AnyCodec::JSON, body.as_bytes());
    assert_eq!(read(&Secrets::from(keyring())).as_deref(), Ok("hunter2"));
    let refused = read(&strict).unwrap_err();
    assert!(refused.starts_with("a secret's request is not sealed"), "{refused}");
    assert_eq!(between(&strict.of_request(METHOD), &strict.of_request(METHOD)).as_deref(), Ok("hunter2"));
    let (bare, strict) = (reply(&bare, METHOD, "1"), reply(&strict, METHOD, "1"));
    assert_eq!(between(&bare, &strict).as_deref(), Ok("hunter2"), "replies have no seal");
}

#[test]
fn a_token_expires_by_its_own_time_and_hostile_times_are_refused() {
    let keyring = keyring();
    assert_eq!(keyring.decrypt(OLD_TOKEN).expect("without a time to live").expose_secret(), "hello");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later").as_secs();
    let age = now - 499_162_800;
    let ttl = |seconds| keyring.clone().ttl(Duration::from_secs(seconds));
    assert_eq!(ttl(age + 30).decrypt(OLD_TOKEN).expect("young enough").expose_secret(), "hello");
    assert_eq!(ttl(age - 1).decrypt(OLD_TOKEN).unwrap_err(), InvalidToken::Expired);
    assert_eq!(ttl(60).decrypt(OLD_TOKEN).unwrap_err(), InvalidToken::Expired);
    // All bits of the time are set.
    let forged = format!("gP__________{}", &OLD_TOKEN[12..]);
    for keyring in [keyring.clone(), ttl(60), ttl(u64::MAX)] {
        assert_eq!(keyring.decrypt(&forged).unwrap_err(), InvalidToken::Unreadable);
        for token in ["", "gAAAAA", "\u{1f512}", &OLD_TOKEN[..80]] {
            assert_eq!(keyring.decrypt(token).unwrap_err(), InvalidToken::Unreadable, "{token}");
        }
    }
}

#[test]
fn a_text_is_encrypted_by_hand_for_programs_that_do_not_bind() {
    let keyring = keyring();
    let token = keyring.encrypt(&Secret::from("hunter2")).expect("it has a key");
    assert_eq!(Fernet::new(KEY).expect("a key").decrypt(&token).expect("its own"), b"hunter2");
    assert_eq!(keyring.decrypt(&token).expect("its own").expose_secret(), "hunter2");
    assert_eq!(keyring.encrypt(&Secret::from("{\"amqp-rpc\"")).unwrap_err(), InvalidToken::LikeBound);
    let without_keys = Keyring::without_encryption();
    assert_eq!(without_keys.encrypt(&Secret::from("x")).unwrap_err(), InvalidToken::NoKey);
    let bound = encode(&Secrets::from(keyring.clone()).of_request(METHOD), &AnyCodec::JSON, "x").unwrap();
    let bound: serde_json::Value = serde_json::from_slice(&bound).unwrap();
    assert_eq!(keyring.decrypt(bound["password"].as_str().unwrap()).unwrap_err(), InvalidToken::Bound);
    let bytes = Fernet::new(KEY).expect("a key").encrypt(b"\xff");
    assert_eq!(keyring.decrypt(&bytes).unwrap_err(), InvalidToken::NotText);
}

/// A request that is sealed with `id` and `reply_to`.
fn sealed(id: &str, reply_to: &str, body: &Bytes, scope: &MessageScope) -> Headers {
    let mut headers = Headers::new();
    scope.seal().add_to(&mut headers, id, reply_to, body);
    headers
}

#[test]
fn a_sealed_request_is_read_only_as_it_was_sent() {
    let secrets = Secrets::from(keyring());
    let scope = secrets.of_request(METHOD);
    let body = encode(&scope, &AnyCodec::JSON, "hunter2").expect("it can be written");
    let changed = Bytes::from(String::from_utf8_lossy(&body).replace("ada", "eve"));
    let headers = sealed("id", "replies", &body, &scope);
    let read = |headers: &Headers, id, reply_to: &str, body: &Bytes| {
        let mut headers = headers.clone();
        let request = RequestSecrets::received(&secrets, &mut headers, Some(&reply_to.into()));
        assert!(headers.is_empty(), "a method does not pass the seal on");
        let scope = request.of_request(METHOD);
        decode(&scope, &AnyCodec::JSON, body).expect("the token is right in any case");
        request.check::<Create>(METHOD, &scope, Some(id), (&AnyCodec::JSON, body))
    };
    assert_eq!(read(&headers, "id", "replies", &body), Ok(()));
    let of_another = Err("the request's `secrets-seal` is of another request".to_owned());
    assert_eq!(read(&headers, "other", "replies", &body), of_another);
    assert_eq!(read(&headers, "id", "mine", &body), of_another);
    assert_eq!(read(&headers, "id", "replies", &changed), of_another);
    let missing = read(&Headers::new(), "id", "replies", &body).unwrap_err();
    assert_eq!(missing, "the request has secrets and no `secrets-seal`");
    // The broker gives it another name.
    let direct = sealed("id", "amq.rabbitmq.reply-to", &body, &scope);
    for reply_to in ["amq.rabbitmq.reply-to.g1", "amq.direct.reply-to.x"] {
        assert_eq!(read(&direct, "id", reply_to, &body), Ok(()));
    }
}

#[test]
fn a_request_without_secrets_has_no_seal() {
    let scope = Secrets::from(keyring()).of_request(METHOD);
    let body = scope.run(|| AnyCodec::JSON.encode(&json!({"n": 1}))).expect("it can be written");
    assert!(sealed("id", "replies", &body, &scope).is_empty());
    let bare = Secrets::from(keyring().write_bare()).of_request(METHOD);
    let body = encode(&bare, &AnyCodec::JSON, "hunter2").expect("it can be written");
    assert!(sealed("id", "replies", &body, &bare).is_empty());
}

#[test]
fn nothing_shows_a_key() {
    let keyring = Keyring::of_keys([KEY, &Keyring::generate_key()]).expect("they are keys");
    let shown = format!("{keyring:?} {:?}", Secrets::from(keyring.clone()).of_request(METHOD));
    assert!(shown.contains("keys: 2"), "{shown}");
    assert!(!shown.contains(&KEY[..8]), "{shown}");
    let invalid = Keyring::of_keys([KEY, "hunter2"]).unwrap_err().to_string();
    assert_eq!(invalid, "key 1 of the keyring is not a Fernet key: 32 bytes in base64 for URLs");
    assert_eq!(Keyring::of_keys([""; 0]).unwrap_err().to_string(), "a keyring needs a key");
}
