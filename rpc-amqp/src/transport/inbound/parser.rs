//! Parses the frames that the broker sends: messages go to their consumers, everything else to lapin.

mod content_header;

use std::{io, ops::Range, sync::Arc, time::Instant};

use bytes::Bytes;

use super::{
    Findings,
    content::{Content, ContentInProgress, Incoming},
    frame::{FrameHeader, get_empty, invalid},
    method::{Method, name},
    repeated::Repeated,
    server_properties::read_broker,
    tune::{MIN_FRAME_MAX, agree_on_frame_max},
};
use crate::{
    encode::{BODY, FRAME_END, HEADER, HEADER_BYTES, METHOD},
    error::BrokerError,
    message::{Delivered, Properties, Refusal},
    transport::{
        channels::{BrokerClose, Channels, closed},
        outbound::close_ok,
    },
};

/// The body's size in the payload of a content header, after class and weight. The properties follow it.
const BODY_SIZE: Range<usize> = 4..12;
/// Properties begin with two bytes of flags, which say which properties are present.
const PROPERTY_FLAGS: usize = 2;
/// The largest frame before `connection.tune`. It is RabbitMQ's default for the time after.
const INITIAL_FRAME_MAX: usize = 128 * 1024;
/// The limit that lapin is told, in place of the broker's: it keeps two buffers of 32 frames. Messages do not
/// go through it, and its other frames are small.
const LAPIN_FRAME_MAX: u32 = MIN_FRAME_MAX;
/// The position of the frame limit in the payload of `connection.tune`.
const TUNE_FRAME_MAX: Range<usize> = 6..10;

/// Parses the inbound bytes of one connection.
#[derive(Debug)]
pub(crate) struct Parser {
    findings: Arc<Findings>,
    channels: Arc<Channels>,
    max_body_bytes: usize,
    /// The largest frame that the client asks for; 0 for no limit.
    our_frame_max: u32,
    frame_max: usize,
    contents: ContentInProgress,
    exchanges: Repeated,
    routing_keys: Repeated,
    reply_addresses: Repeated,
    /// When the bytes were read that are being parsed.
    read_at: Instant,
    /// The body frame that has arrived in part.
    partial: Option<PartialBody>,
}

#[derive(Clone, Copy, Debug)]
struct PartialBody {
    channel: u16,
    /// The bytes of its payload that are still to come. The end of the frame follows them.
    missing: usize,
}

/// The result of parsing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    /// This many bytes of the input are done.
    pub(crate) read: usize,
    /// The next frame must be in the buffer up to this many bytes before it can be parsed.
    pub(crate) wanted: usize,
}

impl Parser {
    pub(crate) fn new(
        findings: Arc<Findings>,
        channels: Arc<Channels>,
        max_body_bytes: usize,
        our_frame_max: u32,
    ) -> Self {
        Self {
            findings,
            channels,
            max_body_bytes,
            our_frame_max,
            frame_max: INITIAL_FRAME_MAX,
            contents: ContentInProgress::default(),
            exchanges: Repeated::default(),
            routing_keys: Repeated::default(),
            reply_addresses: Repeated::default(),
            read_at: Instant::now(),
            partial: None,
        }
    }

    /// Parses `bytes`, which follow those `read` before, and appends the frames for lapin to `for_lapin`. What they
    /// announce was received at `read_at`.
    ///
    /// # Errors
    /// `InvalidData` when the broker violates AMQP. Later bytes cannot be interpreted.
    pub(crate) fn parse(
        &mut self,
        bytes: &mut [u8],
        read_at: Instant,
        for_lapin: &mut Vec<u8>,
    ) -> io::Result<Progress> {
        self.read_at = read_at;
        let mut read = 0;
        loop {
            if let Some(partial) = self.partial {
                read += self.continue_body(partial, &bytes[read..])?;
                if self.partial.is_some() {
                    return Ok(Progress { read, wanted: 1 });
                }
            }
            let rest = &mut bytes[read..];
            let Some(header) = FrameHeader::read(rest)? else {
                return Ok(Progress { read, wanted: HEADER_BYTES });
            };
            let whole = header.frame_bytes();
            if whole > self.frame_max {
                return Err(invalid("a frame is larger than agreed"));
            }
            let Some(frame) = rest.get_mut(..whole) else {
                if header.kind == BODY {
                    self.partial =
                        Some(PartialBody { channel: header.channel, missing: header.payload_bytes });
                    read += HEADER_BYTES;
                    continue;
                }
                return Ok(Progress { read, wanted: whole });
            };
            match header.kind {
                METHOD | HEADER | BODY if frame.last() != Some(&FRAME_END) => {
                    return Err(invalid("a frame does not end where it should"));
                }
                METHOD => {
                    if self.parse_method(header, &mut frame[header.payload()], for_lapin)? {
                        for_lapin.extend_from_slice(frame);
                    }
                }
                HEADER => self.parse_content_header(header.channel, &frame[header.payload()])?,
                BODY => self.contents.take_body(header.channel, &frame[header.payload()])?,
                _ => for_lapin.extend_from_slice(frame),
            }
            read += whole;
        }
    }

