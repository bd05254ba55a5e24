//! What stands in for the keys in a build without the feature `secrets`: nothing, which costs nothing.

use amqp_rpc_contract::{Headers, contract::MethodDef};
use bytes::Bytes;
use smol_str::SmolStr;

use crate::codec::AnyCodec;

/// No keyring.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets;

impl Secrets {
    pub(crate) const NONE: Self = Self;

    pub(crate) fn of_request(&self, _: &'static str) -> MessageScope {
        MessageScope::NONE
    }

    pub(crate) fn of_reply_to(
        &self,
        _: &MethodDef,
        _: Option<&str>,
        _: impl FnOnce() -> Option<SmolStr>,
    ) -> MessageScope {
        MessageScope::NONE
    }

    #[expect(clippy::extra_unused_type_parameters, reason = "callers are the same with keys")]
    pub(crate) fn check_names<T>(&self, _: &AnyCodec, _: &Bytes) -> Result<(), String> {
        Ok(())
    }

    pub(crate) fn check_value(&self, _: &AnyCodec, _: &Bytes) -> Result<(), String> {
        Ok(())
    }

    pub(crate) fn check_json(&self, _: &Bytes) -> Result<(), String> {
        Ok(())
    }
}

/// No keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct MessageScope;

impl MessageScope {
    pub(crate) const NONE: Self = Self;

    pub(crate) fn run<T>(&self, codec: impl FnOnce() -> T) -> T {
        codec()
    }

    pub(crate) fn seal(&self) -> RequestSeal {
        RequestSeal
    }
}

/// No seal.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestSeal;

impl RequestSeal {
    pub(crate) const NONE: Self = Self;

    pub(crate) fn is_some(&self) -> bool {
        false
    }

    pub(crate) fn add_to(&self, _: &mut Headers, _: &str, _: &str, _: &Bytes) {}
}

/// No keyring.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestSecrets;

impl RequestSecrets {
    pub(crate) const NONE: Self = Self;

    pub(crate) fn received(_: &Secrets, _: &mut Headers, _: Option<&SmolStr>) -> Self {
        Self
    }

    #[cfg(feature = "idempotency")]
    pub(crate) fn has_keyring(&self) -> bool {
        false
    }

    #[cfg(feature = "idempotency")]
    pub(crate) fn check_seal(
        &self,
        _: &'static str,
        _: Option<&str>,
        _: &Bytes,
    ) -> Result<bool, &'static str> {
        Ok(false)
    }

    pub(crate) fn of_request(&self, _: &'static str) -> MessageScope {
        MessageScope::NONE
    }

    pub(crate) fn of_reply(&self, _: &'static str, _: Option<&str>) -> MessageScope {
        MessageScope::NONE
    }

    #[expect(clippy::extra_unused_type_parameters, reason = "callers are the same with keys")]
    pub(crate) fn check<T>(
        &self,
        _: &'static str,
        _: &MessageScope,
        _: Option<&str>,
        _: (&AnyCodec, &Bytes),
    ) -> Result<(), String> {
        Ok(())
    }

    pub(crate) fn check_raw(&self, _: &AnyCodec, _: &Bytes) -> Result<(), String> {
        Ok(())
    }
}
