//! The execution of a failed call: never, unknown or completed.

/// The execution of a call: `Never`, `Unknown` or `Completed`.
///
/// A call over a broker can fail before, while or after its method runs. Only a call that certainly did not
/// run can be repeated without risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Execution {
    /// The method did not run for this call, and will not.
    Never,
    /// The method may have run, may be running, or may still run.
    Unknown,
    /// The method ran to its end.
    Completed,
}