    /// Takes what is there of a body frame that has arrived in part. Returns how many bytes that were.
    fn continue_body(&mut self, partial: PartialBody, bytes: &[u8]) -> io::Result<usize> {
        let PartialBody { channel, missing } = partial;
        let present = missing.min(bytes.len());
        if present > 0 {
            self.contents.take_body(channel, &bytes[..present])?;
        }
        match bytes.get(missing) {
            None => {
                self.partial = Some(PartialBody { channel, missing: missing - present });
                Ok(present)
            }
            Some(&FRAME_END) => {
                self.partial = None;
                Ok(present + 1)
            }
            Some(_) => Err(invalid("a frame does not end where it should")),
        }
    }

    /// Returns whether lapin gets the method.
    fn parse_method(
        &mut self,
        header: FrameHeader,
        payload: &mut [u8],
        for_lapin: &mut Vec<u8>,
    ) -> io::Result<bool> {
        let channel = header.channel;
        let method = Method::read(payload).map_err(|_| invalid("a method is malformed"))?;
        self.contents.clear(channel);
        match method {
            Method::Deliver { consumer_tag, tag, redelivered, exchange, routing_key } => {
                let delivered = self.announced(tag, redelivered, exchange, routing_key);
                let to = self.channels.consumer(channel, consumer_tag);
                self.contents.start(channel, Content::Delivery(Incoming { delivered, to }));
                return Ok(false);
            }
            Method::Return => {
                self.contents.start(channel, Content::Return);
                return Ok(false);
            }
            Method::GetOk => {
                // lapin asks whether it may, and not for a message. Unacknowledged, it is requeued when the channel
                // is closed.
                self.contents.start(channel, Content::Unwanted);
                for_lapin.extend_from_slice(&get_empty(channel));
                return Ok(false);
            }
            Method::Confirm(range) => {
                self.findings.record_confirm();
                if !self.channels.confirm(channel, range) {
                    return Err(invalid("a message was confirmed that was not published"));
                }
                return Ok(false);
            }
            Method::ConsumerEnd { consumer_tag } => self.channels.end_consumer(channel, consumer_tag),
            Method::ChannelOpenOk => self.channels.open(channel),
            Method::Flow { active } => self.channels.set_flow(channel, active),
            Method::ChannelClose { code, text } => {
                let error = BrokerError::new(Some(code), String::from_utf8_lossy(text));
                return Ok(self.close_channel(channel, &error, for_lapin));
            }
            Method::ChannelCloseOk => {
                self.channels.end_channel(channel, &closed());
                return Ok(self.channels.outbound().confirm_close(channel));
            }
            Method::ConnectionClose { code, text } => {
                self.channels.end(&BrokerError::new(Some(code), String::from_utf8_lossy(text)));
            }
            Method::Blocked { reason } => {
                self.findings.block(Some(String::from_utf8_lossy(reason).as_ref()));
            }
            Method::Unblocked => self.findings.block(None),
            Method::Start { server_properties } => self.findings.identify(read_broker(server_properties)),
            Method::Tune { frame_max } => {
                self.tune_frame_max(frame_max);
                let told = payload.get_mut(TUNE_FRAME_MAX).ok_or_else(|| invalid("a method is malformed"))?;
                told.copy_from_slice(&LAPIN_FRAME_MAX.to_be_bytes());
            }
            Method::Other => {}
        }
        Ok(true)
    }

    /// A delivery whose content follows.
    fn announced(
        &mut self,
        tag: u64,
        redelivered: bool,
        exchange: &[u8],
        routing_key: &[u8],
    ) -> Box<Delivered> {
        let (exchange, repaired) = name(exchange, &mut self.exchanges);
        let (routing_key, repaired_key) = name(routing_key, &mut self.routing_keys);
        let refusal = (repaired || repaired_key).then_some(Refusal::NotUtf8);
        let (properties, body) = (Properties::default(), Bytes::new());
        let received_at = self.read_at;
        Box::new(Delivered {
            tag,
            redelivered,
            exchange,
            routing_key,
            properties,
            body,
            refusal,
            received_at,
        })
    }

    /// The broker closes a channel. Returns whether lapin gets to know.
    fn close_channel(&self, channel: u16, error: &BrokerError, for_lapin: &mut Vec<u8>) -> bool {
        self.findings.record_close(error);
        let close = self.channels.start_end(channel, error);
        if close == BrokerClose::Crosses && self.channels.outbound().cross_close(channel) {
            for_lapin.extend_from_slice(&close_ok(channel));
        }
        close == BrokerClose::ForLapin
    }

    fn tune_frame_max(&mut self, their_frame_max: u32) {
        let agreed = agree_on_frame_max(self.our_frame_max, their_frame_max);
        self.frame_max = usize::try_from(agreed).unwrap_or(usize::MAX);
        self.channels.outbound().tune(agreed);
    }
}
