//! Where a reply goes, and how it is written.

use crate::codec::{AnyCodec, Compression};

/// Where the reply goes and what ties it to its call.
#[derive(Clone, Debug)]
pub(crate) struct ReturnAddress {
    /// Absent: nobody waits for a reply.
    pub(crate) reply_to: Option<String>,
    pub(crate) correlation_id: Option<String>,
    /// What the caller reads: that of its request, where it is known.
    pub(crate) codec: AnyCodec,
    /// How its body may be compressed.
    pub(crate) compression: Option<Compression>,
}
