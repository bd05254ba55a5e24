//! The seal of a request: a header that ties its secrets to its correlation id, its reply address and its body.
//!
//! A token is encrypted before the correlation id is known, and may be sent again with another one. The seal
//! is made when the request is published. Without it, a program that can publish, but has no key,
//! could copy a token into a request of the same method with other parameters, or have the reply sent to its own
//! queue.

use std::{borrow::Cow, fmt::Write, sync::Arc};

use amqp_rpc_contract::Headers;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    SEAL,
    keyring::Keyring,
    label::{Label, Part},
};

/// The seal of a request; none without secrets.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestSeal(Option<Box<Sealing>>);

#[derive(Clone, Debug)]
struct Sealing {
    keyring: Arc<Keyring>,
    method: &'static str,
}

impl RequestSeal {
    pub(crate) const NONE: Self = Self(None);

    /// Whether the request has secrets that are sealed.
    pub(crate) fn is_some(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn new(keyring: Arc<Keyring>, method: &'static str) -> Self {
        Self(Some(Box::new(Sealing { keyring, method })))
    }

    /// Adds the header to those of a request. `body`: before it is compressed.
    pub(crate) fn add_to(&self, headers: &mut Headers, correlation_id: &str, reply_to: &str, body: &Bytes) {
        let Some(sealing) = &self.0 else { return };
        let sealed = Sealed::new(correlation_id, Some(reply_to), body);
        let sealed = serde_json::to_vec(&sealed).expect("texts are always JSON");
        let label = Label::new(Part::Seal, sealing.method).line();
        // The token that it seals was encrypted with this keyring.
        if let Some(token) = sealing.keyring.encrypt_labelled(&label, &sealed) {
            headers.insert(SEAL, token);
        }
    }
}

/// What the seal says of its request.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Sealed<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    reply_to: Cow<'a, str>,
    #[serde(borrow)]
    sha256: Cow<'a, str>,
}

impl<'a> Sealed<'a> {
    fn new(correlation_id: &'a str, reply_to: Option<&'a str>, body: &[u8]) -> Self {
        let reply_to = address(reply_to.unwrap_or_default()).into();
        Self { id: correlation_id.into(), reply_to, sha256: hex(&Sha256::digest(body)).into() }
    }
}

/// Checks the seal of a request that was received.
///
/// # Errors
/// What is wrong.
pub(super) fn check(
    keyring: &Keyring,
    method: &str,
    seal: Option<&str>,
    (correlation_id, reply_to, body): (&str, Option<&str>, &[u8]),
) -> Result<(), &'static str> {
    let seal = seal.ok_or("the request has secrets and no `secrets-seal`")?;
    let opened = keyring.open(seal).map_err(|_| "the request's `secrets-seal` cannot be decrypted")?;
    let label = Label::read(&opened).filter(|(label, _)| label.part == Part::Seal && label.method == method);
    let sealed = label.and_then(|(_, start)| serde_json::from_slice::<Sealed<'_>>(&opened[start..]).ok());
    if sealed != Some(Sealed::new(correlation_id, reply_to, body)) {
        return Err("the request's `secrets-seal` is of another request");
    }
    Ok(())
}

/// The reply address as it is sealed: of direct reply-to the broker replaces the client's name by another.
fn address(reply_to: &str) -> &str {
    const DIRECT: [&str; 2] = ["amq.rabbitmq.reply-to", "amq.direct.reply-to"];
    if DIRECT.iter().any(|direct| reply_to.starts_with(direct)) { DIRECT[0] } else { reply_to }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
