//! Takes what a broker said apart, without looking into it.

/// How many frames these are; the last one may be cut. Their contents are not looked at: they may be as hostile as what was sent.
pub(super) fn count(mut bytes: &[u8]) -> Result<usize, String> {
    // What a broker answers to a version that it does not speak.
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
