//! Encodes frames. They are appended to a buffer that the writer reuses.

use amq_protocol::{
    frame::WriteContext,
    protocol::{AMQPClass, gen_class},
};

use super::{FRAME_END, FRAME_OVERHEAD, kind};

/// Appends a method frame.
pub(crate) fn write_method(out: &mut Vec<u8>, channel: u16, method: &AMQPClass) {
    let start = begin(out, kind::METHOD, channel);
    let context = WriteContext::from(std::mem::take(out));
    // Only names and texts could be too long to encode, and those are checked where they are created.
    let written = gen_class(method)(context).expect("our own methods can be written");
    *out = written.into_inner().0;
    end(out, start);
}

/// Appends content: a header frame, and body frames of at most `frame_max` (0: no limit).
pub(crate) fn write_content(out: &mut Vec<u8>, channel: u16, properties: &[u8], body: &[u8], frame_max: u32) {
    const BASIC: u16 = 60;
    let start = begin(out, kind::HEADER, channel);
    out.extend_from_slice(&BASIC.to_be_bytes());
    out.extend_from_slice(&0u16.to_be_bytes()); // weight: always 0
    out.extend_from_slice(&(body.len() as u64).to_be_bytes());
    out.extend_from_slice(properties);
    end(out, start);

    let chunk = if frame_max == 0 { usize::MAX } else { frame_max as usize - FRAME_OVERHEAD };
    for part in body.chunks(chunk) {
        let start = begin(out, kind::BODY, channel);
        out.extend_from_slice(part);
        end(out, start);
    }
}

/// Appends a heartbeat.
pub(crate) fn write_heartbeat(out: &mut Vec<u8>) {
    let start = begin(out, kind::HEARTBEAT, 0);
    end(out, start);
}

/// Appends the header of a frame, without its size; returns where the payload starts.
fn begin(out: &mut Vec<u8>, kind: u8, channel: u16) -> usize {
    out.push(kind);
    out.extend_from_slice(&channel.to_be_bytes());
    out.extend_from_slice(&[0; 4]);
    out.len()
}

fn end(out: &mut Vec<u8>, start: usize) {
    let size = u32::try_from(out.len() - start).expect("a frame is smaller than 4 GiB: frame_max bounds it");
    out[start - 4..start].copy_from_slice(&size.to_be_bytes());
    out.push(FRAME_END);
}

#[cfg(test)]
mod tests {
    use amq_protocol::{
        frame::{AMQPFrame, parse_frame},
        protocol::{basic, channel},
    };

    use super::*;

    #[test]
    fn what_is_written_is_what_clients_parse() {
        let mut out = Vec::new();
        let method = AMQPClass::Channel(channel::AMQPMethod::OpenOk(channel::OpenOk {}));
        write_method(&mut out, 7, &method);
        write_content(&mut out, 7, &[0, 0], b"hello", 11);
        write_heartbeat(&mut out);

        let mut rest = &out[..];
        let mut frames = Vec::new();
        while !rest.is_empty() {
            let (tail, frame) = parse_frame(rest).unwrap();
            frames.push(frame);
            rest = tail;
        }
        assert_eq!(frames[0], AMQPFrame::Method(7, method));
        let AMQPFrame::Header(7, header) = &frames[1] else { panic!("{:?}", frames[1]) };
        assert_eq!((header.body_size, &header.properties), (5, &basic::AMQPProperties::default()));
        assert_eq!(frames[2], AMQPFrame::Body(7, b"hel".to_vec()));
        assert_eq!(frames[3], AMQPFrame::Body(7, b"lo".to_vec()));
        assert_eq!(frames[4], AMQPFrame::Heartbeat);
        assert_eq!(frames.len(), 5);
    }
}
