//! The guard of a rule: counts its hits, and removes the rule when it is dropped.

use std::sync::Arc;

use super::{Action, FaultRegistry, Matcher, active_rule::ActiveRule};

/// A rule of a broker. Dropping it removes the rule; [`keep`](Self::keep) leaves the rule active.
#[derive(Debug)]
#[must_use = "dropping it removes the rule"]
pub struct Rule {
    rule: Arc<ActiveRule>,
    registry: Arc<FaultRegistry>,
    kept: bool,
}

impl Rule {
    /// Adds a rule to the registry.
    pub(crate) fn add(registry: &Arc<FaultRegistry>, matcher: Matcher, action: Action) -> Self {
        Self { rule: registry.add_rule(matcher, action), registry: Arc::clone(registry), kept: false }
    }

    /// Returns how many times the rule was applied.
    #[must_use]
    pub fn hits(&self) -> usize {
        *self.rule.hits().borrow()
    }

    /// Waits until the rule was applied at least once. It waits forever when no method matches: use a
    /// timeout.
    pub async fn hit(&self) {
        self.until_hits(1).await;
    }

    /// Waits until the rule was applied at least `hits` times. It waits forever when too few methods match:
    /// use a timeout.
    pub async fn until_hits(&self, hits: usize) {
        // The rule, and with it the sender, lives as long as `self`.
        let _ = self.rule.hits().wait_for(|seen| *seen >= hits).await;
    }

    /// Removes the rule, as dropping the guard does. Connections that it stalls go on.
    pub fn remove(self) {}

    /// Keeps the rule active for as long as the broker runs.
    pub fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Rule {
    fn drop(&mut self) {
        if !self.kept {
            self.registry.remove_rule(&self.rule);
        }
    }
}
