//! The lock of a method, as its trait declares it.

/// The lock of a method, as its trait declares it by `#[rpc(lock = "..")]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LockDef {
    /// The name of the lock. Methods of one service whose locks have equal names exclude each other, where the
    /// keys of their requests are equal.
    pub name: &'static str,
    /// Where requests with equal keys exclude each other.
    pub scope: LockScope,
    /// The number of partitions that the keys of a service are distributed over: 1 to 256. Only the scope
    /// [`Cluster`](LockScope::Cluster) has partitions.
    pub partitions: u16,
}

/// Where requests with equal keys exclude each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LockScope {
    /// `lock_scope = "process"`: in one process. Two processes that serve the same queue do not exclude each
    /// other.
    #[default]
    Process,
    /// `lock_scope = "cluster"`: in all processes that serve the service, by queues of the broker.
    Cluster,
}

impl LockDef {
    /// The number of partitions of a service that declares none.
    pub const DEFAULT_PARTITIONS: u16 = 16;

    /// A lock called `name` with the scope [`Process`](LockScope::Process).
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, scope: LockScope::Process, partitions: Self::DEFAULT_PARTITIONS }
    }

    /// Makes its scope [`Cluster`](LockScope::Cluster), with this number of partitions.
    #[must_use]
    pub const fn cluster(mut self, partitions: u16) -> Self {
        self.scope = LockScope::Cluster;
        self.partitions = partitions;
        self
    }
}
