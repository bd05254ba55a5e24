//! The secrets of one message: what they are bound to, and whether they are.

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use amqp_rpc_contract::private::{Decrypted, SecretError, SecretScope, Writing, within, without};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use smol_str::SmolStr;

use super::{
    keyring::Keyring,
    label::{Label, Part, is_labelled},
    protected_names,
    seal::RequestSeal,
    structs::is_struct,
    token::InvalidToken,
};
use crate::{
    codec::AnyCodec,
    contract::{MethodDef, Repetition},
};

/// The keyring of a client or a server, if it has one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets(Option<Arc<Keyring>>);

impl From<Keyring> for Secrets {
    fn from(keyring: Keyring) -> Self {
        Self(Some(Arc::new(keyring)))
    }
}

impl Secrets {
    pub(crate) const NONE: Self = Self(None);

    pub(super) fn keyring(&self) -> Option<&Arc<Keyring>> {
        self.0.as_ref()
    }

    /// For the secrets of a request.
    pub(crate) fn of_request(&self, method: &'static str) -> MessageScope {
        MessageScope::new(self.0.as_ref(), Part::Request, method, || None)
    }

    /// For the secrets of a reply. The correlation id is that of its call; without a keyring nobody asks for
    /// it.
    pub(crate) fn of_reply(
        &self,
        method: &'static str,
        correlation_id: impl FnOnce() -> Option<SmolStr>,
    ) -> MessageScope {
        MessageScope::new(self.0.as_ref(), Part::Reply, method, correlation_id)
    }

    /// For the secrets of the reply to a call with this key. The reply to a deduplicated call is that of the first with
    /// its key, and bound to the key, or to the correlation id if its server does not deduplicate.
    pub(crate) fn of_reply_to(
        &self,
        method: &MethodDef,
        key: Option<&str>,
        correlation_id: impl FnOnce() -> Option<SmolStr>,
    ) -> MessageScope {
        let key = key.filter(|_| method.repetition == Repetition::Deduplicated).map(SmolStr::new);
        let new =
            |keyring| Scope { key, ..Scope::new(keyring, Part::Reply, method.full_name, correlation_id()) };
        MessageScope(self.0.as_ref().map(|keyring| Arc::new(new(keyring))))
    }

    /// Checks that members of the body of a `T` that must be tokens are.
    ///
    /// # Errors
    /// What is wrong, without the value.
    pub(crate) fn check_names<T: DeserializeOwned>(
        &self,
        codec: &AnyCodec,
        body: &Bytes,
    ) -> Result<(), String> {
        let Some(keyring) = &self.0 else { return Ok(()) };
        protected_names::check(keyring, codec, body, is_struct::<T>())
    }

    /// Does the same with the body of a value without a contract, which `codec` has written.
    ///
    /// # Errors
    /// What is wrong, without the value.
    pub(crate) fn check_value(&self, codec: &AnyCodec, body: &Bytes) -> Result<(), String> {
        self.0.as_ref().map_or(Ok(()), |keyring| protected_names::check(keyring, codec, body, false))
    }

    /// Does the same with a body that may not be JSON, where there are no names to check.
    ///
    /// # Errors
    /// What is wrong, without the value.
    pub(crate) fn check_json(&self, body: &Bytes) -> Result<(), String> {
        self.0.as_ref().map_or(Ok(()), |keyring| protected_names::check_json(keyring, body))
    }
}

/// The keys of one message, set while a codec writes or reads it. Without a keyring there are none.
#[derive(Clone, Debug, Default)]
pub(crate) struct MessageScope(Option<Arc<Scope>>);

impl MessageScope {
    pub(crate) const NONE: Self = Self(None);

    fn new(
        keyring: Option<&Arc<Keyring>>,
        part: Part,
        method: &'static str,
        id: impl FnOnce() -> Option<SmolStr>,
    ) -> Self {
        Self(keyring.map(|keyring| Arc::new(Scope::new(keyring, part, method, id()))))
    }

    /// Runs a codec, with which secrets are written or read: never with the keys of another message.
    pub(crate) fn run<T>(&self, codec: impl FnOnce() -> T) -> T {
        match &self.0 {
            None => without(codec),
            Some(scope) => within(Arc::clone(scope) as Arc<dyn SecretScope>, codec),
        }
    }

