//! The secrets of a request that a server received: its keys, and what its seal must say.

use std::sync::Arc;

use amqp_rpc_contract::Headers;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use smol_str::SmolStr;

use super::{
    SEAL,
    message::{MessageScope, Secrets},
    seal,
};
use crate::codec::AnyCodec;

/// The keyring of the server, and the parts of a request that its secrets are sealed with.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestSecrets(Option<Arc<Received>>);

#[derive(Debug)]
struct Received {
    secrets: Secrets,
    reply_to: Option<SmolStr>,
    seal: Option<String>,
}

impl RequestSecrets {
    pub(crate) const NONE: Self = Self(None);

    /// Takes the seal out of the headers: it is of no other request.
    pub(crate) fn received(secrets: &Secrets, headers: &mut Headers, reply_to: Option<&SmolStr>) -> Self {
        if secrets.keyring().is_none() {
            return Self::NONE;
        }
        let seal = headers.text(SEAL).map(str::to_owned);
        headers.remove(SEAL);
        Self(Some(Arc::new(Received { secrets: secrets.clone(), reply_to: reply_to.cloned(), seal })))
    }

    #[cfg(feature = "idempotency")]
    pub(crate) fn has_keyring(&self) -> bool {
        self.0.is_some()
    }

    /// Checks the seal of a request whose body is not decoded. Returns whether it has one.
    ///
    /// # Errors
    /// When it is that of another request.
    #[cfg(feature = "idempotency")]
    pub(crate) fn check_seal(
        &self,
        method: &'static str,
        correlation_id: Option<&str>,
        body: &Bytes,
    ) -> Result<bool, &'static str> {
        let Some(received) = self.0.as_ref().filter(|received| received.seal.is_some()) else {
            return Ok(false);
        };
        let Some(keyring) = received.secrets.keyring() else { return Ok(false) };
        let request = (correlation_id.unwrap_or_default(), received.reply_to.as_deref(), &body[..]);
        seal::check(keyring, method, received.seal.as_deref(), request).map(|()| true)
    }

    pub(crate) fn of_request(&self, method: &'static str) -> MessageScope {
        self.0.as_ref().map_or(MessageScope::NONE, |received| received.secrets.of_request(method))
    }

    pub(crate) fn of_reply(&self, method: &'static str, correlation_id: Option<&str>) -> MessageScope {
        let id = || correlation_id.map(SmolStr::new);
        self.0.as_ref().map_or(MessageScope::NONE, |received| received.secrets.of_reply(method, id))
    }

    /// Checks a request that was read as a `T`, its secrets in `scope`: its seal, and that members that must
    /// be tokens are.
    ///
    /// # Errors
    /// What is wrong.
    pub(crate) fn check<T: DeserializeOwned>(
        &self,
        method: &'static str,
        scope: &MessageScope,
        correlation_id: Option<&str>,
        (codec, body): (&AnyCodec, &Bytes),
    ) -> Result<(), String> {
        let Some(received) = &self.0 else { return Ok(()) };
        if scope.needs_seal()
            && let Some(keyring) = received.secrets.keyring()
        {
            let request = (correlation_id.unwrap_or_default(), received.reply_to.as_deref(), &body[..]);
            seal::check(keyring, method, received.seal.as_deref(), request)?;
        }
        received.secrets.check_names::<T>(codec, body)
    }

    /// Checks that members of a body without a contract are tokens, where they must be. What is in no other codec may be
    /// JSON.
    ///
    /// # Errors
    /// What is wrong.
    pub(crate) fn check_raw(&self, codec: &AnyCodec, body: &Bytes) -> Result<(), String> {
        let Some(received) = &self.0 else { return Ok(()) };
        if codec.is_json() {
            received.secrets.check_json(body)
        } else {
            received.secrets.check_value(codec, body)
        }
    }
}
