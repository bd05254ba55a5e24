//! Decodes random and nearly valid bytes as a connection does: nothing panics, and no frame is read twice or
//! lost.

use bytes::Bytes;
use proptest::{collection::vec, prelude::*, sample::select};
use tokio::io::AsyncReadExt;

use super::{Frame, FrameReader, decode_content_header, decode_method, kind, write_method};
use crate::properties::Properties;

const FRAME_MAX: u32 = 4096;

/// Mostly valid frames, with payloads that often begin as valid ones.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let arguments = vec(prop_oneof![Just(0u8), Just(1), any::<u8>(), select(&b"FAStxIlDV"[..])], 0..60);
    let ids = (select(&[10u16, 20, 30, 40, 50, 60, 85, 90][..]), 1u16..13);
    let method = (ids, arguments.clone()).prop_map(|((class, tens), arguments)| {
        [&class.to_be_bytes()[..], &(tens * 10).to_be_bytes(), &arguments].concat()
    });
    let header = (any::<u64>(), any::<u16>(), arguments.clone()).prop_map(|(size, flags, values)| {
        [&[0, 60, 0, 0][..], &size.to_be_bytes(), &flags.to_be_bytes(), &values].concat()
    });
    let kinds = prop_oneof![9 => select(&[1u8, 2, 3, 8][..]), 1 => any::<u8>()];
    let end = prop_oneof![30 => Just(0xCEu8), 1 => any::<u8>()];
    let length = prop_oneof![30 => Just(None), 1 => any::<u32>().prop_map(Some)];
    let frame = prop_oneof![
        6 => (Just(kind::METHOD), method, length.clone(), end.clone()),
        4 => (Just(kind::HEADER), header, length.clone(), end.clone()),
        2 => (kinds, arguments, length, end),
    ];
    vec((frame, any::<u16>()), 0..5).prop_map(|frames| {
        let mut bytes = Vec::new();
        for ((kind, payload, length, end), channel) in frames {
            let honest = u32::try_from(payload.len()).expect("payloads here are short");
            bytes.push(kind);
            bytes.extend(channel.to_be_bytes());
            bytes.extend(length.unwrap_or(honest).to_be_bytes());
            bytes.extend(payload);
            bytes.push(end);
        }
        bytes
    })
}

/// Reads a stream that arrives in pieces; returns the frames, and the violation that ended it.
async fn read(pieces: [&[u8]; 3]) -> (Vec<(u8, u16, Vec<u8>)>, Option<String>) {
    let mut reader = FrameReader::new(pieces[0].chain(pieces[1]).chain(pieces[2]), FRAME_MAX);
    let mut frames = Vec::new();
    loop {
        loop {
            match reader.next_frame() {
                Ok(Some(Frame { kind, channel, payload })) => frames.push((kind, channel, payload.to_vec())),
                Ok(None) => break,
                Err(violation) => return (frames, Some(format!("{violation:?}"))),
            }
        }
        if reader.fill().await.expect("slices can be read") == 0 {
            return (frames, None);
        }
    }
}

/// Decodes a payload in all ways that need no connection.
fn decode(kind: u8, payload: &[u8]) -> Result<(), TestCaseError> {
    match kind {
        kind::METHOD => {
            let Ok(method) = decode_method(payload) else { return Ok(()) };
            let mut written = Vec::new();
            write_method(&mut written, 1, &method);
            let again = decode_method(&written[7..written.len() - 1]);
            // NaN is not equal to itself.
            prop_assert_eq!(format!("{:?}", again.ok()), format!("{:?}", Some(method)));
        }
        kind::HEADER => {
            let Some(header) = decode_content_header(payload) else { return Ok(()) };
            let raw: Bytes = header.properties;
            let Ok(properties) = Properties::parse(raw.clone()) else { return Ok(()) };
            prop_assert_eq!(properties.as_bytes(), &raw, "properties are carried unchanged");
            let Ok(headers) = properties.headers() else { return Ok(()) };
            let rewritten = properties.with_headers(headers.as_ref());
            prop_assert_eq!(format!("{:?}", rewritten.headers().ok()), format!("{:?}", Some(headers)));
            prop_assert_eq!(rewritten.correlation_id(), properties.correlation_id());
            let addressed = properties.with_reply_to(b"reply-queue").without_expiration();
            prop_assert_eq!(addressed.reply_to(), Some(&b"reply-queue"[..]));
            prop_assert_eq!(addressed.expiration(), None);
            prop_assert_eq!(addressed.delivery_mode(), properties.delivery_mode());
        }
        _ => {}
    }
    Ok(())
}

fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(done) => done,
        std::task::Poll::Pending => panic!("reading a slice never waits"),
    }
}

proptest! {
    #[test]
    fn frames_are_the_same_however_the_stream_is_cut(bytes in stream(), cuts: [prop::sample::Index; 2]) {
        let [mut first, mut second] = cuts.map(|cut| cut.index(bytes.len() + 1));
        if first > second {
            std::mem::swap(&mut first, &mut second);
        }
        let whole = now(read([&bytes, &[], &[]]));
        let cut = now(read([&bytes[..first], &bytes[first..second], &bytes[second..]]));
        prop_assert_eq!(&whole, &cut);
        for (kind, _, payload) in &whole.0 {
            decode(*kind, payload)?;
        }
    }

    #[test]
    fn arbitrary_payloads_do_not_panic(payload: Vec<u8>) {
        decode(kind::METHOD, &payload)?;
        decode(kind::HEADER, &payload)?;
        now(read([&payload, &[], &[]]));
    }
}
