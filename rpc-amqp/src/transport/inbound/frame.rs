//! Reads the header of a frame, and writes one for lapin.

use std::io;

use crate::encode::{BODY, FRAME_END, FRAME_OVERHEAD, HEADER, HEADER_BYTES, METHOD};

/// The header of one frame.
#[derive(Clone, Copy)]
pub(super) struct FrameHeader {
    pub(super) kind: u8,
    pub(super) channel: u16,
    pub(super) payload_bytes: usize,
}

impl FrameHeader {
    const HEARTBEAT: u8 = 8;
    /// A broker that does not speak AMQP 0-9-1 answers with a protocol header of its own version (`AMQP` and
    /// four numbers) and closes the connection. It is as long as the shortest frame.
    const PROTOCOL_HEADER: u8 = b'A';

    /// Reads the frame header at the front of `bytes`, or `None` while it is incomplete.
    ///
    /// # Errors
    /// `InvalidData` when no frame begins here.
    pub(super) fn read(bytes: &[u8]) -> io::Result<Option<Self>> {
        let Some(&[kind, channel @ .., a, b, c, d]) = bytes.first_chunk::<HEADER_BYTES>() else {
            return Ok(None);
        };
        let channel = u16::from_be_bytes(channel);
        match kind {
            Self::PROTOCOL_HEADER => Ok(Some(Self { kind, channel, payload_bytes: 0 })),
            METHOD | HEADER | BODY | Self::HEARTBEAT => {
                let size = u32::from_be_bytes([a, b, c, d]);
                let payload_bytes = usize::try_from(size).map_err(|_| invalid("a frame is too large"))?;
                Ok(Some(Self { kind, channel, payload_bytes }))
            }
            _ => Err(invalid("the bytes received are not an AMQP frame")),
        }
    }

    /// The length of the frame with its header and its end byte.
    pub(super) fn frame_bytes(&self) -> usize {
        self.payload_bytes.saturating_add(FRAME_OVERHEAD)
    }

    /// The position of the payload in the frame.
    pub(super) fn payload(&self) -> std::ops::Range<usize> {
        HEADER_BYTES..HEADER_BYTES + self.payload_bytes
    }
}

/// The error of inbound bytes that violate AMQP. It ends the connection.
pub(super) fn invalid(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

/// The frame that says that a queue is empty.
pub(super) fn get_empty(channel: u16) -> [u8; 13] {
    let [high, low] = channel.to_be_bytes();
    [METHOD, high, low, 0, 0, 0, 5, 0, 60, 0, 72, 0, FRAME_END]
}
