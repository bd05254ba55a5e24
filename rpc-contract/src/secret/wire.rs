//! A secret in a message: a token, as a text.

use std::{cell::Cell, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, DeserializeOwned, Visitor},
    ser,
};

use super::{
    Secret, SecretValue, plaintext,
    scope::{self, SecretError, SecretScope, Writing},
};

impl<T: SecretValue + Serialize> Serialize for Secret<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let scope = scope::current().map_err(ser::Error::custom)?;
        let writing = scope.writing();
        if writing == Writing::Plaintext {
            let written = self.expose_secret().serialize(serializer);
            return written.map_err(|_| ser::Error::custom("the value of a secret cannot be written"));
        }
        let token = plaintext::write(self.expose_secret(), writing).and_then(|value| scope.encrypt(&value));
        serializer.serialize_str(&token.map_err(ser::Error::custom)?)
    }
}

impl<'de, T: SecretValue + DeserializeOwned> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let scope = scope::current().map_err(de::Error::custom)?;
        if scope.writing() == Writing::Plaintext {
            let read = T::deserialize(deserializer).map(Self::new);
            return read.map_err(|_| de::Error::custom("the value of a secret is of another type"));
        }
        let refusal = Cell::new(SecretError("a secret is not a text, as tokens are"));
        let read =
            deserializer.deserialize_str(Token { scope: &*scope, refusal: &refusal, value: PhantomData });
        // The codec's text may quote a value that stands in the place of a token.
        read.map_err(|_| de::Error::custom(refusal.get()))
    }
}

/// Reads a token.
struct Token<'a, T> {
    scope: &'a dyn SecretScope,
    /// Why it was not read, if the text was.
    refusal: &'a Cell<SecretError>,
    value: PhantomData<T>,
}

impl<T: SecretValue + DeserializeOwned> Visitor<'_> for Token<'_, T> {
    type Value = Secret<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an encrypted secret")
    }

    fn visit_str<E: de::Error>(self, token: &str) -> Result<Secret<T>, E> {
        let decrypted = self.scope.decrypt(token);
        let value = decrypted.and_then(|decrypted| plaintext::read(&decrypted));
        value.map(Secret::new).map_err(|refusal| {
            self.refusal.set(refusal);
            E::custom(refusal)
        })
    }
}
