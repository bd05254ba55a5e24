//! Inspects the frames that the broker sends, and decides which bytes lapin gets.

use std::{io, ops::Range, sync::Arc};

use super::{
    Findings,
    content::{Content, ContentInProgress},
    frame::{FRAME_END, FrameHeader, HEADER_BYTES, invalid, shorten},
    method::Method,
    properties,
    server_properties::read_broker,
};
use crate::{error::BrokerError, message::Refusal};

/// The body's size in the payload of a content header, after class and weight. The properties follow it.
const BODY_SIZE: Range<usize> = 4..12;
/// Properties begin with two bytes of flags, which say which properties are present.
const PROPERTY_FLAGS: usize = 2;
/// The largest frame before `connection.tune`. It is RabbitMQ's default for the time after.
const INITIAL_FRAME_MAX: usize = 128 * 1024;
/// AMQP's minimum. A smaller value is raised to it, as lapin does.
const MIN_FRAME_MAX: usize = 4096;

/// Inspects the inbound bytes of one connection.
#[derive(Debug)]
pub(crate) struct Inspector {
    findings: Arc<Findings>,
    max_body_bytes: usize,
    /// The largest frame that the client asks for; 0 for no limit.
    our_frame_max: u32,
    frame_max: usize,
    contents: ContentInProgress,
    /// The frame that has arrived in part and needs no further inspection.
    partial: Option<PartialFrame>,
}

#[derive(Clone, Copy, Debug)]
struct PartialFrame {
    missing: usize,
    /// Whether lapin gets the missing bytes.
    passes: bool,
}

/// The result of one inspection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    /// This many bytes at the front are for lapin.
    pub(crate) kept: usize,
    /// This many bytes of the input were inspected.
    pub(crate) read: usize,
    /// The next frame must be in the buffer up to this many bytes before it can be inspected.
    pub(crate) wanted: usize,
}

impl Inspector {
    pub(crate) fn new(findings: Arc<Findings>, max_body_bytes: usize, our_frame_max: u32) -> Self {
        Self {
            findings,
            max_body_bytes,
            our_frame_max,
            frame_max: INITIAL_FRAME_MAX,
            contents: ContentInProgress::default(),
            partial: None,
        }
    }

    /// Returns how many of the next bytes pass without inspection.
    pub(crate) fn passing(&self) -> usize {
        self.partial.filter(|partial| partial.passes).map_or(0, |partial| partial.missing)
    }

    /// Counts [`passing`](Self::passing) bytes that lapin got without inspection.
    pub(crate) fn passed(&mut self, bytes: usize) {
        self.advance_partial(bytes);
    }

    /// Inspects `bytes`, which follow those `read` before, and moves the bytes for lapin to their front.
    ///
    /// # Errors
    /// `InvalidData` when the broker violates AMQP. Later bytes cannot be interpreted.
    pub(crate) fn inspect(&mut self, bytes: &mut [u8]) -> io::Result<Progress> {
        let (mut kept, mut read) = (0, 0);
        loop {
            if let Some(PartialFrame { missing, passes }) = self.partial {
                let present = missing.min(bytes.len() - read);
                if passes {
                    keep(bytes, read, present, &mut kept);
                }
                read += present;
                self.advance_partial(present);
                if present < missing {
                    return Ok(Progress { kept, read, wanted: 0 });
                }
            }
            let Some(header) = FrameHeader::read(&bytes[read..])? else {
                return Ok(Progress { kept, read, wanted: HEADER_BYTES });
            };
            let whole = header.frame_bytes();
            if whole > self.frame_max {
                return Err(invalid("a frame is larger than agreed"));
            }
            match header.kind {
                FrameHeader::METHOD | FrameHeader::CONTENT_HEADER => {
                    let Some(frame) = bytes[read..].get_mut(..whole) else {
                        return Ok(Progress { kept, read, wanted: whole });
                    };
                    let length = self.inspect_frame(header, frame)?;
                    keep(bytes, read, length, &mut kept);
                    read += whole;
                }
                FrameHeader::CONTENT_BODY => {
                    let passes =
                        self.contents.count_body_frame(header.channel, header.payload_bytes as u64)?;
                    self.partial = Some(PartialFrame { missing: whole, passes });
                }
                _ => self.partial = Some(PartialFrame { missing: whole, passes: true }),
            }
        }
    }

