//! Frames as bytes: reads a frame's header and shortens a frame in place.

use std::io;

/// The bytes before the payload: type, channel and size.
pub(super) const HEADER_BYTES: usize = 7;
/// The byte after the payload.
pub(super) const FRAME_END: u8 = 0xCE;

/// The header of one frame.
#[derive(Clone, Copy)]
pub(super) struct FrameHeader {
    pub(super) kind: u8,
    pub(super) channel: u16,
    pub(super) payload_bytes: usize,
}

impl FrameHeader {
    pub(super) const METHOD: u8 = 1;
    pub(super) const CONTENT_HEADER: u8 = 2;
    pub(super) const CONTENT_BODY: u8 = 3;
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
            Self::METHOD | Self::CONTENT_HEADER | Self::CONTENT_BODY | Self::HEARTBEAT => {
                let size = u32::from_be_bytes([a, b, c, d]);
                let payload_bytes = usize::try_from(size).map_err(|_| invalid("a frame is too large"))?;
                Ok(Some(Self { kind, channel, payload_bytes }))
            }
            _ => Err(invalid("the bytes received are not an AMQP frame")),
        }
    }

    /// The length of the frame with its header and its end byte.
    pub(super) fn frame_bytes(&self) -> usize {
        HEADER_BYTES + self.payload_bytes + 1
    }

    /// The position of the payload in the frame.
    pub(super) fn payload(&self) -> std::ops::Range<usize> {
        HEADER_BYTES..HEADER_BYTES + self.payload_bytes
    }
}

/// Shortens the payload of `frame` to its first `payload_bytes`.
pub(super) fn shorten(frame: &mut [u8], payload_bytes: usize) {
    let size = u32::try_from(payload_bytes).expect("the payload was larger before, and its size a u32");
    frame[3..HEADER_BYTES].copy_from_slice(&size.to_be_bytes());
    frame[HEADER_BYTES + payload_bytes] = FRAME_END;
}

/// The error of inbound bytes that violate AMQP. It ends the connection.
pub(super) fn invalid(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}
