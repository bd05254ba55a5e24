//! Assembles the frames of a channel into requests: a method alone, or a publish with its header and body.

use amq_protocol::protocol::{AMQPClass, basic};
use bytes::Bytes;

use crate::{
    codec::{ContentHeader, Frame, decode_content_header, decode_method, kind},
    memory::Charge,
    properties::Properties,
    protocol::{Incoming, ProtocolError, ReplyCode},
};

const BASIC: u16 = 60;

/// The frames of a request that a channel has received so far.
#[derive(Debug, Default)]
pub(crate) enum Assembly {
    #[default]
    Method,
    Header(basic::Publish),
    Body(Box<Partial>),
}

#[derive(Debug)]
pub(crate) struct Partial {
    publish: basic::Publish,
    properties: Bytes,
    announced: u64,
    received: u64,
    body: Vec<u8>,
    /// The bytes of an incomplete body count as arriving.
    charge: Charge,
    too_large: bool,
}

impl Assembly {
    /// Takes one frame of a channel; returns a request when it is complete.
    pub(crate) fn accept(
        &mut self,
        frame: Frame<'_>,
        max_size: u64,
        charge: impl FnOnce() -> Charge,
    ) -> Result<Option<Incoming>, ProtocolError> {
        match std::mem::take(self) {
            Self::Method => self.accept_method(frame),
            Self::Header(publish) => self.accept_header(frame, publish, max_size, charge),
            Self::Body(partial) => self.accept_body(frame, partial),
        }
    }

    fn accept_method(&mut self, frame: Frame<'_>) -> Result<Option<Incoming>, ProtocolError> {
        if frame.kind != kind::METHOD {
            return Err(unexpected("expected method frame, got non method frame instead"));
        }
        match decode_method(frame.payload)? {
            AMQPClass::Basic(basic::AMQPMethod::Publish(publish)) => {
                *self = Self::Header(publish);
                Ok(None)
            }
            method => Ok(Some(Incoming::Method(frame.channel, method))),
        }
    }

    fn accept_header(
        &mut self,
        frame: Frame<'_>,
        publish: basic::Publish,
        max_size: u64,
        charge: impl FnOnce() -> Charge,
    ) -> Result<Option<Incoming>, ProtocolError> {
        let header = (frame.kind == kind::HEADER).then(|| decode_content_header(frame.payload)).flatten();
        let header = match header {
            Some(header) if header.class == BASIC && header.weight == 0 => header,
            Some(header) if header.weight == 0 => {
                let text = format!(
                    "expected content header for class {BASIC}, got one for class {} instead",
                    header.class
                );
                return Err(unexpected(&text).caused_by(BASIC, 40));
            }
            _ => {
                let text = format!(
                    "expected content header for class {BASIC}, got non content header frame instead"
                );
                return Err(unexpected(&text).caused_by(BASIC, 40));
            }
        };
        let ContentHeader { body_size: announced, properties, .. } = header;
        let partial = Partial {
            publish,
            properties,
            announced,
            received: 0,
            body: Vec::new(),
            charge: charge(),
            too_large: announced > max_size,
        };
        self.complete_or_keep(frame.channel, Box::new(partial))
    }

    fn accept_body(
        &mut self,
        frame: Frame<'_>,
        mut partial: Box<Partial>,
    ) -> Result<Option<Incoming>, ProtocolError> {
        if frame.kind != kind::BODY {
            let text = "expected content body, got non content body frame instead";
            return Err(unexpected(text).caused_by(BASIC, 40));
        }
        partial.received += frame.payload.len() as u64;
        // More than was announced never completes, as with RabbitMQ. It is not kept either.
        if !partial.too_large && partial.received <= partial.announced {
            if partial.body.capacity() == 0 && partial.received == partial.announced {
                partial.body.reserve_exact(frame.payload.len());
            }
            partial.body.extend_from_slice(frame.payload);
            if !partial.charge.add(frame.payload.len()) {
                let text = "too many bytes of unfinished messages";
                return Err(ProtocolError::new(ReplyCode::ResourceError, text).caused_by(BASIC, 40));
            }
        }
        self.complete_or_keep(frame.channel, partial)
    }

    fn complete_or_keep(
        &mut self,
        channel: u16,
        partial: Box<Partial>,
    ) -> Result<Option<Incoming>, ProtocolError> {
        if partial.received != partial.announced {
            *self = Self::Body(partial);
            return Ok(None);
        }
        let Partial { publish, properties, body, announced, too_large, .. } = *partial;
        if too_large {
            return Ok(Some(Incoming::Oversized { channel, size: announced }));
        }
        let properties = Properties::parse(properties).map_err(|_| malformed_properties())?;
        Ok(Some(Incoming::Publish { channel, publish, properties, body: body.into() }))
    }
}

/// RabbitMQ closes the connection with 541 and no detail.
fn malformed_properties() -> ProtocolError {
    ProtocolError::new(ReplyCode::InternalError, "").without_cause()
}

fn unexpected(text: &str) -> ProtocolError {
    ProtocolError::new(ReplyCode::UnexpectedFrame, text)
}
