//! Whether a call ran.

/// Whether a call ran.
///
/// Over a broker this is the question after every failure: only what certainly did not run may be sent again without
/// thought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Execution {
    /// The method did not run and will not run for this call.
    Never,
    /// The method may have run, may be running, or may still run.
    Unknown,
    /// The method ran to its end.
    Completed,
}
