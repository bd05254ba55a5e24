//! Decodes `%2f` and the like, strictly.

/// Decodes a part of a URI.
///
/// # Errors
/// For a `%` that begins no escape, and for bytes that are no UTF-8. The text names `part`, and nothing of it.
pub(super) fn decode(part: &str, text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let digits = rest.split_at_checked(2).and_then(|(digits, after)| {
            rest = after;
            let digit = |index: usize| char::from(digits[index]).to_digit(16);
            u8::try_from(digit(0)? * 16 + digit(1)?).ok()
        });
        let no_escape = || format!("its {part} has a `%` without two hexadecimal digits: write `%` as %25");
        bytes.push(digits.ok_or_else(no_escape)?);
    }
    String::from_utf8(bytes).map_err(|_| format!("its {part} is no UTF-8 when `%` escapes are decoded"))
}
