//! The time that is left of a call, as the property `expiration`.

use std::time::Duration;

use crate::message::{Fault, FaultCode};

/// Milliseconds, rounded up so that a call never expires before its caller gives up, within what brokers accept.
pub(super) fn write(remaining: Duration) -> u32 {
    u32::try_from(remaining.as_nanos().div_ceil(1_000_000)).unwrap_or(u32::MAX)
}

/// The clamped maximum means "as long as the broker can count", which is no limit at all.
pub(super) fn read(milliseconds: &str) -> Result<Option<Duration>, Fault> {
    match milliseconds.parse::<u64>() {
        Ok(milliseconds) if milliseconds >= u64::from(u32::MAX) => Ok(None),
        Ok(milliseconds) => Ok(Some(Duration::from_millis(milliseconds))),
        Err(_) => Err(Fault::new(
            FaultCode::BadRequest,
            format!("expiration {milliseconds:?} is not a number of milliseconds"),
        )),
    }
}
