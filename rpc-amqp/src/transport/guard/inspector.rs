//! Finds the frames that the broker sends, and decides what lapin sees.

use std::{io, sync::Arc};

use super::{Findings, method::Method, properties};
use crate::message::Refusal;

/// Before the payload: type, channel, size. After it: the mark of its end.
const HEAD: usize = 7;
const FRAME_END: u8 = 0xCE;
/// What stands in a content header before the properties: class, weight and size of the body.
const BODY_SIZE: std::ops::Range<usize> = 4..12;
/// Properties begin with two bytes that say which there are.
const FLAGS: usize = 2;
/// The largest frame before one was agreed on; RabbitMQ's own default for the time after.
const FIRST_FRAME_MAX: usize = 128 * 1024;
/// AMQP's least: a smaller agreement is read as this one, as lapin does.
const LEAST_FRAME_MAX: usize = 4096;

/// Walks through the bytes of one connection.
#[derive(Debug)]
pub(crate) struct Inspector {
    findings: Arc<Findings>,
    max_body_bytes: usize,
    /// The largest frame we would agree to; 0 for any.
    our_frame_max: u32,
    frame_max: usize,
    contents: Vec<Content>,
    /// The frame whose beginning was seen and whose rest was not: how much is missing, and whether lapin gets it.
    unfinished: Option<Unfinished>,
}

#[derive(Clone, Copy, Debug)]
struct Unfinished {
    bytes: usize,
    passes: bool,
}

/// Content that is on its way on a channel.
#[derive(Debug)]
struct Content {
    channel: u16,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Its header comes next.
    Delivery {
        tag: u64,
        repaired: bool,
    },
    Return,
    /// Its header was seen, and this much of the body is left out.
    LeftOut(u64),
}

/// What became of some bytes: the first `kept` of them are for lapin, those up to `read` are done with. A frame that begins
/// after them needs `wanted` bytes in one piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) kept: usize,
    pub(crate) read: usize,
    pub(crate) wanted: usize,
}

#[derive(Clone, Copy)]
struct Head {
    kind: u8,
    channel: u16,
    size: usize,
}

impl Inspector {
    pub(crate) fn new(findings: Arc<Findings>, max_body_bytes: usize, our_frame_max: u32) -> Self {
        Self {
            findings,
            max_body_bytes,
            our_frame_max,
            frame_max: FIRST_FRAME_MAX,
            contents: Vec::new(),
            unfinished: None,
        }
    }

    /// How much of a frame is still to come that passes whatever is in it.
    pub(crate) fn passing(&self) -> usize {
        self.unfinished.filter(|unfinished| unfinished.passes).map_or(0, |unfinished| unfinished.bytes)
    }

    /// As many of the [`passing`](Self::passing) bytes were handed on without being shown.
    pub(crate) fn passed(&mut self, bytes: usize) {
        self.finish(bytes);
    }

    /// Inspects `bytes`, which follow what was `read` before, and gathers what lapin may see at their front.
    ///
    /// # Errors
    /// When the broker does not speak AMQP. Nothing after that can be made sense of.
    pub(crate) fn inspect(&mut self, bytes: &mut [u8]) -> io::Result<Progress> {
        let (mut kept, mut read) = (0, 0);
        loop {
            if let Some(Unfinished { bytes: missing, passes }) = self.unfinished {
                let present = missing.min(bytes.len() - read);
                if passes {
                    keep(bytes, read, present, &mut kept);
                }
                read += present;
                self.finish(present);
                if present < missing {
                    return Ok(Progress { kept, read, wanted: 0 });
                }
            }
            let Some(head) = Head::read(&bytes[read..])? else {
                return Ok(Progress { kept, read, wanted: HEAD });
            };
            let whole = HEAD + head.size + 1;
            if whole > self.frame_max {
                return Err(broken("a frame is larger than agreed"));
            }
            match head.kind {
                Head::METHOD | Head::HEADER => {
                    let Some(frame) = bytes[read..].get_mut(..whole) else {
                        return Ok(Progress { kept, read, wanted: whole });
                    };
                    if frame[whole - 1] != FRAME_END {
                        return Err(broken("a frame does not end where it should"));
                    }
                    let length = match head.kind {
                        Head::METHOD => self.method(head, frame)?,
                        _ => self.header(head, frame)?,
                    };
                    keep(bytes, read, length, &mut kept);
                    read += whole;
                }
                Head::BODY => self.unfinished = Some(Unfinished { bytes: whole, passes: self.body(head)? }),
                _ => self.unfinished = Some(Unfinished { bytes: whole, passes: true }),
            }
        }
    }

    /// Returns how much of the frame lapin gets, like [`header`](Self::header).
    fn method(&mut self, head: Head, frame: &mut [u8]) -> io::Result<usize> {
        let payload = HEAD..HEAD + head.size;
        let method =
            Method::read(&mut frame[payload.clone()]).map_err(|_| broken("a method is malformed"))?;
        // A method ends whatever content was on its way.
        self.contents.retain(|content| content.channel != head.channel);
        let stage = match method {
            Method::Delivery { tag, repaired } => Stage::Delivery { tag, repaired },
            Method::Return => Stage::Return,
            Method::ChannelOpened => {
                self.findings.forget_channel(head.channel);
                return Ok(frame.len());
            }
            Method::Blocked { reason } => {
                let reason = String::from_utf8_lossy(&frame[payload][reason]);
                self.findings.block(Some(reason.as_ref()));
                return Ok(frame.len());
            }
            Method::Unblocked => {
                self.findings.block(None);
                return Ok(frame.len());
            }
            Method::Tune { frame_max } => {
                self.agree(frame_max);
                return Ok(frame.len());
            }
            Method::Other => return Ok(frame.len()),
        };
        let length = if matches!(stage, Stage::Return) { 0 } else { frame.len() };
        self.contents.push(Content { channel: head.channel, stage });
        Ok(length)
    }

