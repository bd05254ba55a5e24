//! Encodes messages and acknowledgements as AMQP frames.

mod error;
mod frames;
mod properties;
mod short_string;
#[cfg(test)]
mod tests;

pub(crate) use error::EncodeError;
pub(crate) use frames::{
    BODY, FRAME_END, FRAME_OVERHEAD, HEADER, HEADER_BYTES, METHOD, Message, PropertySource, write_ack,
    write_message, write_nack, write_reject,
};
pub(crate) use properties::{max_header_bytes, write_properties};
pub(crate) use short_string::check_short;
