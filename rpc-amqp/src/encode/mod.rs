//! Encodes messages and acknowledgements as AMQP frames.

mod coalesced;
mod error;
mod frame_buffer;
mod frames;
mod properties;
mod short_string;
#[cfg(test)]
mod tests;

pub use coalesced::{COALESCED, MAX_COALESCED_BYTES};
pub(crate) use coalesced::{first_part, write_part, write_with_header};
pub(crate) use error::EncodeError;
pub(crate) use frame_buffer::FrameBuffer;
pub(crate) use frames::{
    ACK_BYTES, BODY, BodySource, FRAME_END, FRAME_OVERHEAD, HEADER, HEADER_BYTES, METHOD, Message,
    PropertySource, write_ack, write_message, write_nack, write_reject,
};
pub(crate) use properties::{max_header_bytes, write_properties};
pub(crate) use short_string::check_short;
