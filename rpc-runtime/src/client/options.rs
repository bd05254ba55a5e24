//! Options of one call, or of all calls of a typed client.

use std::{fmt, sync::Arc, time::Duration};

use amqp_rpc_transport::{HeaderValue, Headers};

use crate::{
    codec::AnyCodec,
    error::{ErrorMaps, RemoteError},
};

/// Timeout, headers and priority of calls.
///
/// Set on a [`Call`](crate::Call), or as defaults of a generated client (`with_options`). The timeout of the
/// call wins over the typed client's, then the method attribute's, then the client's
/// ([`Client::with_timeout`](crate::Client::with_timeout), else the builder's). Headers of both levels
/// travel; the call's win.
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
    pub(crate) error_maps: Option<Arc<ErrorMaps>>,
    pub(crate) codec: Option<AnyCodec>,
}

impl CallOptions {
    /// Options with nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// The time to wait for the reply, of a one-way message for the publisher confirm; `Duration::MAX` waits
    /// without limit.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Adds a header to the request.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<HeaderValue>) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The message's priority; it matters on queues that were declared with `x-max-priority`, and on quorum
    /// queues.
    pub fn priority(mut self, priority: u8) -> Self {
        self.priority = Some(priority);
        self
    }

    /// The codec that the request is written in, and with it the reply; see [`codec`](crate::codec). A server
    /// that does not read it answers `unsupported_media_type`.
    pub fn codec(mut self, codec: impl Into<AnyCodec>) -> Self {
        self.codec = Some(codec.into());
        self
    }

    /// Refuses the call or the notification at once when its queue has no consumers; see
    /// [`Call::fail_fast`](crate::Call::fail_fast). Events have no queue: no effect on them.
    pub fn fail_fast(mut self) -> Self {
        self.fails_fast = true;
        self
    }

    /// Inherits nothing from the call that is being served; see [`Call::detached`](crate::Call::detached).
    pub fn detached(mut self) -> Self {
        self.detached = true;
        self
    }

    /// Maps errors of foreign servers to the method's own error type: `map` gets the code and the message of
    /// an error that cannot be decoded as an `E`, or of a fault whose code this library does not know.
    ///
    /// Where `map` returns `None`, the call fails as it would without it: with `Decode`
    /// ([`Undecodable::remote`](crate::error::Undecodable::remote) has the same code and message), or with
    /// `Fault`. There may be a map for each error type, and several for one, of which the latest is asked
    /// first. An error that can be decoded is never mapped.
    ///
    /// ```
    /// # extern crate amqp_rpc_runtime as amqp_rpc;
    /// use amqp_rpc::{CallOptions, error::RemoteError};
    ///
    /// enum FibError {
    ///     TooLarge { limit: u64 },
    /// }
    ///
    /// let options = CallOptions::new().map_errors(|error: &RemoteError| match error.code()? {
    ///     "ValueError" | "E42" => Some(FibError::TooLarge { limit: 90 }),
    ///     _ => None,
    /// });
    /// # let _ = options;
    /// ```
    pub fn map_errors<E: 'static>(
        mut self,
        map: impl Fn(&RemoteError) -> Option<E> + Send + Sync + 'static,
    ) -> Self {
        let mut maps = self.error_maps.map(Arc::unwrap_or_clone).unwrap_or_default();
        maps.insert(map);
        self.error_maps = Some(Arc::new(maps));
        self
    }

    /// These options, with those of `defaults` where these are not set.
    pub(crate) fn or(mut self, defaults: &Self) -> Self {
        self.timeout = self.timeout.or(defaults.timeout);
        self.priority = self.priority.or(defaults.priority);
        self.fails_fast |= defaults.fails_fast;
        self.detached |= defaults.detached;
        self.codec = self.codec.or_else(|| defaults.codec.clone());
        self.error_maps = match (self.error_maps, &defaults.error_maps) {
            (Some(own), Some(defaults)) => Some(Arc::new(own.or(defaults))),
            (own, defaults) => own.or_else(|| defaults.clone()),
        };
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
            .field("codec", &self.codec)
            .field("error_maps", &self.error_maps)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_values_are_not_shown() {
        let options = CallOptions::new().header("authorization", "secret").priority(3);
        let text = format!("{options:?}");
        assert!(text.contains("authorization") && !text.contains("secret"), "{text}");
    }
}
