//! Runs the code of a dialect, which is a user's, in tasks that all calls share.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a function of a dialect. `None` when it panics.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Option<T> {
    // What the function owned is dropped; the author of the dialect keeps shared data sound.
    catch_unwind(AssertUnwindSafe(run)).ok()
}
