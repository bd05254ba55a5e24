//! The keys of `#[rpc_service(..)]`.

use proc_macro2::TokenStream;
use syn::{Ident, LitInt, LitStr, Path};

use super::keys::{KeyTable, Keys, attribute_keys};
use crate::diagnostics::Errors;

attribute_keys! {
    /// The keys given on a trait.
    ServiceKeys: "`#[rpc_service(..)]`", such as "#[rpc_service(name = \"fib\", queue = \"sums\")]";
    name: LitStr = string("name", "fib"),
    exchange: LitStr = string("exchange", "amqp-rpc"),
    event_exchange: LitStr = string("event_exchange", "amqp-rpc.events"),
    queue: LitStr = string("queue", "sums"),
    lock_partitions: LitInt = number("lock_partitions", "16"),
    schema: Ident = flag("schema"),
    krate: Path = path("crate"),
}

impl ServiceKeys {
    /// Parses the arguments of the attribute.
    pub(crate) fn parse(arguments: TokenStream, errors: &mut Errors) -> Self {
        Self::take(Keys::of_arguments(arguments, &TABLE, errors), errors)
    }
}