    /// Inspects a whole frame. Returns how many of its bytes lapin gets.
    fn inspect_frame(&mut self, header: FrameHeader, frame: &mut [u8]) -> io::Result<usize> {
        if frame.last() != Some(&FRAME_END) {
            return Err(invalid("a frame does not end where it should"));
        }
        match header.kind {
            FrameHeader::METHOD => self.inspect_method(header, frame),
            _ => self.inspect_content_header(header, frame),
        }
    }

    fn inspect_method(&mut self, header: FrameHeader, frame: &mut [u8]) -> io::Result<usize> {
        let method =
            Method::read(&mut frame[header.payload()]).map_err(|_| invalid("a method is malformed"))?;
        self.contents.clear(header.channel);
        match method {
            Method::Delivery { tag, repaired } => {
                self.contents.start(header.channel, Content::Delivery { tag, repaired });
            }
            Method::Return => {
                self.contents.start(header.channel, Content::Return);
                return Ok(0);
            }
            Method::ChannelOpened => self.findings.forget_channel(header.channel),
            Method::ChannelClosed { code, text } => {
                let text = String::from_utf8_lossy(&frame[header.payload()][text]);
                self.findings.record_close(BrokerError::new(Some(code), text));
            }
            Method::Blocked { reason } => {
                let reason = String::from_utf8_lossy(&frame[header.payload()][reason]);
                self.findings.block(Some(reason.as_ref()));
            }
            Method::Unblocked => self.findings.block(None),
            Method::Start { server_properties } => {
                self.findings.identify(read_broker(&frame[header.payload()][server_properties]));
            }
            Method::Tune { frame_max } => self.tune_frame_max(frame_max),
            Method::Other => {}
        }
        Ok(frame.len())
    }

    /// Agrees on the lower of both limits, where 0 means no limit.
    fn tune_frame_max(&mut self, their_frame_max: u32) {
        let agreed = match (self.our_frame_max, their_frame_max) {
            (0, theirs) => theirs,
            (ours, 0) => ours,
            (ours, theirs) => ours.min(theirs),
        };
        let agreed = usize::try_from(agreed).unwrap_or(usize::MAX);
        self.frame_max = if agreed == 0 { usize::MAX } else { agreed.max(MIN_FRAME_MAX) };
    }

    fn inspect_content_header(&mut self, header: FrameHeader, frame: &mut [u8]) -> io::Result<usize> {
        let content = self.contents.take(header.channel);
        let payload = &mut frame[header.payload()];
        if payload.len() < BODY_SIZE.end + PROPERTY_FLAGS {
            return Err(invalid("a content header is incomplete"));
        }
        let (fixed, properties) = payload.split_at_mut(BODY_SIZE.end);
        let body_bytes = fixed[BODY_SIZE].try_into().map_or(0, u64::from_be_bytes);
        match content {
            Some(Content::Delivery { tag, repaired }) => {
                let mut refusal = repaired.then_some(Refusal::NotUtf8);
                let mut length = header.payload_bytes;
                if let Err(why) = properties::check(properties) {
                    refusal = Some(why);
                    length = BODY_SIZE.end + properties::keep_parsable(properties);
                }
                if body_bytes > self.max_body_bytes as u64 {
                    refusal.get_or_insert(Refusal::TooLarge { size: body_bytes, limit: self.max_body_bytes });
                    fixed[BODY_SIZE].fill(0);
                    self.contents.discard_body(header.channel, body_bytes);
                }
                if let Some(refusal) = refusal {
                    self.findings.refuse(header.channel, tag, refusal);
                }
                if length < header.payload_bytes {
                    shorten(frame, length);
                }
                Ok(HEADER_BYTES + length + 1)
            }
            Some(Content::Return) => {
                let id = properties::correlation_id(properties).unwrap_or_default();
                self.findings.record_return(id.to_owned());
                self.contents.discard_body(header.channel, body_bytes);
                Ok(0)
            }
            Some(Content::DiscardedBody(_)) | None => Err(invalid("a content header was not announced")),
        }
    }

    fn advance_partial(&mut self, bytes: usize) {
        self.partial = match self.partial {
            Some(PartialFrame { missing, passes }) if missing > bytes => {
                Some(PartialFrame { missing: missing - bytes, passes })
            }
            _ => None,
        };
    }
}

/// Moves `length` bytes at `from` to the end of the kept bytes.
fn keep(bytes: &mut [u8], from: usize, length: usize, kept: &mut usize) {
    if *kept != from {
        bytes.copy_within(from..from + length, *kept);
    }
    *kept += length;
}
