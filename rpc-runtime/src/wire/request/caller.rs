//! The user and the application that publish a request.

use std::sync::Arc;

/// The user and the application that a client states in every request. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caller {
    /// Sent only when enabled: the broker refuses a user other than that of the connection.
    pub(crate) user_id: Option<Arc<str>>,
    pub(crate) app_id: Option<Arc<str>>,
}

impl Caller {
    pub(crate) fn is_anonymous(&self) -> bool {
        self.user_id.is_none() && self.app_id.is_none()
    }
}
