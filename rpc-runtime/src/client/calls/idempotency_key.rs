//! The rules for idempotency keys, which travel as `message_id`.

use crate::error::Unencodable;

/// The most bytes of a key: AMQP has no longer short strings.
const MAX_BYTES: usize = 255;

/// # Errors
/// When no message can have the key.
pub(super) fn check(key: &str) -> Result<(), Unencodable> {
    if key.is_empty() {
        return Err(Unencodable("the idempotency key is empty".into()));
    }
    if key.len() > MAX_BYTES {
        let length = key.len();
        return Err(Unencodable(
            format!("the idempotency key has {length} bytes; AMQP allows {MAX_BYTES}").into(),
        ));
    }
    Ok(())
}
