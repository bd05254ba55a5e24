//! Encodes and decodes frames: the server side of AMQP's framing, on amq-protocol's codec for methods.

mod decode;
mod depth;
mod encode;
#[cfg(test)]
mod malformed_input;
mod reader;
mod snippet;

pub(crate) use decode::{ContentHeader, decode_content_header, decode_method, unexpected, unknown};
pub(crate) use encode::{write_content, write_heartbeat, write_method};
pub(crate) use reader::{Frame, FrameReader};
pub(crate) use snippet::snippet;

/// The frame types.
pub(crate) mod kind {
    pub(crate) const METHOD: u8 = 1;
    pub(crate) const HEADER: u8 = 2;
    pub(crate) const BODY: u8 = 3;
    pub(crate) const HEARTBEAT: u8 = 8;
}

/// The octet that ends each frame.
pub(crate) const FRAME_END: u8 = 0xCE;

/// The octets of a frame besides its payload: type, channel, size and frame end.
pub(crate) const FRAME_OVERHEAD: usize = 8;
