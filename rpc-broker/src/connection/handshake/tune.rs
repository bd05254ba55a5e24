//! Checks the limits that a client chooses in `connection.tune-ok`.

use super::HandshakeError;
use crate::{
    protocol::{ProtocolError, ReplyCode},
    settings::{FRAME_MIN_SIZE, Settings},
};
use amq_protocol::protocol::connection;

/// The broker's `connection.tune`.
pub(super) fn tune(settings: &Settings) -> connection::Tune {
    let heartbeat = u16::try_from(settings.heartbeat.as_secs()).unwrap_or(u16::MAX);
    connection::Tune { channel_max: settings.channel_max, frame_max: settings.frame_max, heartbeat }
}

/// # Errors
///
/// RabbitMQ's 530 when a limit is above the broker's, or too small.
pub(super) fn check(tuned: &connection::TuneOk, settings: &Settings) -> Result<(), HandshakeError> {
    Limit { field: "frame_max", min: FRAME_MIN_SIZE, max: settings.frame_max, zero_means: "" }
        .check(tuned.frame_max)?;
    Limit { field: "channel_max", min: 1, max: settings.channel_max.into(), zero_means: " (no limit)" }
        .check(tuned.channel_max.into())
}

/// The values that a client may choose for a field.
struct Limit {
    field: &'static str,
    min: u32,
    max: u32,
    /// Follows a 0 in the error.
    zero_means: &'static str,
}

impl Limit {
    fn check(&self, chosen: u32) -> Result<(), HandshakeError> {
        if chosen != 0 && chosen < self.min {
            self.refuse(chosen, "lower than the minimum", self.min)
        } else if chosen == 0 || chosen > self.max {
            self.refuse(chosen, "higher than the maximum", self.max)
        } else {
            Ok(())
        }
    }

    fn refuse(&self, chosen: u32, comparison: &str, limit: u32) -> Result<(), HandshakeError> {
        let detail = if chosen == 0 { self.zero_means } else { "" };
        let text =
            format!("negotiated {} = {chosen}{detail} is {comparison} allowed value ({limit})", self.field);
        // As RabbitMQ 3.10 does: the client only sees that its connection ends.
        Err(HandshakeError::Unreported(ProtocolError::new(ReplyCode::NotAllowed, text).caused_by(10, 30)))
    }
}
