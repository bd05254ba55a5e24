//! What a handshake says and hears, past the rules.

use std::{collections::VecDeque, io};

use amq_protocol::protocol::{AMQPClass, connection::AMQPMethod as Method};
use tokio::io::{AsyncRead, AsyncWriteExt};

use super::{Incoming, Outgoing, Sink, handshake::End};
use crate::{
    codec::{FrameReader, decode_method, kind, unexpected, write_method},
    faults::{Decree, Step, Tap},
    refusal::{Code, Refusal},
};

pub(super) struct Wire<'a, R, W> {
    frames: &'a mut FrameReader<R>,
    sink: &'a mut W,
    heard: &'a mut Tap<Incoming>,
    said: &'a mut Tap<Outgoing>,
    /// Heard and not taken yet.
    waiting: VecDeque<Method>,
}

impl<'a, R: AsyncRead + Unpin, W: Sink> Wire<'a, R, W> {
    pub(super) fn new(
        frames: &'a mut FrameReader<R>,
        sink: &'a mut W,
        heard: &'a mut Tap<Incoming>,
        said: &'a mut Tap<Outgoing>,
    ) -> Self {
        Self { frames, sink, heard, said, waiting: VecDeque::new() }
    }

    pub(super) fn set_frame_max(&mut self, frame_max: u32) {
        self.frames.set_frame_max(frame_max);
    }

    pub(super) async fn hear_protocol_header(&mut self) -> Result<[u8; 8], End> {
        loop {
            if let Some(header) = self.frames.take() {
                return Ok(header);
            }
            self.fill().await?;
        }
    }

    /// Says another protocol header, and that nothing more follows.
    pub(super) async fn say_protocol_header(&mut self, header: &[u8; 8]) -> io::Result<()> {
        self.sink.write_all(header).await?;
        self.sink.shutdown().await
    }

    /// The next method of the connection class; heartbeats are allowed in between.
    pub(super) async fn hear(&mut self) -> Result<Method, End> {
        loop {
            if let Some(method) = self.waiting.pop_front() {
                return Ok(method);
            }
            let method = self.next_method().await?;
            for step in self.heard.steps(Incoming::Method(0, AMQPClass::Connection(method))) {
                match step {
                    Step::Go(Incoming::Method(_, AMQPClass::Connection(method))) => {
                        self.waiting.push_back(method);
                    }
                    Step::Go(Incoming::Decreed(decree)) | Step::Decree(decree) => self.obey(decree).await?,
                    Step::Go(_) | Step::Half(..) => {}
                    Step::Wait(wait) => wait.over().await,
                    Step::Reset | Step::Break => return Err(End::Reset),
                }
            }
        }
    }

    pub(super) async fn say(&mut self, method: Method) -> Result<(), End> {
        for step in self.said.steps(Outgoing::Method(0, AMQPClass::Connection(method))) {
            match step {
                Step::Go(outgoing) => self.sink.write_all(&encoded(&outgoing)).await?,
                Step::Half(outgoing, length) => {
                    let mut bytes = encoded(&outgoing);
                    bytes.truncate(length);
                    self.sink.write_all(&bytes).await?;
                }
                Step::Decree(decree) => self.obey(decree).await?,
                Step::Wait(wait) => wait.over().await,
                Step::Reset => return Err(End::Reset),
                Step::Break => return Err(End::Broken),
            }
        }
        Ok(())
    }

    async fn obey(&mut self, decree: Decree) -> Result<(), End> {
        match decree {
            Decree::Say(bytes) => Ok(self.sink.write_all(&bytes).await?),
            Decree::CloseConnection { code, text } => Err(End::Closed { code, text }),
            Decree::Reset => Err(End::Reset),
            // There are no channels yet.
            Decree::CloseChannel { .. } | Decree::Nack { .. } => Ok(()),
        }
    }

    async fn next_method(&mut self) -> Result<Method, End> {
        loop {
            match self.frames.next_frame() {
                Ok(Some(frame)) if frame.kind == kind::HEARTBEAT => {}
                Ok(Some(frame)) => {
                    if frame.kind != kind::METHOD || frame.channel != 0 {
                        return Err(End::Silent(unexpected(frame)));
                    }
                    return match decode_method(frame.payload) {
                        Ok(AMQPClass::Connection(method)) => Ok(method),
                        Ok(_) => Err(End::Silent(unexpected_method("starting"))),
                        Err(refusal) => Err(End::Silent(refusal)),
                    };
                }
                Ok(None) => self.fill().await?,
                Err(violation) => return Err(End::Silent(violation.refusal())),
            }
        }
    }

    async fn fill(&mut self) -> Result<(), End> {
        if self.frames.fill().await? == 0 { Err(End::Eof) } else { Ok(()) }
    }
}

/// A refusal of a method that does not belong there.
pub(super) fn unexpected_method(state: &str) -> Refusal {
    Refusal::new(Code::ChannelError, format!("unexpected method in connection state {state}"))
}

/// A method, or raw bytes: there is nothing else in a handshake.
fn encoded(outgoing: &Outgoing) -> Vec<u8> {
    let mut bytes = Vec::new();
    match outgoing {
        Outgoing::Method(channel, method) => write_method(&mut bytes, *channel, method),
        Outgoing::Raw(raw) => bytes.extend_from_slice(raw),
        _ => {}
    }
    bytes
}
