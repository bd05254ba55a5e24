//! The lock of a method, as a description says it.

use serde::{Deserialize, Serialize};

use crate::definitions::{self, LockDef};

/// What keeps requests with equal keys from running at the same time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LockDescription {
    /// The name of the lock. Methods of one service whose locks have equal names exclude each other.
    pub name: String,
    /// Where the key stands in a request: the name of a parameter as it travels, followed by `.` and a field for each
    /// step into its value, such as `cluster.id`. A bare parameter is the whole body. Fields are called as in Rust:
    /// their type may name them otherwise in JSON. `None` if there is one key for all requests: the method is locked
    /// as a whole.
    ///
    /// Callers of a method that is locked in a cluster compute its partition from the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Where requests with equal keys exclude each other.
    #[serde(default)]
    pub scope: LockScope,
    /// The number of partitions of a lock in a cluster, which requests are distributed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partitions: Option<u16>,
}

/// Where requests with equal keys exclude each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LockScope {
    /// In one process.
    #[default]
    Process,
    /// In all processes that serve the service.
    Cluster,
    /// The description is of a later version, and has a scope that this one does not know.
    #[serde(other)]
    Unknown,
}

/// The key is missing: a definition does not say it.
impl From<LockDef> for LockDescription {
    fn from(lock: LockDef) -> Self {
        let (scope, partitions) = match lock.scope {
            definitions::LockScope::Process => (LockScope::Process, None),
            definitions::LockScope::Cluster => (LockScope::Cluster, Some(lock.partitions)),
        };
        Self { name: lock.name.to_owned(), key: None, scope, partitions }
    }
}