    /// The lower one counts, and zero is no limit.
    fn agree(&mut self, frame_max: u32) {
        let agreed = match (self.our_frame_max, frame_max) {
            (0, theirs) => theirs,
            (ours, 0) => ours,
            (ours, theirs) => ours.min(theirs),
        };
        let agreed = usize::try_from(agreed).unwrap_or(usize::MAX);
        self.frame_max = if agreed == 0 { usize::MAX } else { agreed.max(LEAST_FRAME_MAX) };
    }

    fn header(&mut self, head: Head, frame: &mut [u8]) -> io::Result<usize> {
        let place = self.contents.iter().position(|content| content.channel == head.channel);
        let stage = place.map(|place| self.contents.swap_remove(place).stage);
        let payload = &mut frame[HEAD..HEAD + head.size];
        if payload.len() < BODY_SIZE.end + FLAGS {
            return Err(broken("a content header breaks off"));
        }
        let (announced, properties) = payload.split_at_mut(BODY_SIZE.end);
        let size = announced[BODY_SIZE].try_into().map_or(0, u64::from_be_bytes);
        match stage {
            Some(Stage::Delivery { tag, repaired }) => {
                let mut refusal = repaired.then_some(Refusal::NotUtf8);
                let mut length = head.size;
                if let Err(why) = properties::check(properties) {
                    refusal = Some(why);
                    length = BODY_SIZE.end + properties::keep_harmless(properties);
                }
                if size > self.max_body_bytes as u64 {
                    refusal.get_or_insert(Refusal::TooLarge { size, limit: self.max_body_bytes });
                    announced[BODY_SIZE].fill(0);
                    self.leave_out(head.channel, size);
                }
                if let Some(refusal) = refusal {
                    self.findings.refuse(head.channel, tag, refusal);
                }
                if length < head.size {
                    shorten(frame, length);
                }
                Ok(HEAD + length + 1)
            }
            Some(Stage::Return) => {
                if let Some(id) = properties::correlation_id(properties) {
                    self.findings.record_return(id.to_owned());
                }
                self.leave_out(head.channel, size);
                Ok(0)
            }
            Some(Stage::LeftOut(_)) | None => Err(broken("content came that was not announced")),
        }
    }

    fn leave_out(&mut self, channel: u16, size: u64) {
        if size > 0 {
            self.contents.push(Content { channel, stage: Stage::LeftOut(size) });
        }
    }

    /// Whether lapin gets this frame.
    fn body(&mut self, head: Head) -> io::Result<bool> {
        let Some(place) = self.contents.iter().position(|content| content.channel == head.channel) else {
            return Ok(true);
        };
        let Stage::LeftOut(missing) = &mut self.contents[place].stage else {
            return Err(broken("the body of a message came before its header"));
        };
        match missing.checked_sub(head.size as u64) {
            Some(0) => drop(self.contents.swap_remove(place)),
            Some(left) => *missing = left,
            None => return Err(broken("a message has more body than was announced")),
        }
        Ok(false)
    }

    fn finish(&mut self, bytes: usize) {
        self.unfinished = match self.unfinished {
            Some(Unfinished { bytes: missing, passes }) if missing > bytes => {
                Some(Unfinished { bytes: missing - bytes, passes })
            }
            _ => None,
        };
    }
}

impl Head {
    const METHOD: u8 = 1;
    const HEADER: u8 = 2;
    const BODY: u8 = 3;
    const HEARTBEAT: u8 = 8;
    /// A broker that does not speak our version answers with its own, `AMQP` and four numbers, and closes.
    const PROTOCOL: u8 = b'A';

    /// The head of the frame that begins here, once it is complete.
    fn read(bytes: &[u8]) -> io::Result<Option<Self>> {
        let Some(&[kind, channel @ .., a, b, c, d]) = bytes.first_chunk::<HEAD>() else {
            return Ok(None);
        };
        let channel = u16::from_be_bytes(channel);
        match kind {
            Self::PROTOCOL => Ok(Some(Self { kind, channel, size: 0 })),
            Self::METHOD | Self::HEADER | Self::BODY | Self::HEARTBEAT => {
                let size = u32::from_be_bytes([a, b, c, d]);
                let size = usize::try_from(size).map_err(|_| broken("a frame is too large"))?;
                Ok(Some(Self { kind, channel, size }))
            }
            _ => Err(broken("what came is no frame")),
        }
    }
}

/// Moves `length` bytes at `from` to the end of what is kept.
fn keep(bytes: &mut [u8], from: usize, length: usize, kept: &mut usize) {
    if *kept != from {
        bytes.copy_within(from..from + length, *kept);
    }
    *kept += length;
}

/// Ends a frame after `size` bytes of payload.
fn shorten(frame: &mut [u8], size: usize) {
    let stated = u32::try_from(size).expect("it was larger before, and a u32 then");
    frame[3..HEAD].copy_from_slice(&stated.to_be_bytes());
    frame[HEAD + size] = FRAME_END;
}

fn broken(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
