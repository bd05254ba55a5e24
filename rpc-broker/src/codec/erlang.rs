//! Prints bytes as Erlang does: RabbitMQ's messages show offending payloads that way, and clients' tests match on them.

use std::fmt::Write;

/// "all" or "first 16", and the bytes.
pub(crate) fn snippet(payload: &[u8]) -> (&'static str, String) {
    const SHOWN: usize = 16;
    if payload.len() <= SHOWN { ("all", binary(payload)) } else { ("first 16", binary(&payload[..SHOWN])) }
}

/// `<<"text">>` when all bytes can be printed, else `<<1,2,3>>`.
pub(super) fn binary(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "<<>>".to_owned();
    }
    if bytes.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        let text = String::from_utf8_lossy(bytes).replace('\\', "\\\\").replace('"', "\\\"");
        return format!("<<\"{text}\">>");
    }
    let mut numbers = String::from("<<");
    for (index, byte) in bytes.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(numbers, "{comma}{byte}").expect("a String takes everything");
    }
    numbers + ">>"
}
