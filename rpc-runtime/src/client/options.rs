//! What a caller may say of one call, or of all calls of a typed client.

use std::{fmt, time::Duration};

use crate::message::{HeaderValue, Headers};

/// Timeout, headers and priority of calls.
///
/// Set on a [`Call`](super::Call), or as defaults of a generated client (`with_options`). The timeout of the call wins over
/// the typed client's, then the method attribute's, then the client's ([`Client::with_timeout`](super::Client::with_timeout), else
/// the builder's). Headers of both levels travel; the call's win.
///
/// Its `Debug` shows the names of headers and not their values, which may be tokens.
#[derive(Clone, Default)]
#[must_use]
pub struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) headers: Headers,
    pub(crate) priority: Option<u8>,
    pub(crate) fails_fast: bool,
    pub(crate) detached: bool,
}

impl CallOptions {
    /// Nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long to wait for the reply before giving up; `Duration::MAX` waits without limit.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Adds a header to the request.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<HeaderValue>) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The message's priority; it matters on queues that were declared with `x-max-priority`, and on quorum queues.
    pub fn priority(mut self, priority: u8) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Refuses the call at once when nobody consumes its queue; see [`Call::fail_fast`](super::Call::fail_fast).
    pub fn fail_fast(mut self) -> Self {
        self.fails_fast = true;
        self
    }

    /// Inherits nothing from the call that is being served; see [`Call::detached`](super::Call::detached).
    pub fn detached(mut self) -> Self {
        self.detached = true;
        self
    }

    /// These options, with what `defaults` say where these say nothing.
    pub(crate) fn or(mut self, defaults: &Self) -> Self {
        self.timeout = self.timeout.or(defaults.timeout);
        self.priority = self.priority.or(defaults.priority);
        self.fails_fast |= defaults.fails_fast;
        self.detached |= defaults.detached;
        if !defaults.headers.is_empty() {
            let mut headers = defaults.headers.clone();
            for (name, value) in self.headers {
                headers.insert(name, value);
            }
            self.headers = headers;
        }
        self
    }
}

impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallOptions")
            .field("timeout", &self.timeout)
            .field("headers", &self.headers.names())
            .field("priority", &self.priority)
            .field("fails_fast", &self.fails_fast)
            .field("detached", &self.detached)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_values_are_not_shown() {
        let options = CallOptions::new().header("authorization", "secret").priority(3);
        let shown = format!("{options:?}");
        assert!(shown.contains("authorization") && !shown.contains("secret"), "{shown}");
    }
}
