//! The attribute macro of `amqp-rpc`. Changes when the macro gets another entry point.
//!
//! Depend on `amqp-rpc`: it re-exports the macro together with the runtime that the generated code needs.

mod attrs;
mod diagnostics;
mod expand;
mod fallback;
mod generate;
mod model;
mod names;
mod syntax;
mod validate;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

#[expect(missing_docs, reason = "documented at the re-export in amqp-rpc, to which rustdoc would append it")]
#[proc_macro_attribute]
pub fn rpc_service(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::rpc_service(arguments.into(), item.into()).into()
}
