//! The fingerprint of a request: what must be equal in all repetitions of a call.

use sha2::{Digest, Sha256};

use crate::message::{Fault, FaultCode, IncomingCall};

/// Fernet's tokens begin so: a version and the first bytes of a time before the year 4147, as base64.
const TOKEN: &[u8] = b"gAAAAA";

/// The hash of the content type, the user that the broker verified, whether there is a seal, and the body.
///
/// Secrets are encrypted anew in each call, with a random number in each token. So of a request with secrets the tokens
/// are left out, except for their length, which grows with that of the secret.
///
/// # Errors
/// When the request has the seal of another one. Its body may be copied, and a repeat is answered without being decoded.
pub(super) fn of(call: &IncomingCall) -> Result<[u8; 32], Fault> {
    let mut hash = Sha256::new();
    let sealed = call.secrets.check_seal(call.method().full_name, call.context.correlation_id(), &call.body);
    hash.update([u8::from(sealed.map_err(|why| Fault::new(FaultCode::BadRequest, why))?)]);
    for text in [call.context.content_type(), call.context.user_id()] {
        // With its length, so that no two requests have the same bytes in all.
        let text = text.unwrap_or_default();
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    let mut rest = &call.body[..];
    if call.secrets.has_keyring() {
        while let Some(start) = rest.windows(TOKEN.len()).position(|window| window == TOKEN) {
            let (before, from_token) = rest.split_at(start);
            hash.update(before);
            rest = match token_length(from_token) {
                Some(length) => {
                    hash.update((length as u64).to_le_bytes());
                    &from_token[length..]
                }
                None => {
                    hash.update(TOKEN);
                    &from_token[TOKEN.len()..]
                }
            };
        }
    }
    hash.update(rest);
    Ok(hash.finalize().into())
}

/// The length of the token at the beginning of these bytes; `None` if they are none.
///
/// A token is base64 of a version, a time, 16 random bytes, one or more blocks of 16 bytes, and a hash of 32 bytes: see
/// [Fernet's specification](https://github.com/fernet/spec/blob/master/Spec.md). A value that has this form is taken for
/// one: whether it is genuine only its key tells, and a repeat may be of another key.
fn token_length(bytes: &[u8]) -> Option<usize> {
    const WITHOUT_BLOCKS: usize = 1 + 8 + 16 + 32;
    const BLOCK: usize = 16;
    let is_digit = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let digits = bytes.iter().take_while(is_digit).count();
    let padding = bytes[digits..].iter().take_while(|byte| **byte == b'=').count();
    let needed = digits.next_multiple_of(4) - digits;
    let size = (digits + needed) / 4 * 3 - needed;
    if (1..=2).contains(&needed)
        && padding >= needed
        && size > WITHOUT_BLOCKS
        && (size - WITHOUT_BLOCKS).is_multiple_of(BLOCK)
    {
        return Some(digits + needed);
    }
    // Without padding nothing ends it in a binary format, where a digit may follow: the longest that fits.
    const SHORTEST: usize = (WITHOUT_BLOCKS + 3 * BLOCK) / 3 * 4;
    const STEP: usize = 3 * BLOCK / 3 * 4;
    (digits >= SHORTEST).then(|| digits - (digits - SHORTEST) % STEP)
}
