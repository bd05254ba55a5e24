//! Frames as lapin's parser and writer have them, for tests.

use amq_protocol::frame::{AMQPFrame, WriteContext, gen_frame, parse_frame};

pub(crate) fn bytes_of(frames: &[AMQPFrame]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for frame in frames {
        bytes = gen_frame(frame)(WriteContext::from(bytes)).expect("it can be written").into_inner().0;
    }
    bytes
}

/// Parses frames with lapin's parser.
pub(crate) fn frames_in(mut bytes: &[u8]) -> Vec<AMQPFrame> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let (rest, frame) = parse_frame(bytes).expect("they are whole, and lapin's parser reads them");
        frames.push(frame);
        bytes = rest;
    }
    frames
}
