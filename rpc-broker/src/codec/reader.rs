//! Takes frames out of a stream of bytes, checking each length before anything is waited for or kept.

use std::io;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::{FRAME_END, snippet::snippet};
use crate::protocol::{ProtocolError, ReplyCode};

/// Type, channel and size of the payload.
const FRAME_HEADER: usize = 7;
/// How much is asked of the socket at once: little while little comes, because thousands of connections may be idle.
const SMALLEST_CHUNK: usize = 4 * 1024;
const LARGEST_CHUNK: usize = 64 * 1024;

/// One frame, in the reader's buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) kind: u8,
    pub(crate) channel: u16,
    pub(crate) payload: &'a [u8],
}

/// Bytes that are no frame; what follows them cannot be read.
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

/// Buffers what was read and not taken yet: at most one frame and one chunk.
#[derive(Debug)]
pub(crate) struct FrameReader<R> {
    stream: R,
    buffer: BytesMut,
    /// The frame that was handed out last, header and end mark included; taken off at the next call.
    handed_out: usize,
    largest: usize,
    chunk: usize,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// `frame_max` bounds a frame with its header and end mark, in bytes.
    pub(crate) fn new(stream: R, frame_max: u32) -> Self {
        Self {
            stream,
            buffer: BytesMut::new(),
            handed_out: 0,
            largest: frame_max as usize,
            chunk: SMALLEST_CHUNK,
        }
    }

    pub(crate) fn set_frame_max(&mut self, frame_max: u32) {
        self.largest = frame_max as usize;
    }

    /// Reads once; 0 at the end of the stream.
    pub(crate) async fn fill(&mut self) -> io::Result<usize> {
        self.discard_handed_out();
        self.buffer.reserve(self.chunk);
        let room = self.buffer.capacity() - self.buffer.len();
        let read = self.stream.read_buf(&mut self.buffer).await?;
        // As much came as there was room for: more waits.
        self.chunk = if read == room { (self.chunk * 2).min(LARGEST_CHUNK) } else { SMALLEST_CHUNK };
        Ok(read)
    }

    /// Reads once and throws away all there is; 0 at the end of the stream.
    pub(crate) async fn discard(&mut self) -> io::Result<usize> {
        self.handed_out = 0;
        self.buffer.clear();
        self.fill().await
    }

    /// The first `N` bytes when they are there, which are then taken: for the protocol header.
    pub(crate) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.discard_handed_out();
        let taken = *self.buffer.first_chunk()?;
        self.buffer.advance(N);
        Some(taken)
    }

    /// The next complete frame, or `None` when more must be read first.
    pub(crate) fn next_frame(&mut self) -> Result<Option<Frame<'_>>, Violation> {
        self.discard_handed_out();
        let Some(&[kind, c1, c0, s3, s2, s1, s0]) = self.buffer.first_chunk::<FRAME_HEADER>() else {
            return Ok(None);
        };
        let size = u32::from_be_bytes([s3, s2, s1, s0]) as usize;
        // RabbitMQ compares the payload with the whole frame's limit.
        if size > self.largest {
            let reason = format!("{{frame_too_large,{size},{}}}", self.largest - super::FRAME_OVERHEAD);
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
        self.handed_out = frame.len();
        let payload = &self.buffer[FRAME_HEADER..FRAME_HEADER + size];
        Ok(Some(Frame { kind, channel: u16::from_be_bytes([c1, c0]), payload }))
    }

    fn discard_handed_out(&mut self) {
        self.buffer.advance(std::mem::take(&mut self.handed_out));
        if self.buffer.is_empty() && self.buffer.capacity() > SMALLEST_CHUNK {
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
    async fn a_length_above_the_limit_is_refused_before_its_bytes_come() {
        let mut reader = reader(&[1, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
        reader.fill().await.unwrap();
        let close = reader.next_frame().unwrap_err().error().connection_close();
        assert_eq!(
            close.reply_text.as_str(),
            "FRAME_ERROR - type 1, all octets = <<>>: {frame_too_large,4294967295,4088}"
        );
    }

    #[tokio::test]
    async fn a_wrong_end_mark_is_refused() {
        let mut reader = reader(&[1, 0, 0, 0, 0, 0, 1, 65, 0]);
        reader.fill().await.unwrap();
        let close = reader.next_frame().unwrap_err().error().connection_close();
        assert_eq!(
            close.reply_text.as_str(),
            "FRAME_ERROR - type 1, all octets = <<\"A\">>: {invalid_frame_end_marker,0}"
        );
    }
}
