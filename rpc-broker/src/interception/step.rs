//! The steps that an interceptor returns for a value, and the values it takes.

use std::time::Duration;

use bytes::Bytes;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::{Effect, Payload};

/// Something that rules can match: a request, or a frame for a client.
pub(crate) trait Intercepted: Clone {
    /// The method as rules see it; `None` for what is not a method of a peer.
    fn payload(&self) -> Option<Payload>;

    /// Builds the value that makes the client get these bytes.
    fn inject(bytes: Bytes) -> Self;
}

/// One step of what happens to an intercepted value.
#[derive(Debug)]
pub(crate) enum Step<T> {
    /// Passes the value on.
    Forward(T),
    /// Passes on only this many bytes of the value.
    Truncate(T, usize),
    /// Passes nothing on until this is over.
    Wait(Wait),
    /// Makes the virtual host apply an effect.
    Apply(Effect),
    /// Resets the connection; no step follows.
    Reset,
    /// Ends the connection once what was passed on has arrived; no step follows.
    Break,
}

/// A wait of one direction of a connection.
#[derive(Debug)]
pub(crate) enum Wait {
    Delay(Duration),
    RuleRemoved(watch::Receiver<bool>),
}

impl Wait {
    /// Waits for a method that arrived at `arrival`.
    pub(crate) async fn over(self, arrival: Instant) {
        match self {
            Self::Delay(duration) => sleep_until(arrival + duration).await,
            // A rule whose sender is gone is removed as well.
            Self::RuleRemoved(mut removed) => drop(removed.wait_for(|removed| *removed).await),
        }
    }
}
