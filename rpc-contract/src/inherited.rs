//! The deadline and the trace that calls inherit when a method makes them while it serves a call.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::headers::Headers;

tokio::task_local! {
    /// Inherited from the call that the running task serves.
    static SERVED: Inherited;
}

/// The headers of W3C Trace Context and Baggage, which travel from call to call.
const TRACE_HEADERS: [&str; 3] = ["traceparent", "tracestate", "baggage"];

/// The deadline and the trace of the call that is served. Cheap to make and to clone: one is made for every
/// call.
#[derive(Clone, Debug, Default)]
pub struct Inherited {
    /// When the caller of the call that is served stops waiting.
    pub deadline: Option<Instant>,
    /// `None` if the request has no trace headers.
    trace: Option<Arc<Headers>>,
}

impl Inherited {
    /// What calls inherit from a call with this deadline and these headers.
    #[must_use]
    pub fn from(deadline: Option<Instant>, headers: &Headers) -> Self {
        if headers.is_empty() {
            return Self { deadline, trace: None };
        }
        let of_trace = |name| Some((name, headers.get(name)?.clone()));
        let trace: Headers = TRACE_HEADERS.into_iter().filter_map(of_trace).collect();
        Self { deadline, trace: (!trace.is_empty()).then(|| Arc::new(trace)) }
    }

    /// Inherited from the call that this task or thread serves now.
    #[must_use]
    pub fn current() -> Self {
        SERVED.try_with(Self::clone).unwrap_or_default()
    }

    /// The same with a deadline no later than `end`.
    #[must_use]
    pub fn until(self, end: Instant) -> Self {
        Self { deadline: Some(self.deadline.map_or(end, |deadline| deadline.min(end))), ..self }
    }

    /// This, or if it is nothing, what the running task inherits.
    #[must_use]
    pub fn or_current(self) -> Self {
        if self.deadline.is_none() && self.trace.is_none() { Self::current() } else { self }
    }

    /// The time until the deadline less `margin`, or a share of it, if that is less than `timeout`.
    #[must_use]
    pub fn less_than(&self, timeout: Duration, margin: Option<Duration>) -> Option<Duration> {
        let left = self.deadline?.saturating_duration_since(Instant::now());
        let left = left.saturating_sub(margin.unwrap_or_else(|| default_margin(left)));
        (left < timeout).then_some(left)
    }

    /// Runs `future` so that the calls made in it inherit this.
    pub fn scope<F: Future>(self, future: F) -> impl Future<Output = F::Output> + use<F> {
        SERVED.scope(self, future)
    }

    /// Runs `run` so that the calls made in it inherit this.
    pub fn scope_blocking<T>(self, run: impl FnOnce() -> T) -> T {
        SERVED.sync_scope(self, run)
    }

    /// Adds the trace to the headers of a call. Trace headers that the call has already stay as they are.
    pub fn add_trace(&self, headers: &mut Headers) {
        for (name, value) in self.trace.iter().flat_map(|trace| trace.iter()) {
            if headers.get(name).is_none() {
                headers.insert(name, value.clone());
            }
        }
    }
}

/// The time that a method keeps for its own answer: a tenth of what its caller still waits, at least the 20
/// ms in which a client notices a timeout and its server answers, at most half a second, and no more than
/// half.
fn default_margin(left: Duration) -> Duration {
    const LEAST: Duration = Duration::from_millis(20);
    const MOST: Duration = Duration::from_millis(500);
    (left / 10).clamp(LEAST, MOST).min(left / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_margin_is_a_share_of_what_is_left() {
        for (left, margin) in
            [(0, 0), (10, 5), (40, 20), (100, 20), (1_000, 100), (5_000, 500), (60_000, 500)]
        {
            let (left, margin) = (Duration::from_millis(left), Duration::from_millis(margin));
            assert_eq!(default_margin(left), margin, "{left:?}");
        }
        assert_eq!(default_margin(Duration::MAX), Duration::from_millis(500));
    }

    #[test]
    fn a_margin_is_kept_of_the_deadline_and_not_of_a_shorter_timeout() {
        let deadline = Instant::now() + Duration::from_secs(10);
        let inherited = Inherited::from(Some(deadline), &Headers::new());
        let long = Duration::from_secs(60);
        let left = |margin| inherited.less_than(long, margin).expect("the deadline is earlier");
        assert!(left(None) <= Duration::from_millis(9_500));
        assert!(
            (Duration::from_secs(6)..=Duration::from_secs(7)).contains(&left(Some(Duration::from_secs(3))))
        );
        assert_eq!(left(Some(long)), Duration::ZERO);
        assert!(left(Some(Duration::ZERO)) > Duration::from_secs(9));
        assert_eq!(inherited.less_than(Duration::from_secs(2), None), None);
        assert_eq!(Inherited::default().less_than(long, None), None);
    }

    #[test]
    fn what_was_captured_wins_over_what_the_task_inherits() {
        let of = |trace: &'static str| Inherited::from(None, &Headers::from_iter([("traceparent", trace)]));
        let trace = |inherited: Inherited| {
            let mut headers = Headers::new();
            inherited.add_trace(&mut headers);
            headers.text("traceparent").map(str::to_owned)
        };
        of("task").scope_blocking(|| {
            assert_eq!(trace(of("captured").or_current()).as_deref(), Some("captured"));
            assert_eq!(trace(Inherited::default().or_current()).as_deref(), Some("task"));
        });
    }

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
