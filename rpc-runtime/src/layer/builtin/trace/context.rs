//! W3C Trace Context: reading and writing the header `traceparent`.

use std::fmt;

use amqp_rpc_transport::Headers;
use uuid::Uuid;

use crate::wire::trace_parent::{TRACEPARENT, read};

/// The ids of a span: its own, its parent's, and its trace's.
#[derive(Debug)]
pub(super) struct TraceContext {
    trace_id: String,
    parent_span_id: Option<String>,
    span_id: String,
    flags: String,
}

impl TraceContext {
    /// A new span in the trace of the headers, or in a new trace, which is sampled.
    pub(super) fn child_of(headers: &Headers) -> Self {
        // Ids must not be zero. Neither half of a version 4 UUID is ever zero.
        let span_id = Uuid::new_v4().simple().to_string()[16..].to_owned();
        match headers.text(TRACEPARENT).and_then(read) {
            Some([trace_id, parent, flags]) => Self {
                trace_id: trace_id.to_owned(),
                parent_span_id: Some(parent.to_owned()),
                span_id,
                flags: flags.to_owned(),
            },
            None => Self {
                trace_id: Uuid::new_v4().simple().to_string(),
                parent_span_id: None,
                span_id,
                flags: "01".to_owned(),
            },
        }
    }

    /// The span that another library has written into the headers, in place of `before`; `None` if they are
    /// unchanged.
    pub(super) fn written(before: Option<&str>, headers: &Headers) -> Option<Self> {
        let after = headers.text(TRACEPARENT).filter(|after| before != Some(after))?;
        let [trace_id, span_id, flags] = read(after)?;
        let parent = before.and_then(read).filter(|[trace, ..]| *trace == trace_id);
        Some(Self {
            trace_id: trace_id.to_owned(),
            parent_span_id: parent.map(|[_, parent, _]| parent.to_owned()),
            span_id: span_id.to_owned(),
            flags: flags.to_owned(),
        })
    }

    pub(super) fn trace_id(&self) -> &str {
        &self.trace_id
    }

    pub(super) fn span_id(&self) -> &str {
        &self.span_id
    }

    pub(super) fn parent_span_id(&self) -> Option<&str> {
        self.parent_span_id.as_deref()
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{}", self.trace_id, self.span_id, self.flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const PARENT: &str = "b7ad6b7169203331";

    #[test]
    fn a_received_trace_is_continued_with_a_new_span() {
        let headers = Headers::from_iter([("traceparent", format!("00-{TRACE}-{PARENT}-00"))]);
        let context = TraceContext::child_of(&headers);
        assert_eq!((context.trace_id(), context.parent_span_id()), (TRACE, Some(PARENT)));
        assert_ne!(context.span_id(), PARENT);
        let written = context.to_string();
        assert_eq!(read(&written), Some([TRACE, context.span_id(), "00"]), "{written}");
    }

    #[test]
    fn a_span_that_another_library_has_written_is_read_with_its_parent() {
        let header = |trace: &str, span: &str| format!("00-{trace}-{span}-01");
        let (other, span) = ("1".repeat(32), "2".repeat(16));
        let headers = Headers::from_iter([("traceparent", header(TRACE, &span))]);
        let written = |before: &str| {
            let context = TraceContext::written(Some(before), &headers)?;
            Some((context.span_id().to_owned(), context.parent_span_id().map(str::to_owned)))
        };
        assert_eq!(written(&header(TRACE, PARENT)), Some((span.clone(), Some(PARENT.to_owned()))));
        assert_eq!(written(&header(&other, PARENT)), Some((span.clone(), None)), "of another trace");
        assert_eq!(written("nothing that can be read"), Some((span.clone(), None)));
        assert_eq!(written(&header(TRACE, &span)), None, "unchanged");
        assert!(TraceContext::written(None, &Headers::new()).is_none());
    }

    #[test]
    fn an_invalid_header_begins_a_new_trace() {
        let headers = Headers::from_iter([("traceparent", format!("00-{TRACE}-{PARENT}"))]);
        for headers in [headers, Headers::new()] {
            let context = TraceContext::child_of(&headers);
            assert_eq!(context.parent_span_id(), None);
            assert_ne!(context.trace_id(), TRACE);
            assert!(read(&context.to_string()).is_some());
        }
    }
}
