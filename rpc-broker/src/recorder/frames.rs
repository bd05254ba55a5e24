//! What a recording holds at one moment, to read and to assert on.

use std::{fmt, ops::Deref};

use super::Observed;
use crate::faults::{Event, Method};

/// What was recorded, oldest first. It prints itself one line each.
#[derive(Clone, Debug)]
pub struct Frames {
    pub(super) frames: Vec<Observed>,
    pub(super) dropped: usize,
}

impl Frames {
    /// How many older ones the recording has no longer.
    #[must_use]
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// Only those that fit; counts such as [`Event::nth`] do not matter here.
    ///
    /// ```
    /// # use amqp_rpc_broker::{Broker, faults::{Event, Direction}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), amqp_rpc_broker::StartError> {
    /// # let broker = Broker::start().await?;
    /// let recording = broker.record();
    /// // …
    /// let said = recording.frames().only(&Event::any_in(Direction::FromClient).connection("billing"));
    /// assert_eq!(said.methods(), []);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn only(mut self, event: &Event) -> Self {
        self.frames.retain(|observed| event.fits(observed));
        self
    }

    /// Their methods, in order.
    #[must_use]
    pub fn methods(&self) -> Vec<Method> {
        self.frames.iter().map(Observed::method).collect()
    }

    /// How many fit.
    #[must_use]
    pub fn count(&self, event: &Event) -> usize {
        self.frames.iter().filter(|observed| event.fits(observed)).count()
    }

    /// Whether there are frames that fit these events one after the other, with anything in between.
    #[must_use]
    pub fn contains_in_order(&self, events: &[Event]) -> bool {
        self.missing_in_order(events).is_none()
    }

    /// Panics unless there are frames that fit these events one after the other, with anything in between; the message shows which one
    /// was not found, and everything that was recorded.
    #[track_caller]
    pub fn assert_in_order(&self, events: &[Event]) {
        if let Some(missing) = self.missing_in_order(events) {
            let position = missing + 1;
            panic!(
                "event {position} was not seen after those before it: {:#?}\nrecorded:\n{self}",
                events[missing]
            );
        }
    }

    /// Panics when something fits; the message shows everything that was recorded.
    #[track_caller]
    pub fn assert_none(&self, event: &Event) {
        if let Some(seen) = self.frames.iter().find(|observed| event.fits(observed)) {
            panic!("this should not have been seen: {seen}\nrecorded:\n{self}");
        }
    }

    fn missing_in_order(&self, events: &[Event]) -> Option<usize> {
        let mut rest = self.frames.iter();
        events.iter().position(|event| !rest.any(|observed| event.fits(observed)))
    }
}

impl Deref for Frames {
    type Target = [Observed];

    fn deref(&self) -> &[Observed] {
        &self.frames
    }
}

impl fmt::Display for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.dropped > 0 {
            writeln!(f, "({} older ones are no longer there)", self.dropped)?;
        }
        for observed in &self.frames {
            writeln!(f, "{observed}")?;
        }
        Ok(())
    }
}
