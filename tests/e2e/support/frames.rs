//! Parses the AMQP methods in a recorded stream of bytes.

/// The names of the method frames in a conversation; a frame that is not complete yet is left out.
pub(crate) fn methods(bytes: &[u8]) -> Vec<String> {
    method_frames(bytes).map(|(class, method, _)| method_name(class, method)).collect()
}

/// A reply or an acknowledgement that a server wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// A message was published: a reply.
    Reply,
    /// Deliveries were acknowledged: this one, or with `multiple` all up to it.
    Ack { tag: u64, multiple: bool },
}

/// The replies and acknowledgements in a conversation.
pub(crate) fn replies_and_acks(bytes: &[u8]) -> Vec<Said> {
    method_frames(bytes)
        .filter_map(|(class, method, arguments)| match (class, method) {
            (60, 40) => Some(Said::Reply),
            (60, 80) => {
                let (tag, flags) = arguments.split_first_chunk().expect("an ack has a tag");
                Some(Said::Ack { tag: u64::from_be_bytes(*tag), multiple: flags == [1] })
            }
            _ => None,
        })
        .collect()
}

/// The length of the longest complete frame in a conversation, in bytes, with its header and its end mark.
pub(crate) fn longest_frame(bytes: &[u8]) -> usize {
    frames(bytes).map(|(_, payload)| payload.len() + 8).max().unwrap_or(0)
}

/// Class, method and arguments of each complete method frame.
fn method_frames(bytes: &[u8]) -> impl Iterator<Item = (u16, u16, &[u8])> {
    const METHOD_FRAME: u8 = 1;
    frames(bytes).filter(|(kind, _)| *kind == METHOD_FRAME).filter_map(|(_, payload)| {
        let (&[a, b, c, d], arguments) = payload.split_first_chunk()?;
        Some((u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]), arguments))
    })
}

/// Type and payload of each complete frame.
fn frames(bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = bytes.strip_prefix(b"AMQP\x00\x00\x09\x01").unwrap_or(bytes);
    std::iter::from_fn(move || {
        // type, channel (2 bytes), length of the payload (4 bytes), payload, end mark
        let (&[kind, _, _, a, b, c, d], tail) = rest.split_first_chunk()?;
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        let payload = tail.get(..length)?;
        rest = tail.get(length + 1..)?;
        Some((kind, payload))
    })
}

fn method_name(class: u16, method: u16) -> String {
    let name = match (class, method) {
        (10, 10) => "connection.start",
        (10, 11) => "connection.start-ok",
        (10, 30) => "connection.tune",
        (10, 31) => "connection.tune-ok",
        (10, 40) => "connection.open",
        (10, 41) => "connection.open-ok",
        (10, 50) => "connection.close",
        (10, 51) => "connection.close-ok",
        (10, 60) => "connection.blocked",
        (10, 61) => "connection.unblocked",
        (10, 70) => "connection.update-secret",
        (10, 71) => "connection.update-secret-ok",
        (20, 10) => "channel.open",
        (20, 11) => "channel.open-ok",
        (20, 20) => "channel.flow",
        (20, 21) => "channel.flow-ok",
        (20, 40) => "channel.close",
        (20, 41) => "channel.close-ok",
        (40, 10) => "exchange.declare",
        (40, 11) => "exchange.declare-ok",
        (40, 20) => "exchange.delete",
        (40, 21) => "exchange.delete-ok",
        (50, 10) => "queue.declare",
        (50, 11) => "queue.declare-ok",
        (50, 20) => "queue.bind",
        (50, 21) => "queue.bind-ok",
        (50, 30) => "queue.purge",
        (50, 31) => "queue.purge-ok",
        (50, 40) => "queue.delete",
        (50, 41) => "queue.delete-ok",
        (50, 50) => "queue.unbind",
        (50, 51) => "queue.unbind-ok",
        (60, 10) => "basic.qos",
        (60, 11) => "basic.qos-ok",
        (60, 20) => "basic.consume",
        (60, 21) => "basic.consume-ok",
        (60, 30) => "basic.cancel",
        (60, 31) => "basic.cancel-ok",
        (60, 40) => "basic.publish",
        (60, 50) => "basic.return",
        (60, 60) => "basic.deliver",
        (60, 70) => "basic.get",
        (60, 71) => "basic.get-ok",
        (60, 72) => "basic.get-empty",
        (60, 80) => "basic.ack",
        (60, 90) => "basic.reject",
        (60, 110) => "basic.recover",
        (60, 111) => "basic.recover-ok",
        (60, 120) => "basic.nack",
        (85, 10) => "confirm.select",
        (85, 11) => "confirm.select-ok",
        _ => return format!("{class}.{method}"),
    };
    name.to_owned()
}
