//! A recording: started by the broker's handle, ended when it is dropped.

use std::{fmt, sync::Arc};

use super::Frames;
use crate::interception::{FaultRegistry, Matcher, ObservedLog, ObservedMethod};

/// How many methods a recording keeps by default.
pub(crate) const DEFAULT_MAX_METHODS: usize = 10_000;

/// Records everything between the clients and the broker until it is dropped.
///
/// A method from a client is recorded when it arrives, and one to a client when it is written: before rules
/// change it, and with [the actions of the rules](ObservedMethod::actions). Injected bytes are not recorded.
///
/// A recording keeps the newest 10,000 methods and at most 64 MiB of content. [`Frames::dropped`] counts the
/// older ones.
#[must_use = "dropping it ends the recording"]
pub struct Recording {
    log: Arc<ObservedLog>,
    registry: Arc<FaultRegistry>,
}

impl Recording {
    pub(crate) fn start(registry: Arc<FaultRegistry>, max_methods: usize) -> Self {
        let log = Arc::new(ObservedLog::new(max_methods));
        registry.add_log(Arc::clone(&log));
        Self { log, registry }
    }

    /// The methods recorded until now.
    #[must_use]
    pub fn frames(&self) -> Frames {
        Frames::from(self.log.snapshot())
    }

    /// Waits until a method that matches was recorded, and returns the oldest one. Counts such as
    /// [`Matcher::nth`] are ignored. It waits forever when no method matches: use a timeout.
    ///
    /// # Panics
    /// When the matcher [can never match](Matcher::why_impossible).
    pub async fn until(&self, matcher: &Matcher) -> ObservedMethod {
        matcher.assert_possible();
        let mut recorded = self.log.recorded();
        loop {
            recorded.borrow_and_update();
            if let Some(observed) = self.frames().iter().find(|observed| matcher.matches(observed)) {
                return observed.clone();
            }
            // The log, and with it the sender, lives as long as `self`.
            let _ = recorded.changed().await;
        }
    }

    /// Removes the methods recorded until now.
    pub fn clear(&self) {
        self.log.clear();
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording").field("frames", &self.log.len()).finish_non_exhaustive()
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.registry.remove_log(&self.log);
    }
}
