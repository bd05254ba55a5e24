//! Reads frames from a stream of bytes. Each length is checked before its bytes are awaited or kept.

use std::io;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::{FRAME_END, snippet::snippet};
use crate::protocol::{ProtocolError, ReplyCode};

/// The octets before the payload: type, channel and size.
const FRAME_HEADER: usize = 7;
/// The bytes that are read at once: few while few arrive, because thousands of connections may be idle.
const MIN_CHUNK: usize = 4 * 1024;
const MAX_CHUNK: usize = 64 * 1024;

/// A frame in the reader's buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) kind: u8,
    pub(crate) channel: u16,
    pub(crate) payload: &'a [u8],
}

/// Bytes that are not a frame. Nothing after them can be read.
#[derive(Debug)]
pub(crate) struct Violation {
    kind: u8,
    payload: Vec<u8>,
    reason: String,
}

impl Violation {
    pub(crate) fn error(&self) -> ProtocolError {
        let (which, bytes) = snippet(&self.payload);
        ProtocolError::new(
            ReplyCode::FrameError,
            format!("type {}, {which} octets = {bytes}: {}", self.kind, self.reason),
        )
    }
}

/// Buffers what was read and not returned yet: at most one frame and one chunk.
#[derive(Debug)]
pub(crate) struct FrameReader<R> {
    stream: R,
    buffer: BytesMut,
    /// The bytes of the frame that was returned last; removed at the next call.
    returned: usize,
    frame_max: usize,
    chunk: usize,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// `frame_max` limits a whole frame, in bytes.
    pub(crate) fn new(stream: R, frame_max: u32) -> Self {
        Self { stream, buffer: BytesMut::new(), returned: 0, frame_max: frame_max as usize, chunk: MIN_CHUNK }
    }

    pub(crate) fn set_frame_max(&mut self, frame_max: u32) {
        self.frame_max = frame_max as usize;
    }

    /// Reads once; returns 0 at the end of the stream.
    pub(crate) async fn fill(&mut self) -> io::Result<usize> {
        self.discard_returned();
        self.buffer.reserve(self.chunk);
        let free = self.buffer.capacity() - self.buffer.len();
        let read = self.stream.read_buf(&mut self.buffer).await?;
        // The free part was filled, so more is waiting.
        self.chunk = if read == free { (self.chunk * 2).min(MAX_CHUNK) } else { MIN_CHUNK };
        Ok(read)
    }

    /// Reads once and discards everything; returns 0 at the end of the stream.
    pub(crate) async fn discard(&mut self) -> io::Result<usize> {
        self.returned = 0;
        self.buffer.clear();
        self.fill().await
    }

    /// Removes and returns the first `N` bytes, once they have arrived: for the protocol header.
    pub(crate) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.discard_returned();
        let taken = *self.buffer.first_chunk()?;
        self.buffer.advance(N);
        Some(taken)
    }

    /// Returns the next complete frame, or `None` when more must be read first.
    pub(crate) fn next_frame(&mut self) -> Result<Option<Frame<'_>>, Violation> {
        self.discard_returned();
        let Some(&[kind, c1, c0, s3, s2, s1, s0]) = self.buffer.first_chunk::<FRAME_HEADER>() else {
            return Ok(None);
        };
        let size = u32::from_be_bytes([s3, s2, s1, s0]) as usize;
        // RabbitMQ compares the payload with the whole frame's limit.
        if size > self.frame_max {
            let reason = format!("{{frame_too_large,{size},{}}}", self.frame_max - super::FRAME_OVERHEAD);
            return Err(Violation { kind, payload: Vec::new(), reason });
        }
        let Some(frame) = self.buffer.get(..FRAME_HEADER + size + 1) else {
            return Ok(None);
        };
        let payload = &frame[FRAME_HEADER..FRAME_HEADER + size];
        let end = frame[FRAME_HEADER + size];
        if end != FRAME_END {
            let reason = format!("{{invalid_frame_end_marker,{end}}}");
            return Err(Violation { kind, payload: payload.to_vec(), reason });
        }
        self.returned = frame.len();
        let payload = &self.buffer[FRAME_HEADER..FRAME_HEADER + size];
        Ok(Some(Frame { kind, channel: u16::from_be_bytes([c1, c0]), payload }))
    }

    fn discard_returned(&mut self) {
        self.buffer.advance(std::mem::take(&mut self.returned));
        if self.buffer.is_empty() && self.buffer.capacity() > MIN_CHUNK {
            self.buffer = BytesMut::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(bytes: &[u8]) -> FrameReader<&[u8]> {
        FrameReader::new(bytes, 4096)
    }

    #[tokio::test]
    async fn frames_are_taken_one_after_the_other() {
        let mut reader = reader(&[3, 0, 1, 0, 0, 0, 2, 7, 8, 0xCE, 8, 0, 0, 0, 0, 0, 0, 0xCE, 1]);
        reader.fill().await.unwrap();
        let frame = reader.next_frame().unwrap().unwrap();
        assert_eq!((frame.kind, frame.channel, frame.payload), (3, 1, &[7, 8][..]));
        let frame = reader.next_frame().unwrap().unwrap();
        assert_eq!((frame.kind, frame.channel, frame.payload), (8, 0, &[][..]));
        assert!(reader.next_frame().unwrap().is_none());
        assert_eq!(reader.fill().await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_length_above_the_limit_is_refused_before_its_bytes_arrive() {
        let mut reader = reader(&[1, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
        reader.fill().await.unwrap();
        let close = reader.next_frame().unwrap_err().error().connection_close();
        assert_eq!(
            close.reply_text.as_str(),
            "FRAME_ERROR - type 1, all octets = <<>>: {frame_too_large,4294967295,4088}"
        );
    }

    #[tokio::test]
    async fn a_wrong_frame_end_is_refused() {
        let mut reader = reader(&[1, 0, 0, 0, 0, 0, 1, 65, 0]);
        reader.fill().await.unwrap();
        let close = reader.next_frame().unwrap_err().error().connection_close();
        assert_eq!(
            close.reply_text.as_str(),
            "FRAME_ERROR - type 1, all octets = <<\"A\">>: {invalid_frame_end_marker,0}"
        );
    }
}
