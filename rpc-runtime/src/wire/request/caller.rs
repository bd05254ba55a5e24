//! The user and the application that send a request.

use std::sync::Arc;

/// What a client says of itself in every request. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caller {
    /// Stated only when asked for: the broker refuses one that is not the connection's own.
    pub(crate) user_id: Option<Arc<str>>,
    pub(crate) app_id: Option<Arc<str>>,
}

impl Caller {
    pub(crate) fn is_anonymous(&self) -> bool {
        self.user_id.is_none() && self.app_id.is_none()
    }
}
