//! A copy of a recording at one moment, to read and to assert on.

use std::{fmt, ops::Deref};

use crate::interception::{LogSnapshot, Matcher, Method, ObservedMethod};

/// The recorded methods, oldest first. Each is printed as one line.
#[derive(Clone, Debug)]
pub struct Frames {
    frames: Vec<ObservedMethod>,
    dropped: usize,
}

impl From<LogSnapshot> for Frames {
    fn from(LogSnapshot { methods, dropped }: LogSnapshot) -> Self {
        Self { frames: methods, dropped }
    }
}

impl Frames {
    /// The number of older methods that the recording has dropped.
    #[must_use]
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// Keeps the methods that match. Counts such as [`Matcher::nth`] are ignored.
    ///
    /// ```
    /// # use amqp_rpc_broker::{Broker, faults::{Matcher, Direction}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), amqp_rpc_broker::StartError> {
    /// # let broker = Broker::start().await?;
    /// let recording = broker.record();
    /// // …
    /// let sent = recording.frames().only(&Matcher::any_in(Direction::FromClient).connection("billing"));
    /// assert_eq!(sent.methods(), []);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn only(mut self, matcher: &Matcher) -> Self {
        self.frames.retain(|observed| matcher.matches(observed));
        self
    }

    /// Their methods, in order.
    #[must_use]
    pub fn methods(&self) -> Vec<Method> {
        self.frames.iter().map(ObservedMethod::method).collect()
    }

    /// Counts the methods that match.
    #[must_use]
    pub fn count(&self, matcher: &Matcher) -> usize {
        self.frames.iter().filter(|observed| matcher.matches(observed)).count()
    }

    /// Returns whether methods match these matchers one after the other, with anything in between.
    #[must_use]
    pub fn contains_in_order(&self, matchers: &[Matcher]) -> bool {
        self.missing_in_order(matchers).is_none()
    }

    /// Panics unless methods match these matchers one after the other, with anything in between. The message
    /// shows the matcher without a match, and everything that was recorded.
    #[track_caller]
    pub fn assert_in_order(&self, matchers: &[Matcher]) {
        if let Some(missing) = self.missing_in_order(matchers) {
            let position = missing + 1;
            panic!(
                "matcher {position} was not matched after those before it: {:#?}\nrecorded:\n{self}",
                matchers[missing]
            );
        }
    }

    /// Panics when a method matches. The message shows everything that was recorded.
    #[track_caller]
    pub fn assert_none(&self, matcher: &Matcher) {
        if let Some(seen) = self.frames.iter().find(|observed| matcher.matches(observed)) {
            panic!("this should not have been seen: {seen}\nrecorded:\n{self}");
        }
    }

    fn missing_in_order(&self, matchers: &[Matcher]) -> Option<usize> {
        let mut rest = self.frames.iter();
        matchers.iter().position(|matcher| !rest.any(|observed| matcher.matches(observed)))
    }
}

impl Deref for Frames {
    type Target = [ObservedMethod];

    fn deref(&self) -> &[ObservedMethod] {
        &self.frames
    }
}

impl fmt::Display for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.dropped > 0 {
            writeln!(f, "({} older methods were dropped)", self.dropped)?;
        }
        for observed in &self.frames {
            writeln!(f, "{observed}")?;
        }
        Ok(())
    }
}
