//! Why a broker refuses something, read from its reply code and its reply text.
//!
//! A reply code alone does not say what helps: 530 is a virtual host that does not exist, and a limit that is
//! reached for a moment. The texts are those of RabbitMQ 3.10 to 4.3 and of LavinMQ 2.

#[cfg(test)]
mod tests;

use super::BrokerError;
use crate::{
    broker::LOW_ON_DISK,
    reply_code::{
        ACCESS_REFUSED, CONNECTION_FORCED, INTERNAL_ERROR, NOT_ALLOWED, NOT_FOUND, PRECONDITION_FAILED,
        RESOURCE_ERROR, RESOURCE_LOCKED,
    },
};

/// Why the broker refuses something, as far as its reply says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A limit of the broker, the virtual host or the user is reached: waiting may help.
    LimitReached,
    /// What is needed is there, but not working: its node is down, the broker shuts down or starts, or
    /// something took too long. Waiting may help.
    Unavailable,
    /// The broker is low on disk, and refuses until it is not. Waiting may help.
    LowOnDisk,
    /// The virtual host does not exist, or the user has no access to it.
    NoVhost,
    /// The exchange, queue or binding does not exist.
    Missing,
    /// The user lacks a permission, or the login was refused.
    NoPermission,
    /// It exists with other properties.
    Mismatch,
    /// The broker does not take the properties or arguments, whether it exists or not.
    BadArgument,
    /// The name is reserved for the broker.
    ReservedName,
    /// Another connection or consumer uses the queue exclusively.
    InExclusiveUse,
    /// The connection was lost; the broker gave no reason.
    Lost,
    /// Anything else.
    Other,
}

impl Reason {
    /// Returns whether the same may succeed later without any change to the program.
    pub fn is_passing(self) -> bool {
        matches!(self, Self::LimitReached | Self::Unavailable | Self::LowOnDisk | Self::Lost)
    }
}

impl BrokerError {
    /// Why the broker refuses it.
    pub fn reason(&self) -> Reason {
        let Some(code) = self.code() else { return Reason::Lost };
        // Names of users and queues say nothing.
        let text = without_quoted(self.message());
        let says = |part: &str| text.contains(part);
        let is_limit = (says("limit") && (says(" is reached") || says("has reached")))
            || says("has reached the negotiated channel_max");
        match code {
            PRECONDITION_FAILED if says(LOW_ON_DISK) => Reason::LowOnDisk,
            NOT_ALLOWED | ACCESS_REFUSED | PRECONDITION_FAILED | RESOURCE_ERROR if is_limit => {
                Reason::LimitReached
            }
            NOT_ALLOWED if says("limit cannot be queried") => Reason::Unavailable,
            NOT_ALLOWED if says("vhost") || says("virtual host") || says("have access to") => Reason::NoVhost,
            ACCESS_REFUSED if says("reserved prefix") || says("amq. prefix") || says("Prefix ") => {
                Reason::ReservedName
            }
            ACCESS_REFUSED if says("exclusive") => Reason::InExclusiveUse,
            ACCESS_REFUSED => Reason::NoPermission,
            NOT_FOUND
                if ["is down", "timeout", "timed out", "stopped", "crashed"]
                    .iter()
                    .any(|part| says(part)) =>
            {
                Reason::Unavailable
            }
            NOT_FOUND => Reason::Missing,
            RESOURCE_LOCKED => Reason::InExclusiveUse,
            PRECONDITION_FAILED if says("inequivalent") || says("with other arguments") => Reason::Mismatch,
            PRECONDITION_FAILED if says("timeout") || says("timed out") => Reason::Unavailable,
            PRECONDITION_FAILED => Reason::BadArgument,
            INTERNAL_ERROR if says("deprecated") => Reason::BadArgument,
            INTERNAL_ERROR | CONNECTION_FORCED => Reason::Unavailable,
            _ => Reason::Other,
        }
    }
}

/// The text without what stands between single quotes.
fn without_quoted(text: &str) -> String {
    // A quote within a word, as in `doesn't`, opens nothing.
    let mut rest = text;
    let mut kept = String::with_capacity(text.len());
    while let Some(start) = rest.find(" '") {
        let (before, quoted) = rest.split_at(start + 2);
        kept.push_str(before);
        let end = quoted.find('\'').map_or(quoted.len(), |end| end + 1);
        rest = &quoted[end..];
    }
    kept.push_str(rest);
    kept
}
