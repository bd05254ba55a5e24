//! Frames as bytes, appended to a buffer.

use amqp_rpc_bench_harness::Failure;

/// The one channel that is used.
pub(crate) const CHANNEL: u16 = 1;
pub(crate) const METHOD: u8 = 1;
pub(crate) const HEADER: u8 = 2;
pub(crate) const BODY: u8 = 3;
pub(crate) const FRAME_END: u8 = 0xCE;
/// What a frame has besides its payload.
pub(crate) const AROUND_PAYLOAD: usize = 8;

pub(crate) const CORRELATION_ID: u16 = 1 << 10;
pub(crate) const REPLY_TO: u16 = 1 << 9;

pub(crate) const PUBLISH: (u16, u16) = (60, 40);
pub(crate) const ACK: (u16, u16) = (60, 80);

/// # Panics
/// A text of more than 255 bytes, which AMQP cannot carry: all of them are written here, or came in a frame.
pub(crate) fn short(out: &mut Vec<u8>, text: &[u8]) {
    out.push(u8::try_from(text.len()).expect("a short string has at most 255 bytes"));
    out.extend_from_slice(text);
}

pub(crate) fn method(
    out: &mut Vec<u8>,
    channel: u16,
    (class, method): (u16, u16),
    arguments: impl FnOnce(&mut Vec<u8>),
) {
    frame(out, METHOD, channel, |out| {
        out.extend_from_slice(&class.to_be_bytes());
        out.extend_from_slice(&method.to_be_bytes());
        arguments(out);
    });
}

/// A message to a queue, through the default exchange. `reply_to`: empty for none.
pub(crate) fn publish(
    out: &mut Vec<u8>,
    queue: &[u8],
    correlation_id: &[u8],
    reply_to: &[u8],
    body: &[u8],
    frame_max: usize,
) {
    method(out, CHANNEL, PUBLISH, |out| {
        out.extend_from_slice(&[0, 0]);
        short(out, b"");
        short(out, queue);
        out.push(0);
    });
    frame(out, HEADER, CHANNEL, |out| {
        out.extend_from_slice(&[0, 60, 0, 0]);
        out.extend_from_slice(&(body.len() as u64).to_be_bytes());
        let flags = if reply_to.is_empty() { CORRELATION_ID } else { CORRELATION_ID | REPLY_TO };
        out.extend_from_slice(&flags.to_be_bytes());
        short(out, correlation_id);
        if !reply_to.is_empty() {
            short(out, reply_to);
        }
    });
    for part in body.chunks(frame_max - AROUND_PAYLOAD) {
        frame(out, BODY, CHANNEL, |out| out.extend_from_slice(part));
    }
}

/// Acknowledges this delivery and all before it.
pub(crate) fn ack_up_to(out: &mut Vec<u8>, tag: u64) {
    method(out, CHANNEL, ACK, |out| {
        out.extend_from_slice(&tag.to_be_bytes());
        out.push(1);
    });
}

fn frame(out: &mut Vec<u8>, kind: u8, channel: u16, payload: impl FnOnce(&mut Vec<u8>)) {
    out.push(kind);
    out.extend_from_slice(&channel.to_be_bytes());
    let size_at = out.len();
    out.extend_from_slice(&[0; 4]);
    payload(out);
    let size = u32::try_from(out.len() - size_at - 4).expect("a frame is far smaller than 4 GiB");
    out[size_at..size_at + 4].copy_from_slice(&size.to_be_bytes());
    out.push(FRAME_END);
}

/// User and password of `PLAIN`, from a URL `amqp://user:password@host:port`.
pub(crate) fn credentials_and_address(url: &str) -> Result<(String, String), Failure> {
    let rest = url.strip_prefix("amqp://").ok_or("only amqp:// is spoken here")?;
    let (user, address) = rest.split_once('@').unwrap_or(("guest:guest", rest));
    let (user, password) = user.split_once(':').ok_or("the URL has a user without password")?;
    let address = address.split('/').next().unwrap_or(address);
    let address = if address.contains(':') { address.to_owned() } else { format!("{address}:5672") };
    Ok((format!("\0{user}\0{password}"), address))
}
