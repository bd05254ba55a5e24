//! A change, before it is said to be of a service and a method.

use super::Rule;

/// A change, and whom it breaks.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) rule: Rule,
    pub(super) path: String,
    pub(super) change: String,
    pub(super) breaks_clients: Option<String>,
    pub(super) breaks_servers: Option<String>,
}

impl Change {
    /// A change that breaks nobody.
    pub(super) fn of(rule: Rule, path: impl Into<String>, change: impl Into<String>) -> Self {
        Self { rule, path: path.into(), change: change.into(), breaks_clients: None, breaks_servers: None }
    }

    /// It breaks old clients that call the new server.
    pub(super) fn breaks_clients(mut self, why: impl Into<String>) -> Self {
        self.breaks_clients = Some(why.into());
        self
    }

    /// It breaks new clients that call an old server.
    pub(super) fn breaks_servers(mut self, why: impl Into<String>) -> Self {
        self.breaks_servers = Some(why.into());
        self
    }

    /// It breaks both, for one reason.
    pub(super) fn breaks_both(self, why: &str) -> Self {
        self.breaks_clients(why).breaks_servers(why)
    }
}

/// Whether something is deprecated has changed.
pub(super) fn deprecation(is_deprecated: bool) -> Change {
    let change = if is_deprecated { "it is deprecated now" } else { "it is not deprecated any more" };
    Change::of(Rule::DeprecationChanged, "deprecated", change)
}
