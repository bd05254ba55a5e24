//! The property `expiration`: the remaining time of a call.

use std::time::Duration;

use amqp_rpc_transport::HeaderValue;
use smol_str::SmolStr;

use crate::message::{Fault, FaultCode};

/// The maximum, 24.8 days: LavinMQ closes the channel for a larger number, and RabbitMQ counts to twice as
/// much.
const MAX_MILLISECONDS: u32 = i32::MAX.unsigned_abs();

/// The remaining time in milliseconds. Rounded up, so that a request does not expire before its caller's
/// timeout, and clamped to the maximum that brokers accept.
pub(super) fn write(remaining: Duration) -> u32 {
    let of_seconds = remaining.as_secs().saturating_mul(1000);
    let milliseconds = of_seconds.saturating_add(u64::from(remaining.subsec_nanos().div_ceil(1_000_000)));
    u32::try_from(milliseconds).unwrap_or(u32::MAX).min(MAX_MILLISECONDS)
}

/// The property for what remains; `step` is that of a broker which rounds it down.
pub(crate) fn text(remaining: Duration, step: Option<Duration>) -> SmolStr {
    let milliseconds = step.map_or_else(|| write(remaining), |step| write_in_steps(remaining, step));
    SmolStr::new(itoa::Buffer::new().format(milliseconds))
}

/// Like [`write`], for a broker that rounds the time of expiry down to steps: rounded up, and one step more,
/// so that the message does not expire early there either.
pub(super) fn write_in_steps(remaining: Duration, step: Duration) -> u32 {
    let steps = remaining.as_nanos().div_ceil(step.as_nanos().max(1)) + 1;
    let rounded = u32::try_from(steps).map_or(Duration::MAX, |steps| step.saturating_mul(steps));
    write(rounded)
}

/// The remaining time; `None` for the clamped maximum, which means that there is no limit.
pub(super) fn read(milliseconds: &str) -> Result<Option<Duration>, Fault> {
    match milliseconds.parse::<u64>() {
        Ok(milliseconds) if milliseconds >= u64::from(MAX_MILLISECONDS) => Ok(None),
        Ok(milliseconds) => Ok(Some(Duration::from_millis(milliseconds))),
        Err(_) => Err(Fault::new(
            FaultCode::BadRequest,
            format!("expiration {milliseconds:?} is not a number of milliseconds"),
        )),
    }
}

/// Returns what the header of the remaining time says. Anything but a count of milliseconds says nothing.
pub(super) fn read_header(value: HeaderValue) -> Option<Duration> {
    match value {
        HeaderValue::Int(milliseconds) => u64::try_from(milliseconds).ok().map(Duration::from_millis),
        _ => None,
    }
}
