//! Members of requests that must be encrypted, whatever the contract says.

use std::{cell::RefCell, fmt, sync::Arc};

use amqp_rpc_contract::private::Writing;
use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{
    keyring::Keyring,
    members::{Key, KeyOf, Tokens, constants},
};
use crate::codec::AnyCodec;

/// The names whose values "must be encrypted" by the documentation of Cyberfusion's RPC framework in Python,
/// for [`Keyring::protect_names`](super::Keyring::protect_names).
pub const LEGACY_NAMES: &[&str] =
    &["secret_values", "passphrase", "password", "admin_password", "database_user_password"];

/// What is wrong with a body that may hold a secret where nobody looks.
const NAMELESS: &str = "its members have no names, so it is not known which are secret";
const UNREADABLE: &str =
    "it begins as an object, but is not JSON, so it is not known which members are secret";

thread_local! {
    /// The keyring of the check that runs: codecs read types, and pass no values to them.
    static CHECKING: RefCell<Option<Arc<Keyring>>> = const { RefCell::new(None) };
}

/// Checks the members at the top of a body that was decoded, or is about to be sent. `is_struct`: it is read
/// into a struct, which serde also fills from a list, or by the numbers of its fields. There every member
/// needs a name.
///
/// # Errors
/// Which member is not encrypted; or that it is not known, because members have no names.
pub(super) fn check(
    keyring: &Arc<Keyring>,
    codec: &AnyCodec,
    body: &Bytes,
    is_struct: bool,
) -> Result<(), String> {
    // Without bytes there are no values.
    if !protects(keyring) || body.is_empty() {
        return Ok(());
    }
    let checked = read(keyring, codec, body).ok_or(NAMELESS)?;
    if is_struct && !checked.has_names {
        return Err(NAMELESS.to_owned());
    }
    checked.result()
}

/// Checks a body that is JSON or not. One that begins as an object is not passed on unread: another reader may
/// be more tolerant.
///
/// # Errors
/// Which member is not encrypted; or that it is not known.
pub(super) fn check_json(keyring: &Arc<Keyring>, body: &Bytes) -> Result<(), String> {
    if !protects(keyring) {
        return Ok(());
    }
    match read(keyring, &AnyCodec::JSON, body) {
        Some(checked) => checked.result(),
        None if begins_as_object(body) => Err(UNREADABLE.to_owned()),
        None => Ok(()),
    }
}

fn protects(keyring: &Keyring) -> bool {
    !keyring.protected_names.is_empty() && keyring.writing() != Writing::Plaintext
}

fn begins_as_object(body: &[u8]) -> bool {
    const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
    body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body).trim_ascii_start().starts_with(b"{")
}

fn read(keyring: &Arc<Keyring>, codec: &AnyCodec, body: &Bytes) -> Option<Checked> {
    let _checking = Checking::begin(keyring);
    codec.decode(body).ok()
}

/// Ends a check, also when its codec panics.
struct Checking;

impl Checking {
    fn begin(keyring: &Arc<Keyring>) -> Self {
        CHECKING.set(Some(Arc::clone(keyring)));
        Self
    }
}

impl Drop for Checking {
    fn drop(&mut self) {
        CHECKING.take();
    }
}

/// What was found in a body, of which nothing is kept.
#[derive(Default)]
struct Checked {
    /// It has members, and all of them have names.
    has_names: bool,
    /// The name of a member that must be encrypted and is not.
    in_the_clear: Option<String>,
}

impl Checked {
    fn result(self) -> Result<(), String> {
        self.in_the_clear.map_or(Ok(()), |name| Err(format!("`{name}` must be encrypted")))
    }
}

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let keyring = CHECKING.with_borrow(Clone::clone);
        let keyring = keyring.ok_or_else(|| D::Error::custom("a codec has read on another thread"))?;
        deserializer.deserialize_any(Top(&keyring))
    }
}

struct Top<'k>(&'k Keyring);

impl<'de> Visitor<'de> for Top<'_> {
    type Value = Checked;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    constants! { Checked::default(); str, bool, i64, i128, u64, u128, f64, bytes }

    fn visit_unit<E>(self) -> Result<Checked, E> {
        Ok(Checked::default())
    }

    fn visit_none<E>(self) -> Result<Checked, E> {
        Ok(Checked::default())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Checked, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Checked, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<Checked, A::Error> {
        IgnoredAny.visit_seq(values).map(|_| Checked::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Checked, A::Error> {
        let mut checked = Checked { has_names: true, in_the_clear: None };
        while let Some(key) = members.next_key_seed(KeyOf(self.0))? {
            let Key::Protected(name) = key else {
                checked.has_names &= matches!(key, Key::Named);
                members.next_value::<IgnoredAny>()?;
                continue;
            };
            if !members.next_value_seed(Tokens(self.0))? {
                checked.in_the_clear.get_or_insert(name);
            }
        }
        Ok(checked)
    }
}
