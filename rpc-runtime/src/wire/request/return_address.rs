//! The return address of a request.

use smol_str::SmolStr;

use crate::codec::{AnyCodec, Compression};

/// The address of a reply, its correlation id, and how it is encoded.
#[derive(Clone, Debug)]
pub(crate) struct ReturnAddress {
    /// `None` if no caller waits for a reply.
    pub(crate) reply_to: Option<SmolStr>,
    pub(crate) correlation_id: Option<SmolStr>,
    /// The codec of the request, if it is supported. The reply is written with it.
    pub(crate) codec: AnyCodec,
    /// The compression of the reply, if the caller accepts it.
    pub(crate) compression: Option<Compression>,
}
