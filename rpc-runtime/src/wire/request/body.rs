//! The body of a request, and its content type.

use bytes::Bytes;

use crate::{
    codec::{AnyCodec, CodecError, RAW},
    contract::Request,
};

/// Body and content type of a request.
///
/// # Errors
/// When its values cannot be written in the codec.
pub(crate) fn body_of<R: Request>(
    request: &R,
    codec: &AnyCodec,
) -> Result<(Bytes, &'static str), CodecError> {
    match request.to_raw() {
        Some(body) => Ok((body, RAW)),
        None => Ok((codec.encode(request)?, codec.content_type())),
    }
}
