//! The largest frame of a connection.

/// AMQP's minimum. A smaller value is raised to it, as lapin does.
pub(super) const MIN_FRAME_MAX: u32 = 4096;
/// The largest limit that we agree on: a method or a content header is read whole.
const MAX_FRAME_MAX: u32 = 16 * 1024 * 1024;

/// Agrees on the lower of both limits, where 0 means no limit, and on 16 MiB at most.
pub(super) fn agree_on_frame_max(ours: u32, theirs: u32) -> u32 {
    let agreed = match (ours, theirs) {
        (0, theirs) => theirs,
        (ours, 0) => ours,
        (ours, theirs) => ours.min(theirs),
    };
    if agreed == 0 { MAX_FRAME_MAX } else { agreed.clamp(MIN_FRAME_MAX, MAX_FRAME_MAX) }
}
