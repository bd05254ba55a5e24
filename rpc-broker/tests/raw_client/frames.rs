//! Splits the bytes of a broker into frames, without parsing their payloads.

/// Counts the frames. The last one may be truncated. Payloads are not parsed: they may repeat the malformed
/// bytes that were sent.
pub(super) fn count(mut bytes: &[u8]) -> Result<usize, String> {
    // The response to an unsupported version.
    bytes = bytes.strip_prefix(b"AMQP\0\0\x09\x01").unwrap_or(bytes);
    let mut frames = 0;
    while let Some(&[kind, _, _, s3, s2, s1, s0]) = bytes.first_chunk() {
        let length = u32::from_be_bytes([s3, s2, s1, s0]) as usize;
        if !matches!(kind, 1 | 2 | 3 | 8) || length > 131_064 {
            return Err(format!("after {frames} frames, a frame of type {kind} and {length} bytes"));
        }
        match bytes.get(7 + length) {
            Some(0xCE) => bytes = &bytes[8 + length..],
            Some(end) => return Err(format!("after {frames} frames, a frame that ends with {end}")),
            None => break,
        }
        frames += 1;
    }
    Ok(frames)
}
