//! The text by which a server answers what fails.

use std::{fmt, sync::Arc};

use amqp_rpc_runtime::dialect::Outcome;

type Write = dyn Fn(&Outcome<'_>) -> Option<String> + Send + Sync;

/// Writes the text of an error or a fault.
#[derive(Clone)]
pub(super) struct ErrorText(Arc<Write>);

impl ErrorText {
    pub(super) fn new<F>(write: F) -> Self
    where
        F: Fn(&Outcome<'_>) -> Option<String> + Send + Sync + 'static,
    {
        Self(Arc::new(write))
    }

    pub(super) fn of(&self, outcome: &Outcome<'_>) -> Option<String> {
        (self.0)(outcome)
    }
}

impl fmt::Debug for ErrorText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ErrorText")
    }
}