    /// The seal of the request that was written; none if no secret is in it.
    pub(crate) fn seal(&self) -> RequestSeal {
        let sealed = self.0.as_ref().filter(|scope| scope.is_sealed());
        sealed.map_or(RequestSeal::NONE, |scope| RequestSeal::new(Arc::clone(&scope.keyring), scope.method))
    }

    /// Returns whether a token was read that demands a seal.
    pub(super) fn needs_seal(&self) -> bool {
        self.0.as_ref().is_some_and(|scope| scope.is_sealed())
    }
}

#[derive(Debug)]
struct Scope {
    keyring: Arc<Keyring>,
    part: Part,
    method: &'static str,
    /// The correlation id of a reply.
    id: Option<SmolStr>,
    /// The idempotency key, which a reply may be bound to in place of the correlation id.
    key: Option<SmolStr>,
    /// A token was written or read that goes with a seal.
    sealed: AtomicBool,
}

impl Scope {
    fn new(keyring: &Arc<Keyring>, part: Part, method: &'static str, id: Option<SmolStr>) -> Self {
        Self { keyring: Arc::clone(keyring), part, method, id, key: None, sealed: AtomicBool::new(false) }
    }

    fn is_sealed(&self) -> bool {
        self.sealed.load(Ordering::Relaxed)
    }

    fn label(&self) -> Label<'_> {
        let id = self.id.as_deref().map(Cow::Borrowed);
        Label { id, sealed: self.part == Part::Request, ..Label::new(self.part, self.method) }
    }

    /// Checks that a token was written for this message.
    fn check(&self, label: &Label<'_>) -> Result<(), SecretError> {
        if label.part != self.part {
            return Err(SecretError("a secret was encrypted for another part of a call"));
        }
        if label.method != self.method {
            return Err(SecretError("a secret was encrypted for another method"));
        }
        let is_bound_to = |id: &Option<SmolStr>| label.id.as_deref() == id.as_deref();
        if self.part == Part::Reply
            && !is_bound_to(&self.id)
            && !(self.key.is_some() && is_bound_to(&self.key))
        {
            return Err(SecretError("a secret was encrypted for another call"));
        }
        Ok(())
    }

    /// Checks that a token says that its request has a seal, where it must. Whether the request has one is known
    /// later.
    fn check_sealed(&self, is_sealed: bool) -> Result<(), SecretError> {
        if self.part == Part::Request && self.keyring.requires_seals && !is_sealed {
            return Err(SecretError("a secret's request is not sealed, and this keyring requires seals"));
        }
        Ok(())
    }
}

impl SecretScope for Scope {
    fn writing(&self) -> Writing {
        self.keyring.writing()
    }

    fn encrypt(&self, value: &[u8]) -> Result<String, SecretError> {
        if self.keyring.writing() == Writing::Bare {
            return self.keyring.encrypt_bare(value).map_err(|invalid| SecretError(invalid.text()));
        }
        let label = self.label();
        if label.sealed {
            self.sealed.store(true, Ordering::Relaxed);
        }
        let token = self.keyring.encrypt_labelled(&label.line(), value);
        token.ok_or(SecretError(InvalidToken::NoKey.text()))
    }

    fn decrypt(&self, token: &str) -> Result<Decrypted, SecretError> {
        let bytes = self.keyring.open(token).map_err(|invalid| SecretError(invalid.text()))?;
        if !is_labelled(&bytes) {
            if !self.keyring.accepts_bare {
                return Err(SecretError(
                    "a secret is not bound to its method, and this keyring does not accept bare tokens",
                ));
            }
            self.check_sealed(false)?;
            return Ok(Decrypted { bytes, start: 0, is_bare: true });
        }
        let (label, start) =
            Label::read(&bytes).ok_or(SecretError("a secret has a label of another version"))?;
        self.check(&label)?;
        self.check_sealed(label.sealed)?;
        if label.sealed {
            self.sealed.store(true, Ordering::Relaxed);
        }
        Ok(Decrypted { bytes, start, is_bare: false })
    }
}
