//! The label in front of the value in a bound token: which message it is for.
//!
//! It is one line of JSON, so that nothing in a name can end it, and a program that has only Fernet and JSON
//! can write and read it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// How every label begins. A bare value does not.
const BEGINNING: &[u8] = br#"{"amqp-rpc""#;

/// The version of the format.
const VERSION: u8 = 1;

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Label<'a> {
    #[serde(rename = "amqp-rpc")]
    pub(super) version: u8,
    pub(super) part: Part,
    /// The name of the method.
    #[serde(borrow)]
    pub(super) method: Cow<'a, str>,
    /// The correlation id of the call. In a request it is in the seal.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<Cow<'a, str>>,
    /// The request has a seal, without which the token is not read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) sealed: bool,
}

/// Which part of a call a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Part {
    Request,
    Reply,
    /// Not a value, but the seal of a request.
    Seal,
}

impl<'a> Label<'a> {
    pub(super) fn new(part: Part, method: &'a str) -> Self {
        Self { version: VERSION, part, method: method.into(), id: None, sealed: false }
    }

    /// The line, with its end.
    pub(super) fn line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).expect("texts, a number and a flag are always JSON");
        line.push(b'\n');
        line
    }

    /// Reads the label of what was decrypted, and where the value begins. `None` if it is no label.
    pub(super) fn read(bytes: &'a [u8]) -> Option<(Self, usize)> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let label: Self = serde_json::from_slice(&bytes[..end]).ok()?;
        (label.version == VERSION).then_some((label, end + 1))
    }
}

/// Returns whether this is, or would be read as, a label and a value.
pub(super) fn is_labelled(bytes: &[u8]) -> bool {
    bytes.starts_with(BEGINNING)
}
