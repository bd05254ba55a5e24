//! The keys of `#[rpc_service(..)]`.

use proc_macro2::TokenStream;
use syn::{LitStr, Path};

use super::keys::{Keys, Place};
use crate::diagnostics::Errors;

const PLACE: Place = Place {
    name: "`#[rpc_service(..)]`",
    example: "#[rpc_service(name = \"fib\", queue = \"sums\")]",
    known: &["name", "exchange", "event_exchange", "queue", "crate"],
};

/// What the attribute of the trait says.
pub(crate) struct ServiceKeys {
    pub(crate) name: Option<LitStr>,
    pub(crate) exchange: Option<LitStr>,
    pub(crate) event_exchange: Option<LitStr>,
    pub(crate) queue: Option<LitStr>,
    pub(crate) krate: Option<Path>,
}

impl ServiceKeys {
    /// Reads the inside of the attribute.
    pub(crate) fn parse(arguments: TokenStream, errors: &mut Errors) -> Self {
        let mut keys = Keys::of_arguments(arguments, &PLACE, errors);
        Self {
            name: keys.string("name", "fib", errors),
            exchange: keys.string("exchange", "amqp-rpc", errors),
            event_exchange: keys.string("event_exchange", "amqp-rpc.events", errors),
            queue: keys.string("queue", "sums", errors),
            krate: keys.path("crate", errors),
        }
    }
}
