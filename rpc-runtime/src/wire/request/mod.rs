//! The request as AMQP properties: the client writes it, the server reads it.

mod body;
mod call;
mod caller;
mod expiration;
mod one_way;
mod received;
mod return_address;
#[cfg(test)]
mod tests;

pub(crate) use body::body_of;
pub(crate) use call::CallRequest;
pub(crate) use caller::Caller;
pub(crate) use expiration::text as expiration_text;
pub(crate) use one_way::OneWayRequest;
pub(crate) use received::ReceivedRequest;
pub(crate) use return_address::ReturnAddress;

/// The header that lists the content encodings that the caller reads, separated by commas.
pub(crate) const ACCEPT_ENCODING: &str = "accept-encoding";

/// The header with the milliseconds that are left of a call, where `expiration` is more than that.
const REMAINING: &str = "remaining-ms";
