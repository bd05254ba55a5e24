//! AsyncAPI 3.0.0 documents with the AMQP bindings 0.3.0.
//!
//! A document says what travels, as docs/wire-protocol.md describes it:
//!
//! | of a method | in the document |
//! |---|---|
//! | its address | a channel, with the routing key and the exchange; on the default exchange, with the queue |
//! | that the service runs it | an operation `receive` |
//! | its request, its result, its own error, a fault | a message each, with the AMQP property `type` |
//! | the reply of a call | `reply`: a channel without an address, whose address is the request's `reply_to` |
//!
//! AMQP properties are written as members of the messages' `headers`, since AsyncAPI has no other place where its
//! expressions find them: `$message.header#/replyTo`.

mod address;
mod bindings;
mod document;
mod info;
mod messages;
mod method;
mod properties;
mod read;
#[cfg(test)]
mod tests;

use amqp_rpc_contract::description::ServiceDescription;
use serde_json::Value;

pub(crate) use self::{address::partitions, messages::semantics};
pub use self::{
    info::Info,
    read::{ReadError, read},
};

/// The member in which a document keeps what AsyncAPI has no word for, and [`read`] finds it.
const EXTENSION: &str = "x-amqp-rpc";

/// The AsyncAPI document of these services.
///
/// Services that have equal definitions share them. Definitions that differ and have one name are called after
/// their services. The same services in the same order give the same document.
///
/// ```
/// # extern crate amqp_rpc_contract as amqp_rpc;
/// use amqp_rpc::description::ServiceDescription;
/// use amqp_rpc_docs::asyncapi::{Info, asyncapi};
///
/// let document = asyncapi(&[ServiceDescription::new("fib")], &Info::new("Numbers", "1.2.0"));
/// assert_eq!(document["asyncapi"], "3.0.0");
/// ```
#[must_use]
pub fn asyncapi(services: &[ServiceDescription], info: &Info) -> Value {
    document::write(services, info)
}
