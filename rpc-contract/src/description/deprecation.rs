//! Why something should not be used any more.

use serde::{Deserialize, Serialize};

/// What `#[deprecated]` says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Deprecation {
    /// The version since which it is deprecated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Why, or what to use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
