//! The role of a child process.

use crate::{extras::Extra, variant::Variant};

/// The role of a child process: server or client of one variant.
#[derive(Clone)]
pub(crate) struct Role {
    pub(crate) url: String,
    pub(crate) side: Side,
    pub(crate) variant: Variant,
    /// Only for `Variant::AmqpRpc`.
    pub(crate) extra: Option<Extra>,
    /// Variants by hand carry texts as JSON, rather than as bytes.
    pub(crate) json_texts: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

impl Role {
    /// The arguments from which a child process reads this role.
    pub(crate) fn arguments(&self) -> [&str; 4] {
        let side = match self.side {
            Side::Client => "client",
            Side::Server => "server",
        };
        ["--role", side, "--only", self.variant.name()]
    }
}
