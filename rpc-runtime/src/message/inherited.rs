//! The deadline and the trace that calls inherit when a method makes them while it serves a call.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use amqp_rpc_transport::Headers;

tokio::task_local! {
    /// Inherited from the call that the running task serves.
    static SERVED: Inherited;
}

/// The headers of W3C Trace Context and Baggage, which travel from call to call.
const TRACE_HEADERS: [&str; 3] = ["traceparent", "tracestate", "baggage"];

/// The deadline and the trace of the call that is served. Cheap to make and to clone: one is made for every
/// call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inherited {
    pub(crate) deadline: Option<Instant>,
    /// `None` if the request has no trace headers.
    trace: Option<Arc<Headers>>,
}

impl Inherited {
    pub(crate) fn from(deadline: Option<Instant>, headers: &Headers) -> Self {
        if headers.is_empty() {
            return Self { deadline, trace: None };
        }
        let of_trace = |name| Some((name, headers.get(name)?.clone()));
        let trace: Headers = TRACE_HEADERS.into_iter().filter_map(of_trace).collect();
        Self { deadline, trace: (!trace.is_empty()).then(|| Arc::new(trace)) }
    }

    /// Inherited from the call that this task or thread serves now.
    pub(crate) fn current() -> Self {
        SERVED.try_with(Self::clone).unwrap_or_default()
    }

    /// The same with a deadline no later than `end`.
    pub(crate) fn until(self, end: Instant) -> Self {
        Self { deadline: Some(self.deadline.map_or(end, |deadline| deadline.min(end))), ..self }
    }

    /// The time until the deadline, if it is less than `timeout`.
    pub(crate) fn less_than(&self, timeout: Duration) -> Option<Duration> {
        let left = self.deadline?.saturating_duration_since(Instant::now());
        (left < timeout).then_some(left)
    }

    /// Runs `future` so that the calls made in it inherit this.
    pub(crate) fn scope<F: Future>(self, future: F) -> impl Future<Output = F::Output> + use<F> {
        SERVED.scope(self, future)
    }

    /// Runs `run` so that the calls made in it inherit this.
    pub(crate) fn scope_blocking<T>(self, run: impl FnOnce() -> T) -> T {
        SERVED.sync_scope(self, run)
    }

    /// Adds the trace to the headers of a call. Trace headers that the call has already stay as they are.
    pub(crate) fn add_trace(&self, headers: &mut Headers) {
        for (name, value) in self.trace.iter().flat_map(|trace| trace.iter()) {
            if headers.get(name).is_none() {
                headers.insert(name, value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trace_headers_are_inherited_and_none_of_the_call_s_own_is_replaced() {
        let request = Headers::from_iter([("traceparent", "theirs"), ("baggage", "b"), ("token", "secret")]);
        let mut headers = Headers::from_iter([("traceparent", "mine")]);
        Inherited::from(None, &request).scope_blocking(|| Inherited::current().add_trace(&mut headers));
        assert_eq!(headers, Headers::from_iter([("traceparent", "mine"), ("baggage", "b")]));
    }

    #[test]
    fn outside_of_a_served_call_nothing_is_inherited() {
        let mut headers = Headers::new();
        Inherited::current().add_trace(&mut headers);
        assert_eq!((Inherited::current().deadline, headers.len()), (None, 0));
    }
}
