use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::*;

/// "Encrypts" by reversing the bytes, so that the tests need no keys.
struct Reversing(Writing);

impl SecretScope for Reversing {
    fn writing(&self) -> Writing {
        self.0
    }

    fn encrypt(&self, value: &[u8]) -> Result<String, SecretError> {
        let reversed: String = str::from_utf8(value).expect("JSON is UTF-8").chars().rev().collect();
        Ok(format!("token:{reversed}"))
    }

    fn decrypt(&self, token: &str) -> Result<Decrypted, SecretError> {
        let reversed = token.strip_prefix("token:").ok_or(SecretError("not a token"))?;
        let bytes = Zeroizing::new(reversed.chars().rev().collect::<String>().into_bytes());
        Ok(Decrypted { bytes, start: 0, is_bare: self.0 == Writing::Bare })
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Zeroize)]
struct Login {
    user: String,
    pin: u16,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Card {
    Lost,
    Number(u64),
}

impl Zeroize for Card {
    fn zeroize(&mut self) {
        *self = Self::Lost;
    }
}

fn write<T: Serialize>(writing: Writing, value: &T) -> String {
    within(Arc::new(Reversing(writing)), || serde_json::to_string(value)).expect("it can be written")
}

fn read<T: DeserializeOwned>(writing: Writing, json: &str) -> Result<T, String> {
    within(Arc::new(Reversing(writing)), || serde_json::from_str(json)).map_err(|error| error.to_string())
}

fn comes_back<T>(value: T)
where
    T: Zeroize + Clone + PartialEq + fmt::Debug + Serialize + DeserializeOwned,
{
    for writing in [Writing::Json, Writing::Bare, Writing::Plaintext] {
        let written = write(writing, &Secret::new(value.clone()));
        assert_eq!(written.contains("token:"), writing != Writing::Plaintext, "{written}");
        let secret = read::<Secret<T>>(writing, &written).expect("it was just written");
        assert_eq!(secret.expose_secret(), &value, "{writing:?} {written}");
    }
}

#[test]
fn a_value_of_any_type_comes_back() {
    comes_back("hunter2".to_owned());
    comes_back("quotes \" and \u{1f512} and \n".to_owned());
    comes_back(String::new());
    comes_back("123".to_owned());
    comes_back(123_u32);
    comes_back(-1.5_f64);
    comes_back(true);
    comes_back('x');
    comes_back(vec![1_u8, 2, 3]);
    comes_back([7_u8; 4]);
    comes_back((1_u8, "two".to_owned()));
    comes_back(Some("x".to_owned()));
    comes_back(None::<String>);
    comes_back(Login { user: "ada".into(), pin: 1815 });
    comes_back(Card::Lost);
    comes_back(Card::Number(42));
}

#[test]
fn a_bare_text_has_no_quotes_and_other_values_are_json() {
    assert_eq!(write(Writing::Bare, &Secret::from("abc")), r#""token:cba""#);
    assert_eq!(write(Writing::Json, &Secret::from("abc")), r#""token:\"cba\"""#);
    assert_eq!(write(Writing::Bare, &Secret::new(vec![1_u8, 2])), r#""token:]2,1[""#);
}

#[test]
fn secrets_may_stand_anywhere() {
    #[derive(Debug, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Named { key: Secret<String> },
    }
    let value = BTreeMap::from([("a", vec![Untagged::Named { key: Secret::from("x") }])]);
    let written = write(Writing::Json, &value);
    assert_eq!(written, r#"{"a":[{"key":"token:\"x\""}]}"#);
    let mut read: BTreeMap<String, Vec<Untagged>> = read(Writing::Json, &written).expect("it is one");
    let Some(Untagged::Named { key }) = read.remove("a").and_then(|mut list| list.pop()) else { panic!() };
    assert_eq!(key.expose_secret(), "x");
}

#[test]
fn outside_of_a_message_a_secret_is_neither_written_nor_read() {
    let written = serde_json::to_string(&Secret::from("hunter2")).unwrap_err().to_string();
    assert!(written.starts_with("a secret travels only with a keyring"), "{written}");
    let read = serde_json::from_str::<Secret<String>>(r#""hunter2""#).unwrap_err().to_string();
    assert!(read.starts_with("a secret travels only with a keyring"), "{read}");
}

#[test]
fn a_scope_ends_with_its_codec_also_if_that_panics() {
    let scope = || Arc::new(Reversing(Writing::Json));
    let panicked = std::panic::catch_unwind(|| within(scope(), || panic!("as a codec of a user may")));
    assert!(panicked.is_err());
    assert!(serde_json::to_string(&Secret::from("x")).is_err());
    within(scope(), || {
        within(Arc::new(Reversing(Writing::Bare)), || {});
        assert_eq!(serde_json::to_string(&Secret::from("x")).expect("the outer one"), r#""token:\"x\"""#);
    });
}

#[test]
fn a_message_without_keys_inside_of_another_codec_does_not_get_its_keys() {
    within(Arc::new(Reversing(Writing::Json)), || {
        let inner = without(|| serde_json::to_string(&Secret::from("x")));
        assert!(inner.is_err(), "the keys are the outer message's");
        assert_eq!(serde_json::to_string(&Secret::from("x")).expect("the outer one"), r#""token:\"x\"""#);
    });
    assert_eq!(without(|| 7), 7);
}

#[test]
fn errors_quote_nothing() {
    for (json, expected) in [
        (r#""hunter2""#, "not a token"),
        ("4711", "a secret is not a text, as tokens are"),
        ("true", "a secret is not a text, as tokens are"),
        ("[4711]", "a secret is not a text, as tokens are"),
        (r#""token:\"2retnuh\"""#, "the decrypted value of a secret is of another type"),
    ] {
        for writing in [Writing::Json, Writing::Bare] {
            let error = read::<Secret<Vec<u8>>>(writing, json).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
            assert!(!error.contains("hunter2") && !error.contains("4711"), "{error}");
        }
    }
}

#[test]
fn errors_quote_nothing_without_encryption_either() {
    for json in [r#""hunter2""#, "4711", r#"{"hunter2":1}"#, "-0.5"] {
        let error = read::<Secret<Card>>(Writing::Plaintext, json).unwrap_err();
        assert!(error.starts_with("the value of a secret is of another type"), "{error}");
    }

    #[derive(Zeroize)]
    struct Unwritable;

    impl Serialize for Unwritable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("hunter2 is too short"))
        }
    }

    for writing in [Writing::Json, Writing::Bare, Writing::Plaintext] {
        let secret = Secret::new(Unwritable);
        let error = within(Arc::new(Reversing(writing)), || serde_json::to_string(&secret)).unwrap_err();
        assert!(error.to_string().starts_with("the value of a secret cannot be written"), "{error}");
    }
}

#[test]
fn debug_shows_nothing() {
    let secret = Secret::new(Login { user: "ada".into(), pin: 1815 });
    assert_eq!(
        format!("{secret:?} {:?}", Some(secret.clone())),
        "Secret([REDACTED]) Some(Secret([REDACTED]))"
    );
}

#[test]
fn a_dropped_secret_is_overwritten() {
    use std::sync::atomic::{AtomicBool, Ordering};

    struct Witness(Arc<AtomicBool>);

    impl Zeroize for Witness {
        fn zeroize(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    let overwritten = Arc::new(AtomicBool::new(false));
    drop(Secret::new(Witness(Arc::clone(&overwritten))));
    assert!(overwritten.load(Ordering::Relaxed));
}
