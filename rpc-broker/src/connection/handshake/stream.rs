//! Reads and writes the methods of a handshake, one by one, through the interceptors.

use std::{collections::VecDeque, io};

use amq_protocol::protocol::{AMQPClass, connection::AMQPMethod as Method};
use tokio::{
    io::{AsyncRead, AsyncWriteExt},
    time::Instant,
};

use super::HandshakeError;
use crate::{
    codec::{FrameReader, decode_method, kind, unexpected, write_method},
    connection::sink::Sink,
    interception::{Effect, Interceptor, Step},
    protocol::{Incoming, Outgoing, ProtocolError, ReplyCode},
};

/// Reads and writes the methods of a handshake.
pub(in crate::connection) struct HandshakeStream<'a, R, W> {
    frames: &'a mut FrameReader<R>,
    sink: &'a mut W,
    read_interceptor: &'a mut Interceptor<Incoming>,
    write_interceptor: &'a mut Interceptor<Outgoing>,
    /// Methods that were read and not returned yet.
    pending: VecDeque<Method>,
}

impl<'a, R: AsyncRead + Unpin, W: Sink> HandshakeStream<'a, R, W> {
    pub(in crate::connection) fn new(
        frames: &'a mut FrameReader<R>,
        sink: &'a mut W,
        read_interceptor: &'a mut Interceptor<Incoming>,
        write_interceptor: &'a mut Interceptor<Outgoing>,
    ) -> Self {
        Self { frames, sink, read_interceptor, write_interceptor, pending: VecDeque::new() }
    }

    pub(super) fn set_frame_max(&mut self, frame_max: u32) {
        self.frames.set_frame_max(frame_max);
    }

    pub(super) async fn read_protocol_header(&mut self) -> Result<[u8; 8], HandshakeError> {
        loop {
            if let Some(header) = self.frames.take() {
                return Ok(header);
            }
            self.fill().await?;
        }
    }

    /// Writes the header of a supported version, and ends the stream.
    pub(super) async fn write_protocol_header(&mut self, header: &[u8; 8]) -> io::Result<()> {
        self.sink.write_all(header).await?;
        self.sink.shutdown().await
    }

    /// Reads the next method of the class connection. Heartbeats before it are skipped.
    pub(super) async fn read(&mut self) -> Result<Method, HandshakeError> {
        loop {
            if let Some(method) = self.pending.pop_front() {
                return Ok(method);
            }
            let method = self.next_method().await?;
            for step in self.read_interceptor.apply(Incoming::Method(0, AMQPClass::Connection(method))) {
                match step {
                    Step::Forward(Incoming::Method(_, AMQPClass::Connection(method))) => {
                        self.pending.push_back(method);
                    }
                    Step::Forward(Incoming::Effect(effect)) | Step::Apply(effect) => {
                        self.apply(effect).await?;
                    }
                    Step::Forward(_) | Step::Truncate(..) => {}
                    Step::Wait(wait) => wait.over(Instant::now()).await,
                    Step::Reset | Step::Break => return Err(HandshakeError::ResetByRule),
                }
            }
        }
    }

    pub(super) async fn write(&mut self, method: Method) -> Result<(), HandshakeError> {
        for step in self.write_interceptor.apply(Outgoing::Method(0, AMQPClass::Connection(method))) {
            match step {
                Step::Forward(outgoing) => self.sink.write_all(&encoded(&outgoing)).await?,
                Step::Truncate(outgoing, length) => {
                    let mut bytes = encoded(&outgoing);
                    bytes.truncate(length);
                    self.sink.write_all(&bytes).await?;
                }
                Step::Apply(effect) => self.apply(effect).await?,
                Step::Wait(wait) => wait.over(Instant::now()).await,
                Step::Reset => return Err(HandshakeError::ResetByRule),
                Step::Break => return Err(HandshakeError::BrokenByRule),
            }
        }
        Ok(())
    }

    async fn apply(&mut self, effect: Effect) -> Result<(), HandshakeError> {
        match effect {
            Effect::Inject(bytes) => Ok(self.sink.write_all(&bytes).await?),
            Effect::CloseConnection { code, text } => Err(HandshakeError::ClosedByRule { code, text }),
            Effect::Reset => Err(HandshakeError::ResetByRule),
            // There are no channels yet.
            Effect::CloseChannel { .. } | Effect::Nack { .. } => Ok(()),
        }
    }

    async fn next_method(&mut self) -> Result<Method, HandshakeError> {
        loop {
            match self.frames.next_frame() {
                Ok(Some(frame)) if frame.kind == kind::HEARTBEAT => {}
                Ok(Some(frame)) => {
                    if frame.kind != kind::METHOD || frame.channel != 0 {
                        return Err(HandshakeError::Unreported(unexpected(frame)));
                    }
                    return match decode_method(frame.payload) {
                        Ok(AMQPClass::Connection(method)) => Ok(method),
                        Ok(_) => Err(HandshakeError::Unreported(unexpected_method("starting"))),
                        Err(error) => Err(HandshakeError::Unreported(error)),
                    };
                }
                Ok(None) => self.fill().await?,
                Err(violation) => return Err(HandshakeError::Unreported(violation.error())),
            }
        }
    }

    async fn fill(&mut self) -> Result<(), HandshakeError> {
        if self.frames.fill().await? == 0 { Err(HandshakeError::Eof) } else { Ok(()) }
    }
}

/// The error for a method that is not allowed in this state of the handshake.
pub(super) fn unexpected_method(state: &str) -> ProtocolError {
    ProtocolError::new(ReplyCode::ChannelError, format!("unexpected method in connection state {state}"))
}

/// Encodes a method, or raw bytes: a handshake writes nothing else.
fn encoded(outgoing: &Outgoing) -> Vec<u8> {
    let mut bytes = Vec::new();
    match outgoing {
        Outgoing::Method(channel, method) => write_method(&mut bytes, *channel, method),
        Outgoing::Raw(raw) => bytes.extend_from_slice(raw),
        _ => {}
    }
    bytes
}
